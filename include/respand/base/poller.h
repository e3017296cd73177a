#pragma once
// Poller: the sockets that one thread waits for, in an epoll set, and a wake-up. Used by the clients of http and nats,
// each on its thread, but for wake().
//
// The set changes only where it must: a connection that libcurl does not ask about between two requests stays in it,
// because the next request would only put it back. Should it have news meanwhile, it is taken out then.

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "respand/base/fd.h"

namespace respand {

// An epoll set and its wake-up.
class Poller {
 public:
  // How many events one wait returns; the others come with the next one.
  static constexpr std::size_t kEvents = 64;

  // Aborts if the process has no descriptors left: nothing could be sent any more.
  Poller();
  // As above, with a wake-up in common: a wake() of either ends the wait of whichever waits, or waits next.
  explicit Poller(const Poller& other);
  Poller& operator=(const Poller&) = delete;
  // The set itself, which is readable while one of its sockets has news: it can be watched by another poller.
  [[nodiscard]] int fd() const { return epoll_.get(); }
  // Sets which events (EPOLLIN, EPOLLOUT) of `fd` end a wait.
  void watch(int fd, std::uint32_t events);
  // Ends watching `fd`.
  void forget(int fd);
  // Says that `fd` is a new socket whose end closed() will tell. Only such a one may stay in the set unwatched: the
  // number of another, as that of libcurl's resolver, may stand for something else the next time.
  void opened(int fd);
  // Says that `fd` is about to be closed.
  void closed(int fd);
  // Any thread: ends the current or the next wait.
  void wake();
  // Waits for events, for a wake-up, or until `longest` is over. The result holds until the next call.
  [[nodiscard]] std::span<const epoll_event> wait(std::chrono::milliseconds longest);

 private:
  // What the set holds of a descriptor, and what is to end a wait.
  struct Entry {
    std::uint32_t in_set = 0;
    std::uint32_t watched = 0;
    bool ours = false;  // closed() will tell its end
  };
  [[nodiscard]] Entry& entry(int fd);
  void put(int fd, Entry& entry, std::uint32_t events);
  void take_out(int fd, Entry& entry);
  explicit Poller(UniqueFd bell);

  UniqueFd epoll_;
  UniqueFd bell_;               // an eventfd
  std::vector<Entry> entries_;  // by descriptor
  std::array<epoll_event, kEvents> events_{};
};

}  // namespace respand
