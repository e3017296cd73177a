#pragma once
// ServerAccess: what a new connection to the server needs: its addresses, which are asked for without blocking and kept
// for a while, and whom to trust. Used by H2Engine; one thread.

#include <memory>
#include <optional>
#include <string>

#include "http/h2_route.h"
#include "http/tls_context.h"
#include "respand/base/lookup.h"
#include "respand/base/poller.h"
#include "respand/base/units.h"
#include "respand/http/client.h"

namespace respand::http {

class ServerAccess {
 public:
  // Both are borrowed.
  ServerAccess(const H2Route& route, Poller& poller) : route_(route), poller_(poller) {}
  ~ServerAccess();
  ServerAccess(const ServerAccess&) = delete;
  ServerAccess& operator=(const ServerAccess&) = delete;

  enum class State : std::uint8_t {
    kReady,   // a connection can be made
    kAsking,  // for addresses: owns() tells the socket whose news ends it, due() the time
    kFailed,  // failure() and why()
  };
  // Makes all ready, or begins to ask.
  [[nodiscard]] State prepare(MonoTime now);
  [[nodiscard]] bool asking() const { return lookup_.has_value(); }
  [[nodiscard]] bool owns(int fd) const { return lookup_ && lookup_->fd() == fd; }
  [[nodiscard]] MonoTime due() const { return lookup_ ? lookup_by_ : MonoTime::max(); }
  // Takes the answer, or ends the waiting for it where that has taken too long. Requires: asking().
  [[nodiscard]] State take_addresses(MonoTime now);

  // Valid while the last state is kReady.
  [[nodiscard]] const SocketAddresses& addresses() const { return addresses_; }
  [[nodiscard]] const std::shared_ptr<TlsContext>& tls() const { return tls_; }  // null: in the clear
  [[nodiscard]] Failure failure() const { return failure_; }
  [[nodiscard]] const std::string& why() const { return why_; }

  // What people are told of a host without addresses, as libcurl begins it.
  [[nodiscard]] static std::string unresolved(const std::string& host, const std::string& why);

 private:
  [[nodiscard]] State fail(Failure failure, std::string why);

  const H2Route& route_;
  Poller& poller_;
  std::optional<Lookup> lookup_;
  MonoTime lookup_by_{};
  SocketAddresses addresses_;
  MonoTime addresses_until_{};
  std::shared_ptr<TlsContext> tls_;
  Failure failure_ = Failure::kNone;
  std::string why_;
};

}  // namespace respand::http
