#include "sockets/answers.h"

#include "respand/base/text.h"
#include "respand/http1/reason_phrase.h"
#include "respand/json/writer.h"

namespace respand::sockets {

void put_durable(std::string& out, std::uint64_t lines) { out.append(cat(R"({"durable":)", lines, "}\n")); }

void put_numbers(std::string& out, std::uint64_t line, std::uint64_t sequence, std::uint64_t records) {
  out += cat(R"({"line":)", line, R"(,"sequence":)", sequence, R"(,"records":)", records, "}\n");
}

void put_line_error(std::string& out, std::uint64_t line, std::string_view error) {
  out.append(json::Object().member("line", line).member("error", error).text()).push_back('\n');
}

std::string describe(const Elements& elements) {
  std::string text;
  for (const Elements::Fault& fault : elements.faults()) {
    text.append(cat("element ", fault.index, ": ", fault.message, "; "));
  }
  if (elements.refused() > elements.faults().size()) {
    text.append(cat("and ", elements.refused() - elements.faults().size(), " more refused; "));
  }
  if (elements.refused_full() > 0) {
    text.append(cat(elements.refused_full(), " refused: ", kFullMessage, "; "));
  }
  return text +
         cat(elements.accepted(), " of ", elements.accepted() + elements.refused() + elements.refused_full(), " taken");
}

void put_http(std::string& out, unsigned status, Connected connected, std::string_view extra_headers,
              std::string_view body, std::string_view type) {
  constexpr unsigned kNoContent = 204;
  out.append(cat("HTTP/1.1 ", status, " ", http1::reason_phrase(status), "\r\n"));
  if (status != kNoContent) {
    out.append(cat("Content-Type: ", type, "\r\nContent-Length: ", body.size(), "\r\n"));
  }
  switch (connected) {
    case Connected::kStays:
      break;
    case Connected::kStaysOld:
      out.append("Connection: keep-alive\r\n");
      break;
    case Connected::kCloses:
      out.append("Connection: close\r\n");
      break;
  }
  out.append(extra_headers).append("\r\n").append(body);
}

std::string detail_body(std::string_view detail) { return json::Object().member("detail", detail).text(); }

std::string detail_body(std::string_view detail, std::uint64_t byte) {
  return json::Object().member("detail", detail).member("byte", byte).text();
}

std::string faults_body(const Elements& elements) {
  json::Array errors;
  for (const Elements::Fault& fault : elements.faults()) {
    errors.element(
        json::Object().member("index", fault.index).member("byte", fault.byte).member("error", fault.message));
  }
  return json::Object()
      .member("detail", describe(elements))
      .member("byte", elements.faults().front().byte)
      .member("accepted", elements.accepted())
      .member("refused", elements.refused())
      .value("errors", errors.text())
      .text();
}

}  // namespace respand::sockets
