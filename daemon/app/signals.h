#pragma once
// Signals: SIGTERM, SIGINT and SIGHUP as events of the io loop. Requires: block_signals() was called before any thread
// started.

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace respand::app {

class Signals {
 public:
  // Calls `on_signal` on the loop for each signal that arrives.
  Signals(boost::asio::io_context& loop, std::function<void(int signal)> on_signal);
  ~Signals();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace respand::app
