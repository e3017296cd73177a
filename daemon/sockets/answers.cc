#include "sockets/answers.h"

#include "respand/base/text.h"
#include "respand/json/text.h"

namespace respand::sockets {
namespace {

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Bad Request";
  }
}

}  // namespace

void put_durable(std::string& out, std::uint64_t lines) { out.append(cat(R"({"durable":)", lines, "}\n")); }

void put_numbers(std::string& out, std::uint64_t line, std::uint64_t sequence, std::uint64_t records) {
  out += cat(R"({"line":)", line, R"(,"sequence":)", sequence, R"(,"records":)", records, "}\n");
}

void put_line_error(std::string& out, std::uint64_t line, std::string_view error) {
  out.append(cat(R"({"line":)", line, R"(,"error":)"));
  json::put_string(out, error);
  out.append("}\n");
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
  out.append(cat("HTTP/1.1 ", status, " ", reason_phrase(status), "\r\n"));
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

std::string detail_body(std::string_view detail) {
  std::string body = R"({"detail":)";
  json::put_string(body, detail);
  return body + "}";
}

std::string detail_body(std::string_view detail, std::uint64_t byte) {
  std::string body = R"({"detail":)";
  json::put_string(body, detail);
  return body + cat(R"(,"byte":)", byte, "}");
}

std::string faults_body(const Elements& elements) {
  std::string body = R"({"detail":)";
  json::put_string(body, describe(elements));
  body.append(cat(R"(,"byte":)", elements.faults().front().byte, R"(,"accepted":)", elements.accepted(),
                  R"(,"refused":)", elements.refused(), R"(,"errors":[)"));
  for (std::size_t i = 0; i < elements.faults().size(); ++i) {
    const Elements::Fault& fault = elements.faults()[i];
    body.append(cat(i == 0 ? "" : ",", R"({"index":)", fault.index, R"(,"byte":)", fault.byte, R"(,"error":)"));
    json::put_string(body, fault.message);
    body.push_back('}');
  }
  return body + "]}";
}

}  // namespace respand::sockets
