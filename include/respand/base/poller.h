#pragma once
// Poller: the sockets that one thread waits for, in an epoll set, and a wake-up. Used by the clients of http and nats,
// each on its thread, but for wake().

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <span>

#include "respand/base/fd.h"

namespace respand {

// An epoll set and its wake-up.
class Poller {
 public:
  // How many events one wait returns; the others come with the next one.
  static constexpr std::size_t kEvents = 64;

  // Aborts if the process has no descriptors left: nothing could be sent any more.
  Poller();
  // Sets which events (EPOLLIN, EPOLLOUT) of `fd` end a wait. `known`: it was watched before, and not forgotten since.
  void watch(int fd, std::uint32_t events, bool known);
  // Ends watching `fd`. A descriptor that is closed is forgotten without this.
  void forget(int fd);
  // Any thread: ends the current or the next wait.
  void wake();
  // Waits for events, for a wake-up, or until `longest` is over. The result holds until the next call.
  [[nodiscard]] std::span<const epoll_event> wait(std::chrono::milliseconds longest);

 private:
  UniqueFd epoll_;
  UniqueFd bell_;  // an eventfd
  std::array<epoll_event, kEvents> events_{};
};

}  // namespace respand
