#include "sink/answer.h"

#include <array>
#include <ctime>

#include "respand/base/text.h"
#include "respand/http1/reason_phrase.h"
#include "respand/json/writer.h"

namespace respand::sink {
namespace {

std::string_view reason(int status) { return http1::reason_phrase(static_cast<unsigned>(status)); }

std::string body_of(const Verdict& verdict) {
  if (verdict.status == 200 && !verdict.body.empty()) {
    return verdict.body;
  }
  switch (verdict.status) {
    case 400:
      return R"({"detail":"Invalid request format"})";
    case 401:
      return R"({"detail":"Your API key is invalid or expired, please check your API key"})";
    case 422:
      return R"({"detail":"Validation error","errors":{}})";
    case 429:
      return verdict.retry_after == 0 || verdict.retry_after_form == RetryAfterForm::kDate
                 ? R"({"detail":"Rate limit exceeded"})"
                 : json::Object()
                       .member("detail", "Rate limit exceeded")
                       .member("retry_after", verdict.retry_after)
                       .text();
    case 500:
      return R"({"detail":"Internal server error","error_code":"INTERNAL_ERROR"})";
    default:
      return verdict.status < 300 ? R"({"message":"log successful"})"
                                  : json::Object().member("detail", reason(verdict.status)).text();
  }
}

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7). The program never leaves the C locale, whose names these are.
std::string http_date(WallTime time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  std::array<char, 32> text{};
  ::gmtime_r(&seconds, &parts);
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

// The value of Retry-After; empty where the answer has none.
std::string retry_after_value(const Verdict& verdict) {
  if (verdict.retry_after == 0 || (verdict.status != 429 && verdict.status != 503)) {
    return {};
  }
  switch (verdict.retry_after_form) {
    case RetryAfterForm::kUsual:
      return std::to_string(verdict.retry_after);
    case RetryAfterForm::kDate: {
      // A date has no fractions. It is the next whole second, so that a client that waits for it waits long enough.
      const WallTime at = verdict.decided + std::chrono::seconds{verdict.retry_after};
      return http_date(std::chrono::ceil<std::chrono::seconds>(at));
    }
    case RetryAfterForm::kJson:
      return {};
  }
  return {};
}

std::string headers_of(const Verdict& verdict) {
  const std::string retry_after = retry_after_value(verdict);
  return retry_after.empty() ? verdict.headers : cat("Retry-After: ", retry_after, "\r\n", verdict.headers);
}

void put(std::string& out, int status, std::string_view headers, std::string_view body, Ending ending) {
  out.append(cat("HTTP/1.1 ", status, " ", reason(status), "\r\nServer: respand-sink\r\n"));
  if (status == 405) {
    out.append("Allow: POST\r\n");
  }
  out.append(headers);
  if (ending.close) {
    out.append("Connection: close\r\n");
  }
  // 204 and 304 have no body and no length (RFC 9110, 8.6).
  if (status == 204 || status == 304) {
    out.append("\r\n");
    return;
  }
  out.append(cat("Content-Type: application/json\r\nContent-Length: ", body.size(), "\r\n\r\n"));
  if (!ending.head) {
    out.append(body);
  }
}

}  // namespace

void put_answer(std::string& out, const Verdict& verdict, Ending ending) {
  static constexpr std::string_view kUsual =
      "HTTP/1.1 200 OK\r\nServer: respand-sink\r\nContent-Type: application/json\r\nContent-Length: 28\r\n\r\n"
      R"({"message":"log successful"})";
  if (verdict.status == 200 && verdict.body.empty() && verdict.headers.empty() && !ending.close && !ending.head) {
    out.append(kUsual);
    return;
  }
  put(out, verdict.status, headers_of(verdict), body_of(verdict), ending);
}

void put_half_answer(std::string& out, const Verdict& verdict, Ending ending) {
  const std::size_t before = out.size();
  put_answer(out, verdict, ending);
  // The cut is behind the headers, so that the client has seen the status; half of the body is missing.
  const std::size_t head = out.find("\r\n\r\n", before) + 4;
  out.resize(head + (out.size() - head) / 2);
}

void put_json(std::string& out, std::string_view json, Ending ending) { put(out, 200, {}, json, ending); }

}  // namespace respand::sink
