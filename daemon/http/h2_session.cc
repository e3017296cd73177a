#include "http/h2_session.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>

#include "respand/base/text.h"

namespace respand::http {
namespace {

// Of answers on their way, as many bytes as a whole body that is read to its end (AnswerReader), and a batch's answer.
constexpr std::int32_t kConnectionWindow = 4 * 1024 * 1024;
constexpr std::uint32_t kStreamWindow = 256 * 1024;
// What the server said on leaving is kept for people.
constexpr std::size_t kMaxFarewell = 100;

std::string_view text_at(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

struct FreeCallbacks {
  void operator()(nghttp2_session_callbacks* callbacks) const { ::nghttp2_session_callbacks_del(callbacks); }
};
struct FreeOption {
  void operator()(nghttp2_option* option) const { ::nghttp2_option_del(option); }
};

}  // namespace

// nghttp2's callbacks, in C.
struct H2Session::Callbacks {
  static H2Session& self(void* session) { return *static_cast<H2Session*>(session); }

  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* session) {
    self(session).on_headers_begin(*frame);
    return 0;
  }
  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                    const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* session) {
    return self(session).on_header(*frame, text_at(name, name_size), text_at(value, value_size));
  }
  static int data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes, std::size_t size,
                  void* session) {
    self(session).on_data(stream, text_at(bytes, size));
    return 0;
  }
  static int frame(nghttp2_session*, const nghttp2_frame* frame, void* session) {
    self(session).on_frame(*frame);
    return 0;
  }
  static int close(nghttp2_session*, std::int32_t stream, std::uint32_t code, void* session) {
    self(session).on_close(stream, code);
    return 0;
  }
  static ssize_t read(nghttp2_session*, std::int32_t stream, std::uint8_t*, std::size_t most, std::uint32_t* flags,
                      nghttp2_data_source*, void* session) {
    const Exchange* const exchange = self(session).exchange_of(stream);
    if (exchange == nullptr) {
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    const std::size_t left = exchange->body.size() - exchange->sent;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (left <= most) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return static_cast<ssize_t>(std::min(left, most));
  }
  static int send(nghttp2_session*, nghttp2_frame* frame, const std::uint8_t* head, std::size_t length,
                  nghttp2_data_source*, void* session) {
    return self(session).on_send(*frame, head, length);
  }

  static std::unique_ptr<nghttp2_session_callbacks, FreeCallbacks> make() {
    nghttp2_session_callbacks* made = nullptr;
    if (::nghttp2_session_callbacks_new(&made) != 0) {
      std::abort();
    }
    ::nghttp2_session_callbacks_set_on_begin_headers_callback(made, begin_headers);
    ::nghttp2_session_callbacks_set_on_header_callback(made, header);
    ::nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, data);
    ::nghttp2_session_callbacks_set_on_frame_recv_callback(made, frame);
    ::nghttp2_session_callbacks_set_on_stream_close_callback(made, close);
    ::nghttp2_session_callbacks_set_send_data_callback(made, send);
    return std::unique_ptr<nghttp2_session_callbacks, FreeCallbacks>(made);
  }
};

H2Session::H2Session() {
  nghttp2_option* made = nullptr;
  if (::nghttp2_option_new(&made) != 0) {
    std::abort();  // Out of memory for a few hundred bytes: nothing can be sent any more.
  }
  const std::unique_ptr<nghttp2_option, FreeOption> option(made);
  // A stream that has ended is of no more use for priorities, which are not used.
  ::nghttp2_option_set_no_closed_streams(option.get(), 1);
  const auto callbacks = Callbacks::make();
  nghttp2_session* session = nullptr;
  if (::nghttp2_session_client_new2(&session, callbacks.get(), this, option.get()) != 0) {
    std::abort();
  }
  session_.reset(session);
  const std::array<nghttp2_settings_entry, 3> settings{{
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, AnswerReader::kMaxHeaders},
  }};
  if (::nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) != 0 ||
      ::nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kConnectionWindow) != 0) {
    std::abort();
  }
}

