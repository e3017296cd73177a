#pragma once
// Resolver: the addresses of one host name, looked up by a short-lived thread, because getaddrinfo() may wait for
// seconds and poll() must not. An address in digits needs no thread. Used by Connection; the owner's thread.

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "respand/base/result.h"

namespace respand::nats {

// An address to connect to.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const { return static_cast<const sockaddr*>(static_cast<const void*>(&storage)); }
  [[nodiscard]] int family() const { return storage.ss_family; }
};

class Resolver {
 public:
  // Begins to look up.
  Resolver(const std::string& host, std::uint16_t port);
  // Does not wait: a thread that is still looking up ends by itself, and nobody hears of it.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Readable once there is a result.
  [[nodiscard]] int fd() const;
  // The result, at least one address, or why there is none; nothing yet while it is looked up.
  [[nodiscard]] std::optional<Result<std::vector<SocketAddress>>> take();

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;  // with the thread
};

}  // namespace respand::nats
