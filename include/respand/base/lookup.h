#pragma once
// Lookup: asks for the addresses of a host without blocking its owner: getaddrinfo() on a thread of its own, because it
// alone follows all of the host's configuration (/etc/hosts, nsswitch.conf, mDNS). A name server that does not answer
// must not hold up a stop: the thread is left behind, and ends with its answer. Used by the clients of http and nats;
// one thread.

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "respand/base/result.h"

namespace respand {

// The address of a socket.
struct SocketAddress {
  sockaddr_storage bytes{};  // the first `size` of them
  socklen_t size = 0;        // bytes
  // As the calls of the system take it.
  [[nodiscard]] const sockaddr* get() const { return static_cast<const sockaddr*>(static_cast<const void*>(&bytes)); }
};
// Those of one host.
using SocketAddresses = std::vector<SocketAddress>;

// Whether the text is an IP address, not a name.
[[nodiscard]] bool is_ip_address(const std::string& text);

// A question that was asked.
class Lookup {
 public:
  // Begins to ask. An address in digits needs no thread.
  Lookup(const std::string& host, std::uint16_t port);
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  // Becomes readable when the answer is there.
  [[nodiscard]] int fd() const;
  // The answer: at least one address, as getaddrinfo() sorts them, or an error in its words; none: it is not there yet.
  [[nodiscard]] std::optional<Result<SocketAddresses>> take();

  // The address that the text itself is; none: it is a name.
  [[nodiscard]] static std::optional<SocketAddresses> numeric(const std::string& host, std::uint16_t port);

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the thread, which may live longer
};

}  // namespace respand
