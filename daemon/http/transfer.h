#pragma once
// Transfer: makes one POST at a time, on an easy handle that is configured once and used again and again. It holds what
// libcurl borrows while the request is in flight: the payload, the error buffer, the header list (in the Route). Used
// by CurlClient; the client's thread.

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/answer_reader.h"
#include "http/easy_handle.h"
#include "http/gzip.h"
#include "http/post.h"
#include "http/route.h"
#include "respand/base/clock.h"
#include "respand/http/client.h"

namespace respand::http {

class Transfer {
 public:
  // Null where memory or libcurl fails. `clock` and `sessions`, which keeps TLS sessions for further connections,
  // outlive the transfer.
  [[nodiscard]] static std::unique_ptr<Transfer> make(std::shared_ptr<const Route> route, const Clock& clock,
                                                      CURLSH* sessions);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Prepares a request; the handle can then be added to the multi handle. False: there is no memory for its headers or
  // for compressing it. Requires: no request in flight.
  [[nodiscard]] bool begin(Post next, Gzip& gzip);
  // Takes the answer, or makes one of a failure. Requires: begun, and not in the multi handle any more.
  [[nodiscard]] Answer end(CURLcode code);
  [[nodiscard]] Answer fail(std::string_view why);

  [[nodiscard]] CURL* easy() const { return easy_.get(); }
  [[nodiscard]] const Route* route() const { return route_.get(); }
  // Whether the last answer came over HTTP/2. Valid after end().
  [[nodiscard]] bool over_http2() const { return over_http2_; }
  // The transfer's index among the client's transfers in flight.
  std::size_t place = 0;

 private:
  Transfer(std::shared_ptr<const Route> route, const Clock& clock) : clock_(clock), route_(std::move(route)) {}
  [[nodiscard]] bool configure(CURLSH* sessions);
  [[nodiscard]] bool set_place();
  [[nodiscard]] bool set_headers();
  void set_body(std::string_view body);
  [[nodiscard]] std::size_t take_header(std::string_view line);
  [[nodiscard]] Answer answer();
  void set_outcome(Answer& answer, CURLcode code);

  const Clock& clock_;
  const std::shared_ptr<const Route> route_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  EasyHandle easy_;  // behind error_, so that it is destroyed before what it borrows

  // What the handle is set to at present: URL, content type, key.
  enum class At : std::uint8_t { kUrl, kBatchUrl, kRoutedUrl };
  At at_ = At::kUrl;
  bool protobuf_ = false;
  std::string key_;              // the key's name
  Route::Headers more_headers_;  // the header list of a request that has headers of its own

  // Of the request in flight.
  Post post_;
  std::string packed_;  // the payload in gzip, where the target asks for that
  AnswerReader reader_;
  bool over_http2_ = false;
};

}  // namespace respand::http
