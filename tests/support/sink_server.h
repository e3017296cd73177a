#pragma once
// SinkServer: the sink (daemon/sink) on a thread of the test. It takes records, keeps their bodies, fails as told, and
// can go away and come back on the same port. Any thread may ask and wait; only one thread calls start() and stop().

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "respand/base/fd.h"
#include "respand/base/mutex.h"
#include "sink/sink.h"
#include "tests/support/patience.h"

namespace respand::test {

class SinkServer {
 public:
  // A request, and how it was answered.
  struct Received {
    std::string body;
    std::string authorization;
    sink::Verdict verdict;
    std::string target{};
    std::string content_type{};
  };

  // Serves when it returns. Aborts if it can't listen. With a `watch`, which sees every request on the sink's thread,
  // nothing is kept, and everything below about received requests says 0.
  explicit SinkServer(sink::Rules rules = {}, sink::Sink::Hook watch = {});
  ~SinkServer();
  SinkServer(const SinkServer&) = delete;
  SinkServer& operator=(const SinkServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url() const;  // http://127.0.0.1:PORT
  void set_rules(sink::Rules rules);      // holds for the next request, and after a start()

  // Closes the port and all connections; requests in flight get no answer. What was received is kept.
  void stop();
  // Listens on the same port again. Its statistics begin anew.
  void start();

  [[nodiscard]] sink::Stats stats() const;          // of this run; zero while stopped
  [[nodiscard]] std::vector<Received> received();   // every request, in order, of all runs
  [[nodiscard]] std::vector<std::string> bodies();  // those taken in, in order, of all runs
  [[nodiscard]] std::size_t records();              // how many were taken in

  // Each returns false at the deadline.
  [[nodiscard]] bool wait_for_records(std::size_t count, Duration within = kPatience);
  [[nodiscard]] bool wait_for_requests(std::size_t count, Duration within = kPatience);
  // Until `condition` holds; it is asked after each request.
  [[nodiscard]] bool wait_until(const std::function<bool(const std::vector<Received>&)>& condition,
                                Duration within = kPatience);

 private:
  void open();

  Mutex mutex_;
  std::condition_variable changed_;
  std::vector<Received> received_ GUARDED_BY(mutex_);
  std::size_t records_ GUARDED_BY(mutex_) = 0;
  sink::Rules rules_;
  const sink::Sink::Hook watch_;
  std::uint16_t port_ = 0;
  UniqueFd reserved_;
  std::unique_ptr<sink::Sink> sink_;
  std::jthread thread_;
};

}  // namespace respand::test
