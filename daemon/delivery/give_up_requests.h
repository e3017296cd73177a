#pragma once
// GiveUpRequests: carries an operator's request to put one record among the dead letters (`dead-letters add`) to the
// worker that holds the record, and the result back. Each worker looks among its own records at its next turn. One
// request at a time; the asking thread waits.

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
    kNotTried,    // no worker has it: it was never tried, is acknowledged, or does not exist
    kUnwritable,  // the dead letters can't be written now; it goes there when they can be
    kUnreadable,  // its bytes can't be read from the journal now
    kOnItsWay,    // it is in flight: it goes there if this attempt fails
  };

  struct Request {
    Sequence sequence;
    std::uint64_t number = 0;
  };

  explicit GiveUpRequests(std::uint32_t workers) : workers_(workers) {}

  // Begins a request. Then the workers must be woken. Requires: none is under way.
  void begin(Sequence sequence);
  // Waits for the result; kOnItsWay after `patience`.
  [[nodiscard]] End wait(Duration patience);
  // From now on wait() returns at once: the workers are about to end.
  void close();

  // For a worker, each turn: the request, if this worker has not looked for its record yet. `seen` is the worker's own,
  // 0 at first.
  [[nodiscard]] std::optional<Request> next(std::uint64_t& seen);
  // For a worker that does not have the record. When all of them have said so the result is kNotTried.
  void not_here(const Request& request);
  // For the worker that has it: the result. Does nothing for a record that nobody waits for any more.
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
