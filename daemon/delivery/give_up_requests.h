#pragma once
// GiveUpRequests: an operator's wish to have one record put among the dead letters (`dead-letters add`), on its way to
// the worker that holds it, and the answer on its way back. Records belong to their workers: each looks among its own
// at its next turn. One request at a time; the asking thread waits.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <optional>

#include "respand/base/mutex.h"
#include "respand/base/units.h"

namespace respand::delivery {

class GiveUpRequests {
 public:
  enum class End : std::uint8_t {
    kPutAside,    // it is among the dead letters, and acknowledged
    kDelivered,   // the API took it meanwhile
    kNotTried,    // no worker has it: it was never tried, is acknowledged, or never was
    kUnwritable,  // the dead letters can't be written; it goes there when they can be
    kUnreadable,  // its bytes can't be read from the journal now
    kOnItsWay,    // it is in flight: it goes there should this attempt fail
  };

  struct Request {
    Sequence sequence;
    std::uint64_t number = 0;
  };

  explicit GiveUpRequests(std::uint32_t workers) : workers_(workers) {}

  // Begins a request. Then the workers must be woken. Requires: none is under way.
  void begin(Sequence sequence);
  // Its end, or kOnItsWay after `patience`.
  [[nodiscard]] End wait(Duration patience);
  // From now on nobody waits: the workers are about to end.
  void close();

  // A worker, each turn: what is asked for, where this worker has not looked for it yet. `seen` is its own, 0 at first.
  [[nodiscard]] std::optional<Request> next(std::uint64_t& seen);
  void not_here(const Request& request);
  // Also for a record that nobody waits for any more.
  void ended(Sequence sequence, End end);

 private:
  const std::uint32_t workers_;
  // Written under the mutex, read by each worker each turn without it; the mutex orders all else, hence relaxed.
  std::atomic<std::uint64_t> number_ = 0;
  Mutex mutex_;
  std::condition_variable changed_;
  Sequence wanted_ GUARDED_BY(mutex_){};
  std::uint32_t absent_ GUARDED_BY(mutex_) = 0;  // workers that do not have it
  std::optional<End> end_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace respand::delivery
