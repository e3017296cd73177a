#pragma once
// The event loop: wait for a descriptor, wait for a time, run something at the end of this turn. So that its users need
// not include Asio. Used by sockets and app; io thread only. None of the three calls back once it is destroyed, and
// each may be destroyed inside its own callback.

#include <functional>
#include <memory>

#include "respand/base/fd.h"
#include "respand/base/units.h"

namespace boost::asio {
class io_context;
}

namespace respand::net {

using Loop = boost::asio::io_context;

// A descriptor and what is done when it can be read or written. It owns the descriptor.
class FdWatcher {
 public:
  FdWatcher(Loop& loop, UniqueFd fd, std::function<void()> readable, std::function<void()> writable = {});
  ~FdWatcher();
  FdWatcher(const FdWatcher&) = delete;
  FdWatcher& operator=(const FdWatcher&) = delete;

  // False where the loop can't watch the descriptor (no memory, or the kernel's limit of watches).
  [[nodiscard]] bool ok() const;
  [[nodiscard]] int fd() const;
  // Lets go of the descriptor; nothing is called back any more.
  [[nodiscard]] UniqueFd release();
  // Calls readable() once, as soon as the descriptor has something to read, its end or an error; at once where it has
  // already.
  void when_readable();
  void when_writable();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Calls `ring` once, at the time set last.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> ring);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void set(Duration from_now);
  void cancel();
  [[nodiscard]] bool is_set() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Calls `run` once behind everything that is ready in this turn of the loop, however often it is asked for.
class DeferredCall {
 public:
  DeferredCall(Loop& loop, std::function<void()> run);
  ~DeferredCall();
  DeferredCall(const DeferredCall&) = delete;
  DeferredCall& operator=(const DeferredCall&) = delete;

  void ask();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace respand::net
