#pragma once
// Dialer: from a host's name to a connected socket. The name is looked up on another thread (resolver.h); its addresses
// are tried one after the other, because names of a NATS cluster lead to its servers, of which any will do. Used by
// Connection; the owner's thread.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nats/connection_failure.h"
#include "nats/resolver.h"
#include "respand/base/fd.h"
#include "respand/base/poller.h"

namespace respand::nats {

class Dialer {
 public:
  enum class Progress : std::uint8_t {
    kResolving,
    kConnecting,
    kDone,    // take_socket()
    kFailed,  // failure() says why
  };

  // Begins. `poller` is borrowed, and tells when step() has something to do.
  Dialer(const std::string& host, std::uint16_t port, Poller& poller);
  ~Dialer();
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;

  // Goes on. `ready`: the poller has said so.
  Progress step(bool ready);
  // The socket, which does not block. Requires: kDone; once.
  [[nodiscard]] UniqueFd take_socket() { return std::move(socket_); }
  [[nodiscard]] const ConnectionFailure& failure() const { return failure_; }

 private:
  Progress resolve();
  Progress connect_to_next();
  Progress check_connected();
  Progress fail(Failure failure, std::string detail);

  Poller& poller_;
  std::optional<Resolver> resolver_;  // until its answer
  std::vector<SocketAddress> addresses_;
  std::size_t next_ = 0;
  UniqueFd socket_;
  std::string last_error_;
  ConnectionFailure failure_;
};

}  // namespace respand::nats
