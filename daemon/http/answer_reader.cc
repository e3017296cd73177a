#include "http/answer_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "http/answer_body.h"
#include "http/clock_offset.h"
#include "http/header_text.h"
#include "http/retry_after.h"

namespace respand::http {
namespace {

// A body longer than this ends the request, or over HTTP/1.1 the connection. Up to here reading it to its end is
// cheaper than a new connection.
constexpr std::size_t kMaxBodyRead = 1024 * 1024;

}  // namespace

void AnswerReader::begin(std::size_t max_body) {
  max_body_ = max_body;
  body_.clear();
  begin_headers();
  header_bytes_ = 0;
  body_bytes_ = 0;
  body_cut_ = false;
}

void AnswerReader::begin_headers() {
  retry_after_.clear();
  limits_.clear();
  date_.clear();
  headers_whole_ = false;
}

bool AnswerReader::take_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMaxHeaders) {
    return false;
  }
  constexpr std::string_view kRetryAfter = "retry-after:";
  constexpr std::string_view kDate = "date:";
  if (starts_with(line, kRetryAfter)) {
    retry_after_ = line.substr(kRetryAfter.size());
  } else if (starts_with(line, kDate)) {
    date_ = line.substr(kDate.size());
  } else {
    limits_.take(line);
  }
  return true;
}

bool AnswerReader::take_body(std::string_view part) {
  body_.append(part.substr(0, max_body_ - body_.size()));
  body_bytes_ += part.size();
  body_cut_ = body_bytes_ > std::max(kMaxBodyRead, max_body_);
  return !body_cut_;
}

void AnswerReader::put_into(Answer& answer, const Route& route, const Clock& clock) {
  answer.body_cut = body_bytes_ > body_.size();
  answer.body = std::move(body_);
  route.hide_key(answer.body);
  read_refusal(answer, clock);
}

void AnswerReader::read_refusal(Answer& answer, const Clock& clock) const {
  const std::optional<WallTime> date = parse_date(date_);
  const WallTime now = date.value_or(clock.wall());
  if (date) {
    answer.clock_offset = clock_offset(*date, clock.wall(), answer.elapsed);
  }
  answer.retry_after = parse_retry_after(retry_after_, now);
  answer.limits = limits_.read(now);
  if (answer.status / 100 == 2) {
    return;
  }
  AnswerBody said = read_answer_body(answer.body, answer.body_cut);
  answer.message = std::move(said.message);
  constexpr int kTooManyRequests = 429;
  if (answer.status == kTooManyRequests && !answer.retry_after) {
    answer.retry_after = said.retry_after;
  }
  // The headers tell the end of a window with every answer. It is a time to wait only with a refusal.
  if (answer.status == kTooManyRequests && !answer.retry_after) {
    answer.retry_after = answer.limits.reset;
  }
}

}  // namespace respand::http
