#pragma once
// One request to the API, by itself, to find out what stands between here and there: name, connection, proxy, TLS,
// answer, and its clock. For `respand doctor`; any thread, blocks for at most the patience it is given.

#include <cstdint>
#include <optional>
#include <string>

#include "respand/base/units.h"
#include "respand/http/client.h"

namespace respand::http {

enum class ProbeFault : std::uint8_t {
  kNone,          // there was an answer
  kResolve,       // the host's name is not known
  kResolveProxy,  // the proxy's is not
  kConnect,       // refused, or unreachable
  kConnectProxy,  // the same of the proxy
  kProxyRefuses,  // the proxy does not let us through
  kTls,           // no TLS comes about: the other side speaks none, or another version
  kExpired,       // the certificate is out of date, or this host's clock is
  kNotYetValid,
  kHostName,   // the certificate is for another name
  kUntrusted,  // nobody that is trusted has signed it
  kCaFile,     // the file of authorities can't be used
  kTimeout,
  kBroken,  // connected, but no HTTP answer came
};

struct ProbeReport {
  ProbeFault fault = ProbeFault::kNone;
  std::string detail{};   // libcurl's words for the fault; without the key
  int status = 0;         // of the answer; of the proxy's where that refuses
  std::string body{};     // its first KiB; without the key
  std::string address{};  // that was connected to
  Duration elapsed{0};
  std::optional<WallTime> date{};              // the answer's
  std::optional<WallTime> certificate_ends{};  // of the host's own certificate
};

// HEAD without the key, or, where `record` is not empty, a POST of it with the key.
[[nodiscard]] ProbeReport probe(Target target, const std::string& record, Duration patience);

}  // namespace respand::http
