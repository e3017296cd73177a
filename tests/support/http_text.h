#pragma once
// HTTP/1.1 messages as text: just enough to talk to the daemon and to stand in for the API, independent of the code
// under test. Pure.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace respand::test {

struct HttpMessage {
  std::string first_line;                      // without its end
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  [[nodiscard]] int status() const;  // of an answer's first line; -1 where there is none
  [[nodiscard]] std::string header(const std::string& lower_case_name) const;
};

// Takes a complete message with Content-Length (without one: no body) from the front of `bytes`. None, with `bytes`
// unchanged, if it is not complete yet.
[[nodiscard]] std::optional<HttpMessage> take_message(std::string& bytes);

using Headers = std::vector<std::pair<std::string, std::string>>;
// A request with Host, Content-Length (not for a GET without a body) and these headers.
[[nodiscard]] std::string http_request(std::string_view method, std::string_view path, std::string_view body = {},
                                       const Headers& headers = {});

}  // namespace respand::test
