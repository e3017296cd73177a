#pragma once
// Transfer: one POST at a time on an easy handle that is configured once and used again and again. Holds what libcurl
// borrows while the request is on its way: the payload, the error buffer, the header list (in the Route). Used by
// CurlClient; the client's thread.

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/easy_handle.h"
#include "http/gzip.h"
#include "http/rate_limit_headers.h"
#include "http/route.h"
#include "respand/base/clock.h"
#include "respand/http/client.h"

namespace respand::http {

struct Post {
  std::uint64_t id = 0;
  std::string payload{};
  bool batch = false;              // to the target's batch_url
  std::optional<Routed> routed{};  // to another path
  std::size_t max_body = kMaxAnswerBody;
};

class Transfer {
 public:
  // Null where memory or libcurl fails. `clock` is borrowed.
  // `sessions` keeps TLS sessions for the next connections; both outlive the transfer.
  [[nodiscard]] static std::unique_ptr<Transfer> make(std::shared_ptr<const Route> route, const Clock& clock,
                                                      CURLSH* sessions);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Ready to be added to the multi handle; false where the payload can't be compressed for want of memory. Requires:
  // not on its way.
  [[nodiscard]] bool begin(Post next, Gzip& gzip);
  // The answer. Requires: begun, and removed from the multi handle.
  [[nodiscard]] Answer end(CURLcode code);
  [[nodiscard]] Answer fail(std::string_view why);

  [[nodiscard]] CURL* easy() const { return easy_.get(); }
  [[nodiscard]] const Route* route() const { return route_.get(); }
  // Whether the last answer came over HTTP/2. Valid after end().
  [[nodiscard]] bool over_http2() const { return over_http2_; }
  // Where the client keeps it among those on their way.
  std::size_t place = 0;

 private:
  Transfer(std::shared_ptr<const Route> route, const Clock& clock) : clock_(clock), route_(std::move(route)) {}
  [[nodiscard]] bool configure(CURLSH* sessions);
  void forget_headers();
  [[nodiscard]] bool set_place();
  [[nodiscard]] bool set_headers();
  void set_body(std::string_view body);
  [[nodiscard]] std::size_t take_header(std::string_view line);
  [[nodiscard]] std::size_t take_body(std::string_view part);
  [[nodiscard]] Answer answer();
  void set_outcome(Answer& answer, CURLcode code);
  void read_refusal(Answer& answer) const;

  const Clock& clock_;
  const std::shared_ptr<const Route> route_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  EasyHandle easy_;  // goes before what it borrows

  // Where the handle posts, and as what.
  enum class At : std::uint8_t { kUrl, kBatchUrl, kRoutedUrl };
  At at_ = At::kUrl;
  bool protobuf_ = false;
  std::string key_;              // its name
  Route::Headers more_headers_;  // of the request on its way, where it has some of its own

  // Of the request on its way.
  Post post_;
  std::string packed_;  // the payload in gzip, where the route says so
  std::string body_;
  std::string retry_after_;  // values of headers
  RateLimitHeaders limits_;
  std::string date_;
  std::size_t header_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  bool headers_whole_ = false;
  bool body_cut_ = false;
  bool over_http2_ = false;
};

}  // namespace respand::http
