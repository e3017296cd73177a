#include "respand/base/poller.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <utility>

namespace respand {
namespace {

epoll_event interest(int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  return event;
}

}  // namespace

Poller::Poller() : Poller(UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))) {}

// A copy of the descriptor means the same counter.
Poller::Poller(const Poller& other) : Poller(UniqueFd(::fcntl(other.bell_.get(), F_DUPFD_CLOEXEC, 0))) {}

Poller::Poller(UniqueFd bell) : epoll_(::epoll_create1(EPOLL_CLOEXEC)), bell_(std::move(bell)) {
  if (!epoll_ || !bell_) {
    std::abort();
  }
  watch(bell_.get(), EPOLLIN);
}

Poller::Entry& Poller::entry(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= entries_.size()) {
    entries_.resize(index + 1);
  }
  return entries_[index];
}

void Poller::watch(int fd, std::uint32_t events) {
  Entry& known = entry(fd);
  known.watched = events;
  if (known.in_set != events || !known.ours) {
    put(fd, known, events);
  }
}

void Poller::put(int fd, Entry& entry, std::uint32_t events) {
  epoll_event event = interest(fd, events);
  // libcurl may have closed a descriptor of its own and opened another with the same number, which the set does not
  // hold (or holds already): so the other operation is tried as well.
  const bool known = entry.in_set != 0;
  if (::epoll_ctl(epoll_.get(), known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0) {
    ::epoll_ctl(epoll_.get(), known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
  }
  entry.in_set = events;
}

void Poller::forget(int fd) {
  Entry& known = entry(fd);
  known.watched = 0;
  if (!known.ours || known.in_set != EPOLLIN) {
    take_out(fd, known);
  }
}

void Poller::take_out(int fd, Entry& entry) {
  epoll_event event{};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, &event);
  entry.in_set = 0;
}

void Poller::opened(int fd) { entry(fd) = Entry{0, 0, true}; }

void Poller::closed(int fd) { entry(fd) = Entry{}; }

void Poller::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t rung =
      ::write(bell_.get(), &one, sizeof one);  // fails only if the counter is full, and then the wait ends anyhow
}

std::span<const epoll_event> Poller::wait(std::chrono::milliseconds longest) {
  const auto limit = std::min<std::chrono::milliseconds::rep>(longest.count(), std::numeric_limits<int>::max());
  const int count =
      ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), static_cast<int>(limit));
  // EINTR: no news.
  const std::span all(events_.data(), static_cast<std::size_t>(std::max(count, 0)));
  std::size_t kept = 0;
  for (const epoll_event& event : all) {
    Entry& known = entry(event.data.fd);
    if (event.data.fd == bell_.get()) {
      std::uint64_t times = 0;
      [[maybe_unused]] const ssize_t got = ::read(bell_.get(), &times, sizeof times);
    } else if (known.watched == 0) {
      take_out(event.data.fd, known);  // The server closes a connection that no request uses.
    } else {
      all[kept++] = event;
    }
  }
  return all.first(kept);
}

}  // namespace respand
