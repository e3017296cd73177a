#pragma once
// Which requests over TCP are trusted. A web page that somebody on this host looks at can make the browser post to any
// address that the browser reaches; the browser says so in Origin and Sec-Fetch-Site. The page can also make a name of
// its own mean this host (DNS rebinding); that name then stands in Host. Programs send neither a foreign Origin nor
// such a Host. Pure; any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace respand::http1 {

// What the configuration says of it.
struct HttpTrust {
  std::vector<std::string> hosts{};          // http.hosts: names, without a port
  std::vector<std::string> allow_origins{};  // http.allow_origins: "https://app.example.org"
  // Whether HTTP listens on a loopback address only. Elsewhere a Host that is an address, not a name, is known as well.
  bool loopback = true;
};

// Whether this host goes by the value of a Host header, with a port or without.
[[nodiscard]] bool is_known_host(const HttpTrust& trust, std::string_view host);

// Who sent a request.
enum class Sender : std::uint8_t {
  kProgram,      // no browser's page, or one that was served under this Host
  kListedPage,   // of an origin in allow_origins
  kForeignPage,  // refused
};
// Who sent it, by the values of these headers; empty where there is none.
[[nodiscard]] Sender sender_of(const HttpTrust& trust, std::string_view host, std::string_view origin,
                               std::string_view fetch_site);

}  // namespace respand::http1
