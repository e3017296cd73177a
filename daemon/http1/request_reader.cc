#include "respand/http1/request_reader.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cinttypes>
#include <cstdio>
#include <limits>

#include "respand/base/text.h"
#include "respand/http1/kept_headers.h"

namespace respand::http1 {

namespace http = boost::beast::http;
using boost::beast::iequals;
using BeastError = boost::beast::error_code;
using BeastView = boost::beast::string_view;

namespace {

// Bytes added to an incomplete header at a time. The number is small because the bytes behind the header are moved to
// the front once it is complete.
constexpr std::size_t kGlue = 4 * 1024;
// Start line, headers and glue. Beast limits neither a chunk's header nor the trailers: this limits them.
constexpr std::size_t kPartialLimit = 2 * HttpRequestReader::kHeaderLimit + kGlue;
// The last chunk's header and the empty line, "0\r\n\r\n": at least so many bytes are still to come while a chunked
// body is not complete. With fewer bytes behind "0\r\n", an assertion in Beast's parser ends the process
// (basic_parser.ipp, n >= 5).
constexpr std::size_t kLeastChunked = 5;

// The characters of a host and port (RFC 3986, 3.2.2), brackets of an IPv6 address among them.
bool in_host(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~!$&'()*+;=%:[]").find(c) != std::string_view::npos;
}

}  // namespace

class HttpRequestReader::Parser final : public http::basic_parser<true> {
 public:
  Parser(Bytes max_body, LargeBody large_body) : limit_(max_body.value) {
    header_limit(kHeaderLimit);
    // Not boost::none for "no limit": in Boost 1.74 every body is over that.
    body_limit(large_body == LargeBody::kRefuse ? max_body.value : std::numeric_limits<std::uint64_t>::max());
    eager(false);  // It stops behind the headers, so that read() can return kHead.
  }

  // Beast's parser accepts some requests whose body has a length that two readers may understand differently.
  [[nodiscard]] bool ambiguous() const {
    return lengths_ > 1 || list_of_lengths_ || (encodings_ > 0 && (lengths_ > 0 || head_.http_1_0));
  }
  [[nodiscard]] bool unknown_encoding() const { return encodings_ > 0 && !chunked_only_; }
  // A request of HTTP/1.1 has exactly one Host header, and one of HTTP/1.0 at most one (RFC 9112, 3.2).
  [[nodiscard]] std::string_view wrong_host() const {
    if (hosts_ > 1) {
      return "there is more than one Host header";
    }
    if (hosts_ == 0 && !head_.http_1_0) {
      return "there is no Host header";
    }
    return bad_host_ ? "the Host header is no host" : "";
  }

  Head head_;
  std::string body_;
  std::string_view borrowed_body_;
  std::string_view source_;  // bytes that a body may be borrowed from; empty: copy it
  bool discards_ = false;
  bool too_large_ = false;        // with LargeBody::kDiscard: the body went over the limit
  std::uint64_t chunk_left_ = 0;  // bytes of the current chunk that are still to come
  bool in_chunks_ = false;        // a chunk has begun: its end, or the end of the one before, is still to come

 private:
  void on_request_impl(http::verb verb, BeastView method, BeastView target, int version, BeastError&) override {
    head_.post = verb == http::verb::post;
    head_.method.assign(method.data(), method.size());
    head_.target.assign(target.data(), target.size());
    head_.http_1_0 = version < 11;
  }

  // Where the value of this header is kept; null where it is not kept as a text.
  [[nodiscard]] std::string* text_of(http::field field, BeastView name) {
    switch (field) {
      case http::field::content_type:
        return &head_.content_type;
      case http::field::user_agent:
        return &head_.user_agent;
      case http::field::origin:
        return &head_.origin;
      case http::field::authorization:
        return &head_.authorization;
      case http::field::access_control_request_method:
        return &head_.request_method;
      case http::field::access_control_request_headers:
        return &head_.request_headers;
      default:
        return iequals(name, "Sec-Fetch-Site") ? &head_.fetch_site : nullptr;
    }
  }

  void on_field_impl(http::field field, BeastView name, BeastView value, BeastError&) override {
    if (in_body_) {
      return;  // a trailer
    }
    if (std::string* const text = text_of(field, name); text != nullptr) {
      text->assign(value.data(), value.size());
      return;
    }
    if (field == http::field::unknown) {
      keep_header({name.data(), name.size()}, {value.data(), value.size()}, head_.kept);
    } else if (field == http::field::content_length) {
      ++lengths_;
      list_of_lengths_ = list_of_lengths_ || value.find(',') != BeastView::npos;
    } else if (field == http::field::transfer_encoding) {
      ++encodings_;
      chunked_only_ = encodings_ == 1 && iequals(value, "chunked");
    } else if (field == http::field::host) {
      ++hosts_;
      head_.host.assign(value.data(), value.size());
      bad_host_ = !std::all_of(value.begin(), value.end(), in_host);
    } else if (field == http::field::expect) {
      head_.expects_continue = iequals(value, "100-continue");
      head_.expects_unknown = !head_.expects_continue;
    } else if (field == http::field::content_encoding) {
      if (!value.empty() && !iequals(value, "identity")) {
        head_.content_encoding.append(head_.content_encoding.empty() ? "" : ", ").append(value.data(), value.size());
      }
    }
  }