bool H2Session::over() const {
  return ::nghttp2_session_want_read(session_.get()) == 0 && ::nghttp2_session_want_write(session_.get()) == 0;
}

std::size_t H2Session::most_streams() const {
  return std::min<std::size_t>(
      kMaxStreams, ::nghttp2_session_get_remote_settings(session_.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS));
}

std::size_t H2Session::room() const {
  const std::size_t most = most_streams();
  const bool window = ::nghttp2_session_get_remote_window_size(session_.get()) > 0;
  return has_settings_ && !draining_ && window && streams_ < most ? most - streams_ : 0;
}

Exchange* H2Session::exchange_of(std::int32_t stream) const {
  return static_cast<Exchange*>(::nghttp2_session_get_stream_user_data(session_.get(), stream));
}

bool H2Session::submit(Exchange& exchange, const std::vector<nghttp2_nv>& fields) {
  nghttp2_data_provider body{};
  body.read_callback = Callbacks::read;
  const std::int32_t stream = ::nghttp2_submit_request(session_.get(), nullptr, fields.data(), fields.size(),
                                                       exchange.body.empty() ? nullptr : &body, &exchange);
  if (stream < 0) {
    draining_ = true;  // no memory, or no stream ids are left
    return false;
  }
  exchange.stream = stream;
  ++streams_;
  return true;
}

void H2Session::drop(Exchange& exchange) {
  ::nghttp2_session_set_stream_user_data(session_.get(), exchange.stream, nullptr);
  // Where there is no memory for the frame, the stream ends with the connection.
  static_cast<void>(::nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, exchange.stream, NGHTTP2_CANCEL));
}

void H2Session::ping() { pinging_ = ::nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr) == 0; }

void H2Session::shut_down() {
  draining_ = true;
  static_cast<void>(::nghttp2_session_terminate_session(session_.get(), NGHTTP2_NO_ERROR));
}

bool H2Session::take(std::span<const std::uint8_t> bytes, MonoTime now) {
  now_ = now;
  const ssize_t taken = ::nghttp2_session_mem_recv(session_.get(), bytes.data(), bytes.size());
  if (taken < 0) {
    why_ = cat("the server does not speak HTTP/2: ", ::nghttp2_strerror(static_cast<int>(taken)));
    return false;
  }
  return true;
}

bool H2Session::fill(std::string& out, std::size_t most) {
  out_ = &out;
  most_ = most;
  full_ = false;
  bool good = true;
  while (good && !full_ && out.size() < most) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = ::nghttp2_session_mem_send(session_.get(), &bytes);
    if (size == 0) {
      break;
    }
    good = size > 0;
    if (good) {
      out.append(text_at(bytes, static_cast<std::size_t>(size)));
    } else {
      why_ = ::nghttp2_strerror(static_cast<int>(size));
    }
  }
  out_ = nullptr;
  return good;
}

// The stream knows nothing of the exchange from here on.
void H2Session::end(Exchange& exchange, End how, std::uint32_t code) {
  ::nghttp2_session_set_stream_user_data(session_.get(), exchange.stream, nullptr);
  ended_.push_back({&exchange, how, code});
}

void H2Session::on_headers_begin(const nghttp2_frame& frame) {
  Exchange* const exchange = exchange_of(frame.hd.stream_id);
  // What comes behind the body (trailers) says nothing that counts.
  if (exchange == nullptr || exchange->reader.headers_whole()) {
    return;
  }
  if (exchange->first_byte == MonoTime{}) {
    exchange->first_byte = now_;
  }
  exchange->reader.begin_headers();
  exchange->status = 0;
}

int H2Session::on_header(const nghttp2_frame& frame, std::string_view name, std::string_view value) {
  Exchange* const exchange = exchange_of(frame.hd.stream_id);
  if (exchange == nullptr) {
    return 0;
  }
  line_.assign(name);
  line_ += ':';
  line_ += value;
  const bool trailer = exchange->reader.headers_whole();
  if (!exchange->reader.take_header(trailer ? std::string_view(line_).substr(0, 0) : std::string_view(line_))) {
    exchange->too_large = true;
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // resets the stream
  }
  if (!trailer && name == ":status") {
    std::from_chars(value.data(), value.data() + value.size(), exchange->status);
  }
  return 0;
}

