#include "respand/base/poller.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>

namespace respand {
namespace {

epoll_event interest(int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  return event;
}

}  // namespace

Poller::Poller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), bell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!epoll_ || !bell_) {
    std::abort();
  }
  watch(bell_.get(), EPOLLIN, false);
}

void Poller::watch(int fd, std::uint32_t events, bool known) {
  epoll_event event = interest(fd, events);
  // libcurl may have closed the socket and opened another with the same number, which the set does not hold (or holds
  // already): so the other operation is tried as well.
  if (::epoll_ctl(epoll_.get(), known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0) {
    ::epoll_ctl(epoll_.get(), known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
  }
}

void Poller::forget(int fd) {
  epoll_event event{};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, &event);
}

void Poller::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t rung =
      ::write(bell_.get(), &one, sizeof one);  // fails only if the counter is full, and then the wait ends anyhow
}

std::span<const epoll_event> Poller::wait(std::chrono::milliseconds longest) {
  const auto limit = std::min<std::chrono::milliseconds::rep>(longest.count(), std::numeric_limits<int>::max());
  const int count =
      ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), static_cast<int>(limit));
  auto news = std::span(events_.data(), static_cast<std::size_t>(std::max(count, 0)));  // EINTR: no news
  const auto rung =
      std::find_if(news.begin(), news.end(), [&](const epoll_event& event) { return event.data.fd == bell_.get(); });
  if (rung != news.end()) {
    std::uint64_t times = 0;
    [[maybe_unused]] const ssize_t got = ::read(bell_.get(), &times, sizeof times);
    std::swap(*rung, news.back());
    news = news.first(news.size() - 1);
  }
  return news;
}

}  // namespace respand
