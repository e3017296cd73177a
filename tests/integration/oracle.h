#pragma once
// Oracle: knows what the daemon has acknowledged, and what the API was given in each run of the daemon, which it tells
// by the key of the requests. Any thread; the verdict at the end.

#include <condition_variable>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/mutex.h"
#include "sink/sink.h"
#include "tests/support/patience.h"

namespace respand::test {

// Counts events of one kind, so that threads can wait for the next one. Any thread.
class Happening {
 public:
  void add(std::uint64_t times = 1);
  [[nodiscard]] std::uint64_t count();
  // Waits until it has happened so often in all. False at the deadline.
  [[nodiscard]] bool wait_for(std::uint64_t count, Duration within = kPatience);

 private:
  Mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t count_ GUARDED_BY(mutex_) = 0;
};

class Oracle {
 public:
  // What became of all records.
  struct Verdict {
    std::uint64_t acknowledged = 0;
    std::uint64_t lost = 0;          // acknowledged, and never given to the API
    std::uint64_t refused = 0;       // refused, and yet given to the API
    std::uint64_t altered = 0;       // arrived otherwise than they were written
    std::uint64_t invented = 0;      // arrived, and nobody had written them
    std::uint64_t retaken = 0;       // arrived twice with different additions: taken in twice
    std::uint64_t repeated = 0;      // sent again although the same life had seen the answer
    std::uint64_t answers_lost = 0;  // sent again because the API broke its answer off: as promised
    // For each run: records that a later run sent again, although this one had, or was about to have, the answer when
    // it ended.
    std::vector<std::uint64_t> duplicates;
  };

  // The number of a record that nobody has written yet, and its text; longer by `padding` than others.
  [[nodiscard]] std::uint64_t next(std::size_t padding = 0);
  [[nodiscard]] std::string text_of(std::uint64_t number) const;
  // The daemon has promised to deliver it.
  void acknowledged(std::uint64_t number);
  // The daemon has refused it: nothing of it may be delivered.
  void refused(std::uint64_t number);
  // For the API: what it was given, and its verdict.
  void arrived(const sink::Exchange& exchange);

  // The key of a life.
  [[nodiscard]] static std::string key_of(std::uint64_t life);
  // Acknowledged, and not arrived so far.
  [[nodiscard]] std::uint64_t waiting() const;
  [[nodiscard]] Happening& acknowledgements() { return acknowledgements_; }
  [[nodiscard]] Happening& arrivals() { return arrivals_; }
  // Requires: nothing comes any more; so many lives have ended.
  [[nodiscard]] Verdict verdict(std::uint64_t lives) const;

 private:
  struct Record {
    std::size_t padding = 0;
    bool acknowledged = false;
    bool refused = false;
    bool arrived = false;
  };
  struct Arrival {
    std::uint64_t number = 0;
    std::uint64_t life = 0;
    std::size_t bytes = 0;     // hash of what arrived
    bool answer_lost = false;  // the API broke its answer off
  };
  struct State {
    std::vector<Record> records;
    std::vector<Arrival> arrivals;
    std::uint64_t waiting = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t altered = 0;
    std::uint64_t invented = 0;
  };
  static void judge_one(std::vector<Arrival>::const_iterator begin, std::vector<Arrival>::const_iterator end,
                        Verdict& verdict);

  LockGuarded<State> state_;
  Happening acknowledgements_;
  Happening arrivals_;
};

}  // namespace respand::test
