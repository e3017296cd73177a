#pragma once
// Lookup: asks for the addresses of a host without blocking its owner: getaddrinfo() on a thread of its own, because it
// alone follows all of the host's configuration (/etc/hosts, nsswitch.conf, mDNS), as libcurl does. A name server that
// does not answer must not hold up a stop: the thread is left behind, and ends with its answer. Used by H2Engine; one
// thread.

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "respand/base/result.h"

namespace respand::http {

// The address of a socket.
struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};
using Addresses = std::vector<Address>;

class Lookup {
 public:
  // Begins to ask.
  Lookup(const std::string& host, std::uint16_t port);
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  // Becomes readable when the answer is there.
  [[nodiscard]] int fd() const;
  // The answer, as getaddrinfo() sorts it; none: it is not there yet.
  [[nodiscard]] std::optional<Result<Addresses>> take();

  // The address that the text itself is; none: it is a name.
  [[nodiscard]] static std::optional<Addresses> numeric(const std::string& host, std::uint16_t port);

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the thread, which may live longer
};

}  // namespace respand::http
