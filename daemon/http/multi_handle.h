#pragma once
// MultiHandle: a multi handle of libcurl and what it waits for. libcurl says which sockets and which time it wants to
// hear of, a Poller waits for them, and the owner passes on what came. It knows nothing of requests. Used by
// CurlClient, on its thread, but for wake().
//
// Why not curl_multi_poll(): it makes libcurl look at every request in flight each time one of them has news (measured:
// 64 in flight and 20 ms of latency cost 108 µs of CPU a request, this way 40 µs).
//
// What holds: libcurl hears of a socket exactly as long as it wants to, over renew(), too.

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>

#include "respand/base/clock.h"
#include "respand/base/poller.h"
#include "respand/base/units.h"

namespace respand::http {

class MultiHandle {
 public:
  // Aborts where libcurl has no memory or descriptors for a handle of a few KiB: nothing could be sent any more.
  // `clock` is borrowed.
  explicit MultiHandle(const Clock& clock) : MultiHandle(clock, Poller()) {}
  // As above; its waits share the wake-up of `bell` (poller.h), which is needed only now.
  MultiHandle(const Clock& clock, const Poller& bell);
  // Requires: every easy handle was removed. They are destroyed after this: their connections belong to it.
  ~MultiHandle();
  MultiHandle(const MultiHandle&) = delete;
  MultiHandle& operator=(const MultiHandle&) = delete;

  // A new handle in place of this one, as after an error of it; its connections are closed. Requires: as the
  // destructor.
  void renew();
  // At most so many connections are open at once.
  void set_connections(std::size_t most);
  // That number; 0: any.
  [[nodiscard]] std::size_t connections() const { return connections_; }

  // Begins the transfer of an easy handle: it wants to be called by act_on_timer() at once.
  [[nodiscard]] CURLMcode add(CURL* easy);
  void remove(CURL* easy) { ::curl_multi_remove_handle(multi_, easy); }

  // Waits until a socket has news, wake() is called, or `longest` is over. Valid until the next call.
  [[nodiscard]] std::span<const epoll_event> wait(std::chrono::milliseconds longest) { return poller_.wait(longest); }
  // Any thread: ends the current or the next wait.
  void wake() { poller_.wake(); }
  // Readable while a wait would not wait for a socket.
  [[nodiscard]] int fd() const { return poller_.fd(); }
  // When libcurl wants to be called though no socket has news; MonoTime::max(): never.
  [[nodiscard]] MonoTime timer() const { return timer_; }

  // Lets libcurl work on a socket's news. Anything but CURLM_OK: this handle is of no more use.
  [[nodiscard]] CURLMcode act(const epoll_event& news);
  // The same for the timer, which is off then until libcurl sets it anew.
  [[nodiscard]] CURLMcode act_on_timer();

  struct Ended {
    CURL* easy;
    CURLcode code;
  };
  // A transfer that has ended and was not taken yet. It is still to be removed.
  [[nodiscard]] std::optional<Ended> take_ended();

 private:
  void open();
  void on_socket(curl_socket_t fd, int what);
  void on_timer(long milliseconds);

  const Clock& clock_;
  Poller poller_;  // outlives multi_, which tells it of its sockets to its end
  CURLM* multi_ = nullptr;
  MonoTime timer_ = MonoTime::max();
  std::size_t connections_ = 0;
};

}  // namespace respand::http
