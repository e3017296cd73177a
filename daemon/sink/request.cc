#include "sink/request.h"

#include <boost/beast/http/basic_parser.hpp>
#include <limits>
#include <optional>
#include <utility>

namespace respand::sink {
namespace http = boost::beast::http;
namespace {

using boost::beast::error_code;
using View = boost::beast::string_view;

// Memory of a body that is kept for the next one.
constexpr std::size_t kBodyKept = 256 * 1024;
// "0\r\n\r\n": the least that is still to come of a chunked body. With less behind "0\r\n" an assertion of Beast fails.
constexpr std::size_t kLeastChunked = 5;

class Parser final : public http::basic_parser<true> {
 public:
  Parser(Request& request, std::size_t max_body) : request_(request), max_body_(max_body) {
    eager(true);
    // The limit is ours: what is over it is discarded, not an error. Not boost::none, over which all is in Boost 1.74.
    body_limit(std::numeric_limits<std::uint64_t>::max());
  }
  [[nodiscard]] bool take_expectation() { return std::exchange(expects_, false); }

 private:
  void on_request_impl(http::verb method, View, View target, int, error_code&) override {
    request_.method = method == http::verb::post   ? Request::Method::kPost
                      : method == http::verb::get  ? Request::Method::kGet
                      : method == http::verb::head ? Request::Method::kHead
                                                   : Request::Method::kOther;
    request_.target.assign(target.data(), target.size());
  }
  void on_response_impl(int, View, int, error_code&) override {}
  void on_field_impl(http::field name, View, View value, error_code&) override {
    if (name == http::field::authorization) {
      request_.authorization.assign(value.data(), value.size());
    } else if (name == http::field::content_type) {
      request_.content_type.assign(value.data(), value.size());
    } else if (name == http::field::content_encoding) {
      request_.encoded = !boost::beast::iequals(value, "identity");
    } else if (name == http::field::expect) {
      expects_ = boost::beast::iequals(value, "100-continue");
    }
  }
  void on_header_impl(error_code&) override { request_.keep_alive = keep_alive(); }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    request_.too_large = length && *length > max_body_;
  }
  std::size_t on_body_impl(View body, error_code&) override { return append(body); }
  void on_chunk_header_impl(std::uint64_t, View, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View body, error_code&) override { return append(body); }
  void on_finish_impl(error_code&) override {}

  std::size_t append(View body) {
    request_.too_large = request_.too_large || body.size() > max_body_ - request_.body.size();
    if (request_.too_large) {
      request_.body.clear();
    } else {
      request_.body.append(body.data(), body.size());
    }
    return body.size();
  }

  Request& request_;
  std::size_t max_body_;
  bool expects_ = false;
};

void reset(Request& request) {
  request.too_large = false;
  request.encoded = false;
  request.authorization.clear();
  request.content_type.clear();
  request.body.clear();
  if (request.body.capacity() > kBodyKept) {
    request.body.shrink_to_fit();
  }
}

}  // namespace

struct RequestReader::Impl {
  std::size_t max_body;
  Request request;
  std::optional<Parser> parser;
};

RequestReader::RequestReader(std::size_t max_body) : impl_(new Impl{max_body, {}, {}}) {}
RequestReader::~RequestReader() = default;

const Request& RequestReader::request() const { return impl_->request; }

RequestReader::State RequestReader::feed(std::string_view& input) {
  if (!impl_->parser) {
    reset(impl_->request);
    impl_->parser.emplace(impl_->request, impl_->max_body);
  }
  Parser& parser = *impl_->parser;
  while (!input.empty()) {
    if (parser.is_header_done() && parser.chunked() && input.size() < kLeastChunked) {
      break;
    }
    error_code error;
    const std::size_t used = parser.put(boost::asio::const_buffer(input.data(), input.size()), error);
    input.remove_prefix(used);
    if (error && error != http::error::need_more) {
      return State::kBroken;
    }
    if (parser.is_done()) {
      impl_->parser.reset();
      return State::kComplete;
    }
    if (error || used == 0) {
      break;
    }
  }
  if (parser.is_header_done() && parser.take_expectation()) {
    return State::kContinue;
  }
  return State::kMore;
}

}  // namespace respand::sink
