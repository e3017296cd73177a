#pragma once
// Greeting: what a server says of itself with INFO, at the start and whenever it changes. It comes before anything was
// checked, so it is read as hostile: what is too long or nested too deep is refused. Used by Connection. Pure; any
// thread.

#include <string>
#include <string_view>
#include <vector>

#include "respand/base/result.h"
#include "respand/nats/client.h"

namespace respand::nats {

struct Greeting {
  ServerInfo info;
  bool tls_required = false;
  bool tls_available = false;
  bool auth_required = false;
  bool lame_duck = false;                 // the server is about to stop: go to another one
  std::string nonce;                      // to be signed; empty: no signature is wanted
  std::vector<std::string> connect_urls;  // "host:port" of the cluster's servers, at most kMaxUrls
};

// More servers of a cluster than one client needs to know.
inline constexpr std::size_t kMaxUrls = 64;

// kInvalid: it is not the JSON object that INFO carries.
[[nodiscard]] Result<Greeting> read_greeting(std::string_view text);

}  // namespace respand::nats
