#pragma once
// AnswerReader: what an answer says, read as its headers and its body come in, and limited: what a server sends is
// hostile input. It knows nothing of how the bytes came here, and both engines use it. Used by Transfer and Exchange;
// one thread.

#include <cstddef>
#include <string>
#include <string_view>

#include "http/rate_limit_headers.h"
#include "http/route.h"
#include "respand/base/clock.h"
#include "respand/http/client.h"

namespace respand::http {

class AnswerReader {
 public:
  // The limit for all headers of an answer together, those of interim answers included: ten times what servers of this
  // kind send.
  static constexpr std::size_t kMaxHeaders = 64 * 1024;

  // Forgets the answer before. Of the body, `max_body` bytes are kept.
  void begin(std::size_t max_body);
  // A new block of headers begins: those of an interim answer (1xx) or of a proxy do not count.
  void begin_headers();
  // Takes a header line, its end included or not. False: the headers are too large, and the answer is of no use.
  [[nodiscard]] bool take_header(std::string_view line);
  void end_headers() { headers_whole_ = true; }
  // Takes a part of the body. False: the body is longer than is read, and the answer counts without its end.
  [[nodiscard]] bool take_body(std::string_view part);

  // Whether the headers are complete. A status line and half a header is no delivery.
  [[nodiscard]] bool headers_whole() const { return headers_whole_; }
  // Whether take_body() has said to stop.
  [[nodiscard]] bool body_cut() const { return body_cut_; }
  // Puts what was read into an answer, without the keys. Requires: its status and elapsed are set.
  void put_into(Answer& answer, const Route& route, const Clock& clock);

 private:
  void read_refusal(Answer& answer, const Clock& clock) const;

  std::string body_;
  std::string retry_after_;  // values of headers
  RateLimitHeaders limits_;
  std::string date_;
  std::size_t max_body_ = kMaxAnswerBody;
  std::size_t header_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  bool headers_whole_ = false;
  bool body_cut_ = false;
};

}  // namespace respand::http
