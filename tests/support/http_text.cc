#include "tests/support/http_text.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "respand/base/text.h"
#include "tests/support/files.h"

namespace respand::test {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace

int HttpMessage::status() const {
  int status = -1;
  if (first_line.starts_with("HTTP/1.") && first_line.size() >= 12) {
    std::from_chars(first_line.data() + 9, first_line.data() + 12, status);
  }
  return status;
}

std::string HttpMessage::header(const std::string& lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? std::string() : found->second;
}

std::optional<HttpMessage> take_message(std::string& bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) {
    return std::nullopt;
  }
  HttpMessage message;
  for (const std::string& line : lines_of(std::string_view(bytes).substr(0, end))) {
    const std::size_t colon = line.find(':');
    if (message.first_line.empty()) {
      message.first_line = trimmed(line);
    } else if (colon != std::string::npos) {
      std::string name = line.substr(0, colon);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      message.headers[name] = trimmed(std::string_view(line).substr(colon + 1));
    }
  }
  std::size_t length = 0;
  const std::string said = message.header("content-length");
  std::from_chars(said.data(), said.data() + said.size(), length);
  if (bytes.size() - (end + 4) < length) {
    return std::nullopt;
  }
  message.body = bytes.substr(end + 4, length);
  bytes.erase(0, end + 4 + length);
  return message;
}

std::string http_request(std::string_view method, std::string_view path, std::string_view body,
                         const Headers& headers) {
  std::string text = cat(method, " ", path, " HTTP/1.1\r\nHost: localhost\r\n");
  if (!body.empty() || method != "GET") {
    text.append(cat("Content-Length: ", body.size(), "\r\n"));
  }
  for (const auto& [name, value] : headers) {
    text.append(cat(name, ": ", value, "\r\n"));
  }
  return text.append("\r\n").append(body);
}

}  // namespace respand::test
