#pragma once
// Whose requests over TCP are taken. A web page that somebody on this host looks at can make his browser post to any
// address that the browser reaches; the browser tells, in Origin and Sec-Fetch-Site, that it does. And a name of the
// page's own may be made to mean this host (DNS rebinding): then it stands in Host. Programs send neither a foreign
// Origin nor such a Host. Pure; any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace respand::http1 {

struct HttpTrust {
  std::vector<std::string> hosts{};          // http.hosts: names, without a port
  std::vector<std::string> allow_origins{};  // http.allow_origins: "https://app.example.org"
  // It listens on a loopback address only; elsewhere any address, which is no name, is known as well.
  bool loopback = true;
};

// Of a Host header, port or not.
[[nodiscard]] bool is_known_host(const HttpTrust& trust, std::string_view host);

enum class Sender : std::uint8_t {
  kProgram,      // no browser's page, or one that was served under this Host
  kListedPage,   // of an origin in allow_origins
  kForeignPage,  // refused
};
// By the values of the headers; empty where there is none.
[[nodiscard]] Sender sender_of(const HttpTrust& trust, std::string_view host, std::string_view origin,
                               std::string_view fetch_site);

}  // namespace respand::http1
