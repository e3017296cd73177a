#pragma once
// Dialer: makes a TCP connection to whichever of a host's addresses answers first (RFC 8305, "happy eyeballs"): they
// are tried one after the other, IPv6 and IPv4 by turns, the next one when the one before has failed or has not
// answered for a moment. Used by H2Connection; one thread.

#include <cstddef>
#include <string>
#include <vector>

#include "respand/base/fd.h"
#include "respand/base/lookup.h"
#include "respand/base/poller.h"
#include "respand/base/units.h"

namespace respand::http {

class Dialer {
 public:
  // How long the next address waits for the one before: RFC 8305 recommends 250 ms, libcurl takes 200.
  static constexpr Duration kHeadStart = std::chrono::milliseconds{200};

  // Begins with the first address. `poller` is borrowed.
  Dialer(const SocketAddresses& addresses, Poller& poller, MonoTime now);
  ~Dialer();
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;

  [[nodiscard]] bool owns(int fd) const;
  // Works on the news of a socket that it owns.
  void on_event(int fd, MonoTime now);
  // When on_timer() is to be called; MonoTime::max(): never.
  [[nodiscard]] MonoTime due() const;
  void on_timer(MonoTime now);

  // The connection, once there is one; it is still in the poller's set. The other attempts end.
  [[nodiscard]] UniqueFd take();
  // No address is left to be tried, and why() says what the last one had.
  [[nodiscard]] bool failed() const { return !connected_ && attempts_.empty() && next_ == addresses_.size(); }
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  void try_next(MonoTime now);
  void end(std::size_t attempt);

  Poller& poller_;
  SocketAddresses addresses_;  // in the order in which they are tried
  std::size_t next_ = 0;       // of them
  MonoTime next_at_{};
  std::vector<UniqueFd> attempts_;
  UniqueFd connected_;
  std::string why_;
};

}  // namespace respand::http
