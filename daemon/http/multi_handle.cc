#include "http/multi_handle.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace respand::http {

MultiHandle::MultiHandle(const Clock& clock, const Poller& bell) : clock_(clock), poller_(bell) { open(); }

MultiHandle::~MultiHandle() { ::curl_multi_cleanup(multi_); }

void MultiHandle::open() {
  multi_ = ::curl_multi_init();
  if (multi_ == nullptr) {
    std::abort();
  }
  ::curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
  ::curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  ::curl_multi_setopt(
      multi_, CURLMOPT_SOCKETFUNCTION, +[](CURL*, curl_socket_t fd, int what, void* self, void*) {
        static_cast<MultiHandle*>(self)->on_socket(fd, what);
        return 0;
      });
  ::curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  ::curl_multi_setopt(
      multi_, CURLMOPT_TIMERFUNCTION, +[](CURLM*, long milliseconds, void* self) {
        static_cast<MultiHandle*>(self)->on_timer(milliseconds);
        return 0;
      });
}

void MultiHandle::renew() {
  ::curl_multi_cleanup(multi_);
  timer_ = MonoTime::max();
  open();
  set_connections(connections_);
}

void MultiHandle::set_connections(std::size_t most) {
  connections_ = most;
  const auto number = static_cast<long>(most);
  ::curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, number);
  ::curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, number);
  // Those that are kept though no request uses them: as many, or a burst would close what the next one needs.
  ::curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, number);
}

CURLMcode MultiHandle::add(CURL* easy) {
  ::curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &poller_);
  ::curl_easy_setopt(
      easy, CURLOPT_OPENSOCKETFUNCTION, +[](void* poller, curlsocktype, curl_sockaddr* address) -> curl_socket_t {
        const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
        if (fd >= 0) {
          static_cast<Poller*>(poller)->opened(fd);
        }
        return fd;
      });
  ::curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, &poller_);
  ::curl_easy_setopt(
      easy, CURLOPT_CLOSESOCKETFUNCTION, +[](void* poller, curl_socket_t fd) {
        static_cast<Poller*>(poller)->closed(fd);
        return ::close(fd);
      });
  return ::curl_multi_add_handle(multi_, easy);
}

void MultiHandle::on_socket(curl_socket_t fd, int what) {
  if (what == CURL_POLL_REMOVE) {
    poller_.forget(fd);
    return;
  }
  const std::uint32_t in = (what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U;
  const std::uint32_t out = (what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U;
  poller_.watch(fd, in | out);
}

void MultiHandle::on_timer(long milliseconds) {
  timer_ = milliseconds < 0 ? MonoTime::max() : clock_.mono() + std::chrono::milliseconds{milliseconds};
}

CURLMcode MultiHandle::act(const epoll_event& news) {
  const int in = (news.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0;
  const int out = (news.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0;
  const int failed = (news.events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0;
  int running = 0;
  return ::curl_multi_socket_action(multi_, news.data.fd, in | out | failed, &running);
}

CURLMcode MultiHandle::act_on_timer() {
  timer_ = MonoTime::max();
  int running = 0;
  return ::curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
}

std::optional<MultiHandle::Ended> MultiHandle::take_ended() {
  int left = 0;
  while (const CURLMsg* message = ::curl_multi_info_read(multi_, &left)) {
    if (message->msg == CURLMSG_DONE) {
      return Ended{message->easy_handle, message->data.result};  // a copy: the message goes with remove()
    }
  }
  return std::nullopt;
}

}  // namespace respand::http
