#pragma once
// The event loop as ingest needs it: wait for a descriptor, wait for a time, run something at the end of this turn. The
// only place of ingest that includes Asio. io thread only. None of the three calls back once it is destroyed, and each
// may be destroyed inside its own callback.

#include <functional>
#include <memory>

#include "respand/base/fd.h"
#include "respand/base/units.h"

namespace boost::asio {
class io_context;
}

namespace respand::ingest {

using Loop = boost::asio::io_context;

// A descriptor and what is done when it can be read or written. It owns the descriptor.
class Watch {
 public:
  Watch(Loop& loop, UniqueFd fd, std::function<void()> readable, std::function<void()> writable = {});
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

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
class Alarm {
 public:
  Alarm(Loop& loop, std::function<void()> ring);
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  void set(Duration from_now);
  void cancel();
  [[nodiscard]] bool is_set() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Calls `run` once behind everything that is ready in this turn of the loop, however often it is asked for.
class TurnEnd {
 public:
  TurnEnd(Loop& loop, std::function<void()> run);
  ~TurnEnd();
  TurnEnd(const TurnEnd&) = delete;
  TurnEnd& operator=(const TurnEnd&) = delete;

  void ask();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace respand::ingest
