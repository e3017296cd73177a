#pragma once
// SpoolQueue: the names that are to be looked at, and when. A file is ready when it was renamed into place or closed,
// or when nobody has touched it for `commit`. Pure logic over times that are handed in; spool thread.

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "respand/base/units.h"
#include "spool/reader.h"

namespace respand::spool {

class SpoolQueue {
 public:
  // Names in memory at once; more stay in the directory until these are through.
  static constexpr std::size_t kMaxNames = 4096;
  // A file that is empty is no message yet: its writer may have opened it and be busy. Left alone this long unless it
  // is closed.
  static constexpr Duration kEmptyWait = std::chrono::minutes{1};

  struct Due {
    std::string name;
    bool finished = false;  // it was renamed or closed: ready whatever its age
    SpoolStamp seen;        // else: as it was when it was put in
  };

  explicit SpoolQueue(Duration quiet_period) : quiet_period_(quiet_period) {}

  // It was renamed into place, or closed after writing.
  void finished(const std::string& name, MonoTime now);
  // It is there, with this stamp, last written `age` ago by the wall clock (which may be wrong: negative, too old).
  void seen(const std::string& name, const SpoolStamp& stamp, Duration age, MonoTime now);
  // Somebody had it open for writing: to be looked at once more in `delay`, if nothing is heard of it before.
  void held(const std::string& name, Duration delay, MonoTime now) { put(name, {now + delay, false, {~0ULL, 0}}); }
  // To be looked at in `delay`, as if it had been closed then.
  void later(const std::string& name, Duration delay, MonoTime now);
  // It has just been created: no more is known.
  void created(const std::string& name, MonoTime now) { put(name, {now + quiet_period_, false, {~0ULL, 0}}); }

  // Takes out a name whose time has come; false where there is none. One that is not `finished` may be taken only where
  // untouched() says so of its present stamp; else it goes back in with seen().
  [[nodiscard]] bool pop(MonoTime now, Due& due);
  [[nodiscard]] bool untouched(const Due& due, const SpoolStamp& stamp, Duration age) const;

  [[nodiscard]] bool contains(const std::string& name) const { return names_.contains(name); }
  [[nodiscard]] bool full() const { return names_.size() >= kMaxNames; }
  [[nodiscard]] std::size_t size() const { return names_.size(); }
  // When the next one is due; MonoTime::max() where there is none.
  [[nodiscard]] MonoTime next() const { return order_.empty() ? MonoTime::max() : order_.begin()->first; }

 private:
  struct Entry {
    MonoTime due;
    bool finished = false;
    SpoolStamp seen;
  };
  void put(const std::string& name, const Entry& entry);

  const Duration quiet_period_;
  std::map<std::string, Entry> names_;
  std::set<std::pair<MonoTime, std::string>> order_;
};

}  // namespace respand::spool
