#pragma once
// Dialer: from a host's name to a connected socket. The name is looked up on another thread (base/lookup.h); its
// addresses are tried one after the other, because names of a NATS cluster lead to its servers, of which any will do.
// Used by Connection; the owner's thread.

#include <cstdint>
#include <optional>
#include <string>

#include "nats/connection_failure.h"
#include "respand/base/clock.h"
#include "respand/base/fd.h"
#include "respand/base/lookup.h"
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

  // An address that does not answer for so long makes room for the next one, where there is one: of a host with a
  // broken IPv6, say.
  static constexpr Duration kNextAddressAfter = std::chrono::seconds{1};

  // Begins. `clock` and `poller` are borrowed; the poller tells when step() has something to do.
  Dialer(std::string host, std::uint16_t port, const Clock& clock, Poller& poller);
  ~Dialer();
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;

  // Goes on. `ready`: the poller has said so.
  Progress step(bool ready);
  // When step() has something to do although nothing comes.
  [[nodiscard]] MonoTime due() const { return give_up_at_; }
  // The socket, which does not block. Requires: kDone; once.
  [[nodiscard]] UniqueFd take_socket() { return std::move(socket_); }
  [[nodiscard]] const ConnectionFailure& failure() const { return failure_; }

 private:
  Progress resolve();
  Progress connect_to_next();
  Progress check_connected();
  Progress fail(Failure failure, std::string detail);

  const std::string host_;
  const Clock& clock_;
  Poller& poller_;
  std::optional<Lookup> lookup_;  // until its answer
  SocketAddresses addresses_;
  std::size_t next_ = 0;
  MonoTime give_up_at_ = MonoTime::max();  // the address that is being tried
  UniqueFd socket_;
  std::string last_error_;
  ConnectionFailure failure_;
};

}  // namespace respand::nats