  void on_header_impl(BeastError&) override {
    in_body_ = true;
    head_.keep_alive = keep_alive();
    head_.has_body = chunked() || content_length().value_or(0) > 0;
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, BeastError&) override {
    expected_ = length.value_or(0);
    too_large_ = expected_ > limit_;
  }

  std::size_t on_body_impl(BeastView piece, BeastError&) override {
    if (body_.empty() && piece.size() == expected_ && !source_.empty() && !too_large_) {
      borrowed_body_ = {piece.data(), piece.size()};
    } else {
      add(piece);
    }
    return piece.size();
  }

  std::size_t on_chunk_body_impl(std::uint64_t, BeastView piece, BeastError&) override {
    add(piece);
    chunk_left_ -= piece.size();
    return piece.size();
  }

  void on_chunk_header_impl(std::uint64_t size, BeastView, BeastError&) override {
    in_chunks_ = true;
    chunk_left_ = size;
  }
  void on_finish_impl(BeastError&) override {}
  void on_response_impl(int, BeastView, int, BeastError&) override {}

  // The memory grows by doubling, but never beyond what can still come.
  void add(BeastView piece) {
    if (piece.size() > limit_ - body_.size()) {
      too_large_ = true;
    }
    if (too_large_) {
      std::string().swap(body_);
    }
    if (discards_ || too_large_) {
      return;
    }
    const std::size_t needed = body_.size() + piece.size();
    if (needed > body_.capacity()) {
      const std::uint64_t most = expected_ > 0 ? expected_ : limit_;
      body_.reserve(std::max<std::size_t>(needed, std::min<std::size_t>(2 * body_.capacity(), most)));
    }
    body_.append(piece.data(), piece.size());
  }