void H2Session::on_data(std::int32_t stream, std::string_view part) {
  Exchange* const exchange = exchange_of(stream);
  if (exchange == nullptr) {
    return;
  }
  exchange->moved += part.size();
  if (!exchange->reader.take_body(part)) {
    // The server has said all that matters.
    end(*exchange, End::kAnswered, NGHTTP2_NO_ERROR);
    static_cast<void>(::nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL));
  }
}

void H2Session::on_frame(const nghttp2_frame& frame) {
  if (frame.hd.type == NGHTTP2_SETTINGS) {
    has_settings_ = has_settings_ || (frame.hd.flags & NGHTTP2_FLAG_ACK) == 0;
    return;
  }
  if (frame.hd.type == NGHTTP2_PING) {
    pinging_ = pinging_ && (frame.hd.flags & NGHTTP2_FLAG_ACK) == 0;
    return;
  }
  if (frame.hd.type == NGHTTP2_GOAWAY) {
    on_goaway(frame.goaway);
    return;
  }
  if (frame.hd.type != NGHTTP2_HEADERS && frame.hd.type != NGHTTP2_DATA) {
    return;
  }
  Exchange* const exchange = exchange_of(frame.hd.stream_id);
  if (exchange == nullptr) {
    return;
  }
  if (frame.hd.type == NGHTTP2_HEADERS && exchange->status / 100 != 1) {
    exchange->reader.end_headers();
  }
  if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0 || !exchange->reader.headers_whole()) {
    return;
  }
  exchange->ended = true;
  if (exchange->sent < exchange->body.size()) {
    // The answer does not wait for the rest of the body, which nobody needs any more.
    end(*exchange, End::kAnswered, NGHTTP2_NO_ERROR);
    static_cast<void>(
        ::nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, frame.hd.stream_id, NGHTTP2_CANCEL));
  }
}

void H2Session::on_goaway(const nghttp2_goaway& frame) {
  draining_ = true;
  wants_http11_ = wants_http11_ || frame.error_code == NGHTTP2_HTTP_1_1_REQUIRED;
  if (frame.error_code != NGHTTP2_NO_ERROR) {
    const std::string words = printable(text_at(frame.opaque_data, frame.opaque_data_len), kMaxFarewell);
    why_ = cat("the server ends the connection: ", ::nghttp2_http2_strerror(frame.error_code),
               words.empty() ? "" : ", ", words);
  }
}

void H2Session::on_close(std::int32_t stream, std::uint32_t code) {
  streams_ -= streams_ > 0 ? 1 : 0;
  Exchange* const exchange = exchange_of(stream);
  if (exchange == nullptr) {
    return;
  }
  const bool not_processed = code == NGHTTP2_REFUSED_STREAM && !exchange->reader.headers_whole();
  const End how = exchange->ended && code == NGHTTP2_NO_ERROR ? End::kAnswered
                  : code == NGHTTP2_HTTP_1_1_REQUIRED         ? End::kWantsHttp11
                  : not_processed && wants_http11_            ? End::kWantsHttp11
                  : not_processed                             ? End::kNotProcessed
                                                              : End::kReset;
  ended_.push_back({exchange, how, code});
}

// A frame of a body: its bytes go from the payload to where TLS takes them, and are copied nowhere else.
int H2Session::on_send(const nghttp2_frame& frame, const std::uint8_t* head, std::size_t length) {
  if (out_->size() >= most_) {
    full_ = true;
    return NGHTTP2_ERR_WOULDBLOCK;
  }
  Exchange* const exchange = exchange_of(frame.hd.stream_id);
  if (exchange == nullptr) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  constexpr std::size_t kHead = 9;
  out_->append(text_at(head, kHead));
  out_->append(exchange->body.substr(exchange->sent, length));
  exchange->sent += length;
  exchange->moved += length;
  return 0;
}

}  // namespace respand::http
