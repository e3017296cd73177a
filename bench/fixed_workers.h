#pragma once
// FixedWorkers: what shippers usually do with an API that limits or fails, for comparison. A fixed number of
// connections each post the next record as soon as they are free. A record that fails is posted again after an
// exponential backoff (0.5 s to 30 s, with jitter), and not before the time of its Retry-After. No connection slows
// down for the others.

#include <atomic>
#include <cstdint>
#include <queue>
#include <string>
#include <thread>
#include <vector>

#include "respand/base/mutex.h"
#include "respand/base/random.h"
#include "respand/base/units.h"

namespace respand::bench {

class FixedWorkers {
 public:
  static constexpr std::size_t kMostOpen = 16384;  // records that wait for another try: as many as respand's

  // Posts `records` records to 127.0.0.1:`port`, from now on until it goes.
  FixedWorkers(std::uint16_t port, std::uint64_t records, std::uint32_t workers);
  ~FixedWorkers();

 private:
  struct Waiting {
    MonoTime due;
    std::uint32_t attempts;
    bool operator<(const Waiting& other) const { return due > other.due; }
  };
  struct State {
    std::uint64_t left;  // not tried yet
    std::priority_queue<Waiting> waiting;
    SeededRandom random{5};
  };
  void work();

  const std::uint16_t port_;
  const std::string record_;
  std::atomic<bool> stop_ = false;  // no order with anything else matters
  LockGuarded<State> state_;
  std::vector<std::jthread> threads_;  // go first
};

}  // namespace respand::bench
