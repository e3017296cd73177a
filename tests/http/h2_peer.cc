#include "h2_peer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>
#include <cstdlib>
#include <vector>

#include "harness.h"
#include "respand/base/text.h"
#include "respand/base/trim.h"
#include "tests/support/certificates.h"

namespace respand::http {
namespace {

std::string_view view(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

// "content-type" as "Content-Type".
std::string written(std::string_view name) {
  std::string out(name);
  bool first = true;
  for (char& c : out) {
    c = first ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    first = c == '-';
  }
  return out;
}

test::Certificates& certificates() {
  static test::Certificates made;
  return made;
}

}  // namespace

SSL_CTX* H2ServerTls::context() {
  static SSL_CTX* const made = [] {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL's writes to a client that has gone
    SSL_CTX* const context = ::SSL_CTX_new(::TLS_server_method());
    const test::Certificates::Pair pair = certificates().good();
    if (::SSL_CTX_use_certificate_chain_file(context, pair.certificate.c_str()) != 1 ||
        ::SSL_CTX_use_PrivateKey_file(context, pair.key.c_str(), SSL_FILETYPE_PEM) != 1) {
      std::abort();
    }
    ::SSL_CTX_set_alpn_select_cb(
        context,
        [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char*, unsigned, void*) {
          static constexpr std::array<unsigned char, 2> kH2 = {'h', '2'};
          *out = kH2.data();
          *size = kH2.size();
          return SSL_TLSEXT_ERR_OK;
        },
        nullptr);
    return context;
  }();
  return made;
}

std::string H2ServerTls::authority() { return certificates().authority(); }

struct H2Peer::Callbacks {
  static H2Peer& self(void* peer) { return *static_cast<H2Peer*>(peer); }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                    const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* peer) {
    Incoming& request = self(peer).incoming_[frame->hd.stream_id];
    const std::string_view key = view(name, name_size);
    if (key == ":method") {
      request.first_line = cat(view(value, value_size), request.first_line);
    } else if (key == ":path") {
      request.first_line += cat(" ", view(value, value_size), " HTTP/2\r\n");
    } else if (!key.starts_with(':')) {
      request.headers += cat(written(key), ": ", view(value, value_size), "\r\n");
    }
    return 0;
  }
  static int data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes, std::size_t size,
                  void* peer) {
    self(peer).incoming_[stream].body.append(view(bytes, size));
    return 0;
  }
  static int frame(nghttp2_session*, const nghttp2_frame* frame, void* peer) {
    const bool of_request = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (of_request && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
      const auto request = self(peer).incoming_.extract(frame->hd.stream_id);
      const Incoming& in = request.mapped();
      self(peer).whole_.emplace_back(frame->hd.stream_id, cat(in.first_line, in.headers, "\r\n", in.body));
    }
    return 0;
  }
  static int close(nghttp2_session*, std::int32_t stream, std::uint32_t, void* peer) {
    self(peer).incoming_.erase(stream);
    if (stream == self(peer).current_) {
      self(peer).answered_ = self(peer).answer_.size();  // nobody waits for it
    }
    return 0;
  }
  static ssize_t read(nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t most, std::uint32_t* flags,
                      nghttp2_data_source*, void* peer) {
    H2Peer& it = self(peer);
    const std::size_t size = std::min(most, it.answer_.size() - it.answered_);
    std::copy_n(it.answer_.data() + it.answered_, size, to);
    it.answered_ += size;
    *flags |= it.answered_ == it.answer_.size() ? static_cast<std::uint32_t>(NGHTTP2_DATA_FLAG_EOF) : 0U;
    return static_cast<ssize_t>(size);
  }
};

H2Peer::H2Peer(int fd) : Peer(fd), ssl_(::SSL_new(H2ServerTls::context())) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::SSL_set_fd(ssl_.get(), fd);
  nghttp2_session_callbacks* callbacks = nullptr;
  ::nghttp2_session_callbacks_new(&callbacks);
  ::nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::header);
  ::nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::data);
  ::nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::frame);
  ::nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::close);
  nghttp2_session* session = nullptr;
  ::nghttp2_session_server_new(&session, callbacks, this);
  ::nghttp2_session_callbacks_del(callbacks);
  session_.reset(session);
  ::nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, nullptr, 0);
  ready_ = ::SSL_accept(ssl_.get()) == 1 && flush();
}

std::unique_ptr<Peer> H2Peer::make(int fd) {
  std::unique_ptr<H2Peer> peer(new H2Peer(fd));
  return peer->ready_ ? std::move(peer) : nullptr;
}

Target target_to(const RawServer& server) {
  Target target = target_to(server.url());
  if (server.url().starts_with("https")) {
    target.ca_file = H2ServerTls::authority();
  }
  return target;
}

bool H2Peer::flush() {
  for (;;) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = ::nghttp2_session_mem_send(session_.get(), &bytes);
    if (size <= 0) {
      return size == 0;
    }
    if (::SSL_write(ssl_.get(), bytes, static_cast<int>(size)) <= 0) {
      return false;
    }
  }
}

bool H2Peer::read_some() {
  std::array<std::uint8_t, 16384> buffer{};
  const int got = ::SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
  return got > 0 && ::nghttp2_session_mem_recv(session_.get(), buffer.data(), static_cast<std::size_t>(got)) == got &&
         flush();
}

std::optional<std::string> H2Peer::request() {
  while (whole_.empty()) {
    if (!read_some()) {
      return std::nullopt;
    }
  }
  auto [stream, text] = std::move(whole_.front());
  whole_.pop_front();
  current_ = stream;
  return std::move(text);
}

bool H2Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find("\r\n\r\n");
    std::string_view head = bytes.substr(0, end);
    bytes.remove_prefix(end + 4);
    const std::string status(head.substr(9, 3));
    std::vector<std::pair<std::string, std::string>> fields{{":status", status}};
    while (head.find("\r\n") != std::string_view::npos) {
      head.remove_prefix(head.find("\r\n") + 2);
      const std::string_view line = head.substr(0, head.find("\r\n"));
      std::string name(line.substr(0, line.find(':')));
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      fields.emplace_back(std::move(name), trimmed(line.substr(line.find(':') + 1)));
    }
    std::vector<nghttp2_nv> all;
    for (auto& [name, value] : fields) {
      all.push_back({reinterpret_cast<std::uint8_t*>(name.data()), reinterpret_cast<std::uint8_t*>(value.data()),
                     name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    if (status.front() == '1') {
      ::nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, current_, nullptr, all.data(), all.size(), nullptr);
      continue;
    }
    answer_ = bytes;
    answered_ = 0;
    bytes = {};
    nghttp2_data_provider body{};
    body.read_callback = Callbacks::read;
    ::nghttp2_submit_response(session_.get(), current_, all.data(), all.size(), answer_.empty() ? nullptr : &body);
  }
  bool good = flush();
  while (good && answered_ < answer_.size()) {  // until the client makes room for more
    good = read_some();
  }
  return good;
}

}  // namespace respand::http
