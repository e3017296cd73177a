#pragma once
// LiveReads: passes clients' reads on to the API (http.forward: reads), on threads of its own, a few at a time, so that
// an API which hangs holds up nothing else. The number of reads, their time and the size of their answers are limited.
// Main thread.

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <deque>
#include <functional>
#include <semaphore>
#include <thread>
#include <vector>

#include "respand/base/mutex.h"
#include "respand/http/client.h"
#include "sockets/http_reads.h"

namespace respand::app {

class LiveReads {
 public:
  static constexpr std::size_t kThreads = 4;
  // How many reads may wait; further ones get 503 and have to come again.
  static constexpr std::size_t kMostWaiting = 64;
  static constexpr std::size_t kMostAnswer = std::size_t{16} << 20;

  explicit LiveReads(boost::asio::io_context& loop) : loop_(loop) {}
  // Waits for the threads.
  ~LiveReads();
  LiveReads(const LiveReads&) = delete;
  LiveReads& operator=(const LiveReads&) = delete;

  // The target of further reads.
  void set_target(const http::Target& target) EXCLUDES(mutex_);
  // `answer` is called on the loop, later. The first call starts the threads.
  void ask(sockets::ReadRequest request, std::function<void(sockets::ReadAnswer)> answer) EXCLUDES(mutex_);
  // Gives up all reads, present and future: each is answered with 503 within a second or two. Returns at once.
  // Idempotent.
  void begin_stop() { given_up_.store(true, std::memory_order_relaxed); }

 private:
  struct Job {
    sockets::ReadRequest request;
    std::function<void(sockets::ReadAnswer)> answer;
    http::Target target;
  };
  void run();
  [[nodiscard]] sockets::ReadAnswer outcome(Job job) const;

  boost::asio::io_context& loop_;
  Mutex mutex_;
  std::counting_semaphore<> jobs_{0};  // counts waiting_; at the end one more for each thread, which then ends
  http::Target target_ GUARDED_BY(mutex_);
  std::deque<Job> waiting_ GUARDED_BY(mutex_);
  std::atomic<bool> given_up_ = false;  // set once, at the stop
  std::vector<std::jthread> threads_;
};

}  // namespace respand::app
