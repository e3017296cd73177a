#pragma once
// probe(): makes one request to the API and reports how far it got: name, proxy, connection, TLS, answer, and the API's
// clock. For `respand doctor`; any thread, blocks for at most the patience it is given.

#include <cstdint>
#include <optional>
#include <string>

#include "respand/base/units.h"
#include "respand/http/client.h"

namespace respand::http {

enum class ProbeFault : std::uint8_t {
  kNone,          // there was an answer
  kResolve,       // the host's name is not known
  kResolveProxy,  // the proxy's name is not known
  kConnect,       // the connection is refused, or the host unreachable
  kConnectProxy,  // the same of the proxy
  kProxyRefuses,  // the proxy does not let us through
  kTls,           // TLS fails: the other side does not speak it, or speaks another version
  kExpired,       // the certificate is out of date, or this host's clock is
  kNotYetValid,
  kHostName,   // the certificate is for another name
  kUntrusted,  // the certificate is not signed by a trusted authority
  kCaFile,     // the file of authorities can't be used
  kTimeout,
  kBroken,  // connected, but no HTTP answer came
};

struct ProbeReport {
  ProbeFault fault = ProbeFault::kNone;
  std::string detail{};   // libcurl's words for the fault; without the key
  int status = 0;         // of the answer; where the proxy refuses, of its answer
  std::string body{};     // the first KiB of the answer's body, without the key
  std::string address{};  // the one that was connected to
  Duration elapsed{0};
  std::optional<WallTime> date{};              // the answer's
  std::optional<WallTime> certificate_ends{};  // of the host's own certificate
};

// Sends a HEAD without the key; or, where `record` is not empty, a POST of it with the key.
[[nodiscard]] ProbeReport probe(Target target, const std::string& record, Duration patience);

}  // namespace respand::http
