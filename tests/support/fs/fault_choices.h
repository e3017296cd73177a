#pragma once
// Choices: who decides what a power cut leaves behind. Either every way in turn, so that a test can visit each state
// that a kernel may answer for, or one drawn at random. For FaultFileSystem::crash(); one thread.
//
//   EveryChoice every;
//   do {
//     fs.restore(before);
//     fs.crash(every);
//     check(fs);
//   } while (every.next());

#include <cstddef>
#include <cstdint>
#include <vector>

#include "respand/base/check.h"
#include "respand/base/random.h"

namespace respand::fs {

class Choices {
 public:
  virtual ~Choices() = default;
  // One of the numbers below `ways`. Requires: ways > 0.
  [[nodiscard]] virtual std::uint64_t choose(std::uint64_t ways) = 0;
};

// Walks the tree of all choices, depth first. How many ways there are may depend on what was chosen before.
class EveryChoice final : public Choices {
 public:
  [[nodiscard]] std::uint64_t choose(std::uint64_t ways) override {
    RESPAND_CHECK(ways > 0);
    if (depth_ == path_.size()) {
      path_.push_back({0, ways});
    }
    RESPAND_CHECK(path_[depth_].ways == ways);  // Else the choices are about something that is not repeatable.
    return path_[depth_++].chosen;
  }

  // To the next leaf; false where all were visited (it then begins anew).
  [[nodiscard]] bool next() {
    RESPAND_CHECK(depth_ == path_.size());
    depth_ = 0;
    while (!path_.empty() && ++path_.back().chosen == path_.back().ways) {
      path_.pop_back();
    }
    return !path_.empty();
  }

 private:
  struct Step {
    std::uint64_t chosen;
    std::uint64_t ways;
  };
  std::vector<Step> path_;
  std::size_t depth_ = 0;
};

class RandomChoices final : public Choices {
 public:
  explicit RandomChoices(std::uint64_t seed) : random_(seed) {}
  [[nodiscard]] std::uint64_t choose(std::uint64_t ways) override { return random_.below(ways); }

 private:
  SeededRandom random_;
};

}  // namespace respand::fs