  const std::uint64_t limit_;
  std::uint64_t expected_ = 0;  // Content-Length
  unsigned lengths_ = 0;        // how many headers of the name
  unsigned encodings_ = 0;
  unsigned hosts_ = 0;
  bool bad_host_ = false;
  bool list_of_lengths_ = false;
  bool chunked_only_ = false;
  bool in_body_ = false;
};

HttpRequestReader::HttpRequestReader(Bytes max_body, LargeBody large_body)
    : max_body_(max_body), large_body_(large_body), parser_(std::make_unique<Parser>(max_body, large_body)) {}
HttpRequestReader::~HttpRequestReader() = default;

const HttpRequestReader::Head& HttpRequestReader::head() const { return parser_->head_; }
void HttpRequestReader::discard_body() { parser_->discards_ = true; }
bool HttpRequestReader::body_too_large() const { return parser_->too_large_; }
void HttpRequestReader::release_body() {
  std::string().swap(parser_->body_);
  parser_->borrowed_body_ = {};
}
bool HttpRequestReader::in_request() const { return parser_->got_some() || !partial_.empty(); }
unsigned HttpRequestReader::status() const { return status_; }
std::string_view HttpRequestReader::error() const { return error_; }
std::size_t HttpRequestReader::memory() const {
  return partial_.capacity() + head_.capacity() + parser_->body_.capacity();
}

std::string_view HttpRequestReader::body() const {
  return parser_->borrowed_body_.empty() ? std::string_view(parser_->body_) : parser_->borrowed_body_;
}

// A chunked body that has begun is written as one chunk. It ends where the chunk ends that is being read.
std::string HttpRequestReader::so_far(std::string_view body, bool unpacked) const {
  if (!head_said_) {
    return cat(half_line_end_ ? "\r" : "", head_, partial_);
  }
  const Head& head = parser_->head_;
  const bool complete = parser_->is_done();
  const std::string_view taken = complete ? body : std::string_view(parser_->body_);
  std::string text = cat(head.method, " ", head.target, head.http_1_0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  const auto add = [&text](std::string_view name, std::string_view value) {
    text += value.empty() ? std::string() : cat(name, ": ", value, "\r\n");
  };
  text += head.http_1_0 ? std::string() : cat("Host: ", head.host, "\r\n");
  add("Content-Type", head.content_type);
  add("Content-Encoding", unpacked ? std::string_view() : std::string_view(head.content_encoding));
  add("User-Agent", head.user_agent);
  add("Origin", head.origin);
  add("Authorization", head.authorization);
  text += head.kept;
  if (head.http_1_0 == head.keep_alive) {
    text += head.keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n";
  }
  if (complete) {
    text += cat("Content-Length: ", taken.size(), "\r\n\r\n");
  } else if (!parser_->chunked()) {
    text += cat("Content-Length: ", parser_->content_length().value_or(0), "\r\n\r\n");
  } else {
    text += "Transfer-Encoding: chunked\r\n\r\n";
    if (parser_->in_chunks_) {
      std::array<char, 24> size{};
      std::snprintf(size.data(), size.size(), "%" PRIx64 "\r\n", taken.size() + parser_->chunk_left_);
      text += size.data();
    }
  }
  return text.append(taken).append(partial_);
}

void HttpRequestReader::next() {
  parser_ = std::make_unique<Parser>(max_body_, large_body_);
  if (partial_.empty()) {
    std::string().swap(partial_);
  }
  starved_ = false;
  head_said_ = false;
}

HttpRequestReader::Step HttpRequestReader::read(std::string_view& input) {
  for (;;) {
    if (status_ != 0) {
      return Step::kBroken;
    }
    if (parser_->is_done() && head_said_) {
      return Step::kDone;
    }
    if (!skip_line_ends(input)) {
      return broken(400, "not a valid HTTP request: a carriage return stands alone");
    }
    Step step = Step::kMore;
    if (partial_.empty()) {
      if (input.empty()) {
        return Step::kMore;
      }
      parser_->source_ = input;
      step = feed(input);
      if (step == Step::kMore && !input.empty()) {
        starved_ = true;
        partial_.assign(input);
        input = {};
      }
    } else {
      if (starved_) {
        const std::size_t piece = std::min(input.size(), kGlue);
        if (piece == 0) {
          return Step::kMore;
        }
        partial_.append(input.substr(0, piece));
        input.remove_prefix(piece);
        if (parser_->is_header_done() && parser_->chunked() && partial_.size() < kLeastChunked) {
          continue;
        }
      }
      std::string_view bytes = partial_;
      parser_->source_ = {};
      step = feed(bytes);
      starved_ = step == Step::kMore && !bytes.empty();
      partial_.erase(0, partial_.size() - bytes.size());
    }
    if (starved_ && partial_.size() > kPartialLimit) {
      return broken(400, "a chunk header or trailer is too long");
    }
    if (step != Step::kMore) {
      return step;
    }
  }
}

// Old clients send a line end behind a body that belongs to no request (RFC 9112, 2.2). Bytes that came behind the last
// request may be in partial_.
bool HttpRequestReader::skip_line_ends(std::string_view& input) {
  if (parser_->got_some() || !head_.empty()) {
    return true;
  }
  const auto skip = [this](std::string_view& bytes) {
    while (!bytes.empty() && (bytes.front() == '\n' || (bytes.front() == '\r' && !half_line_end_))) {
      half_line_end_ = bytes.front() == '\r';
      bytes.remove_prefix(1);
    }
    return bytes.empty() || !half_line_end_;
  };
  if (!partial_.empty()) {
    std::string_view bytes = partial_;
    const bool good = skip(bytes);
    partial_.erase(0, partial_.size() - bytes.size());
    if (!good || !partial_.empty()) {
      return good;
    }
    starved_ = false;
  }
  return skip(input);
}

// Gives `bytes` to the parser until it has taken all of them or there is a step to return. kMore with bytes left means
// that the parser needs more bytes behind them.
HttpRequestReader::Step HttpRequestReader::feed(std::string_view& bytes) {
  while (!bytes.empty()) {
    BeastError failed;
    const std::size_t taken = parser_->put(boost::asio::const_buffer(bytes.data(), bytes.size()), failed);
    if (parser_->is_header_done()) {
      std::string().swap(head_);
    } else {
      head_.append(bytes.substr(0, taken));
    }
    bytes.remove_prefix(taken);
    if (failed == http::error::need_more) {
      return Step::kMore;
    }
    if (failed == http::error::body_limit) {
      return broken(413, cat("the body is over the limit of ", to_text(max_body_)));
    }
    if (failed == http::error::header_limit) {
      return broken(431, "the headers are over the limit of 8 KiB");
    }
    if (failed == http::error::bad_version) {
      return broken(505, "only HTTP/1.1 and HTTP/1.0 are spoken");
    }
    if (failed) {
      return broken(400, cat("not a valid HTTP request: ", failed.message()));
    }
    if (parser_->is_header_done() && !head_said_) {
      if (parser_->ambiguous()) {
        return broken(400, "the length of the body is given more than once");
      }
      if (parser_->unknown_encoding()) {
        return broken(501, "of transfer encodings only chunked is known");
      }
      if (const std::string_view wrong = parser_->wrong_host(); !wrong.empty()) {
        return broken(400, wrong);
      }
      head_said_ = true;
      return Step::kHead;
    }
    if (parser_->is_done()) {
      return Step::kDone;
    }
  }
  return Step::kMore;
}

HttpRequestReader::Step HttpRequestReader::broken(unsigned status, std::string_view error) {
  status_ = status;
  error_ = error;
  std::string().swap(partial_);
  return Step::kBroken;
}

}  // namespace respand::http1
