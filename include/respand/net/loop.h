#pragma once
// The event loop: waiting for a descriptor, waiting for a time, running something at the end of this turn. With it
// nobody else has to include Asio. Used by sockets and app; io thread only. None of the three classes calls back once
// it is destroyed, and each may be destroyed inside its own callback. They borrow the loop.

#include <functional>
#include <memory>

#include "respand/base/fd.h"
#include "respand/base/units.h"

namespace boost::asio {
class io_context;
}

namespace respand::net {

// The loop, which the io thread runs.
using Loop = boost::asio::io_context;

// A descriptor, which it owns, and what is called when it can be read or written.
class FdWatcher {
 public:
  // Neither is called before when_readable() or when_writable() asks for it.
  FdWatcher(Loop& loop, UniqueFd fd, std::function<void()> readable, std::function<void()> writable = {});
  ~FdWatcher();
  FdWatcher(const FdWatcher&) = delete;
  FdWatcher& operator=(const FdWatcher&) = delete;

  // False where the loop can't watch the descriptor (no memory, or the kernel's limit of watches).
  [[nodiscard]] bool ok() const;
  // The descriptor, which stays owned.
  [[nodiscard]] int fd() const;
  // Gives the descriptor away; nothing is called back any more.
  [[nodiscard]] UniqueFd release();
  // The loop knows nothing of the descriptor until the next when_readable() or when_writable(), so that what comes
  // meanwhile wakes nobody. No effect while one of these waits.
  void pause();
  // Ends that. False where the loop can't watch the descriptor now (no memory, or the kernel's limit of watches).
  [[nodiscard]] bool resume();
  // Calls readable() once, as soon as the descriptor has something to read, is at its end or has an error, which may be
  // in the next turn already.
  void when_readable();
  // Calls writable() once, as soon as the descriptor takes something to write or has an error.
  void when_writable();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Calls `ring` once, at the time that was set last.
class Timer {
 public:
  // No time is set yet.
  Timer(Loop& loop, std::function<void()> ring);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // set() replaces a time that was set before, cancel() takes it back, and is_set() says whether a time is set that has
  // not come yet.
  void set(Duration from_now);
  void cancel();
  [[nodiscard]] bool is_set() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Calls `run` after everything that is ready in this turn of the loop: once, however often it was asked for.
class DeferredCall {
 public:
  // Nothing is asked for yet.
  DeferredCall(Loop& loop, std::function<void()> run);
  ~DeferredCall();
  DeferredCall(const DeferredCall&) = delete;
  DeferredCall& operator=(const DeferredCall&) = delete;

  // Asks for the call.
  void ask();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace respand::net
