#pragma once
// The fixture of the tests of HTTP: requests, answers, and a server that is asked over both transports.

#include <string>
#include <string_view>
#include <vector>

#include "respand/base/text.h"
#include "tests/sockets/bench.h"

namespace respand::sockets::test {

using Strings = std::vector<std::string>;

inline constexpr std::string_view kPath = "/api/request-logs/create/";

inline std::string post(std::string_view body, std::string_view path = kPath, std::string_view headers = {}) {
  return cat("POST ", path, " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n", headers,
             "Content-Length: ", body.size(), "\r\n\r\n", body);
}

inline std::string answer_of(unsigned status, std::string_view reason, std::string_view body,
                             std::string_view headers = {}) {
  return cat("HTTP/1.1 ", status, " ", reason, "\r\nContent-Type: application/json\r\nContent-Length: ", body.size(),
             "\r\n", headers, "\r\n", body);
}

inline const std::string kOk = answer_of(200, "OK", R"({"message":"log successful"})");

// Both transports.
class Http : public Bench, public ::testing::WithParamInterface<bool> {
 protected:
  void open_listeners() {
    settings.http_host = "127.0.0.1";
    open();
  }
  Peer dial() { return GetParam() ? Peer::connect_tcp(listeners->http_port()) : connect(); }
  // What the peer hears until the answer is whole.
  std::string hear(Peer& peer) {
    until([&] {
      run_until_quiet();
      const std::string& heard = peer.heard();
      const std::size_t end = heard.find("\r\n\r\n");
      const std::size_t length = heard.find("Content-Length: ");
      return peer.ended() || (end != std::string::npos && length < end &&
                              heard.size() >= end + 4 + std::stoull(heard.substr(length + 16)));
    });
    return peer.take();
  }
};

}  // namespace respand::sockets::test
