#pragma once
// ExcessTest: whether something happens more often than is usual, told as soon as that is clear (a sequential test,
// CUSUM: Page, 1954). Used by FailureShare and RefusalNoise. Pure: no clock, no randomness.

#include <algorithm>
#include <cmath>

namespace respand::delivery {

class ExcessTest {
 public:
  // `least`: what is to be found is the usual share and so much more.
  explicit ExcessTest(double least) : least_(least) {}

  // One more; `usual`: the share that is, over 0 and below 1.
  void add(bool happened, double usual) {
    const double high = high_share(usual);
    score_ = std::max(0.0, score_ + (happened ? std::log(high / usual) : std::log((1 - high) / (1 - usual))));
  }
  void restart() { score_ = 0; }
  // At 12 it would be wrong once in tens of thousands of times, at 20 once in a hundred million.
  [[nodiscard]] double score() const { return score_; }
  // What one that happened adds to it.
  [[nodiscard]] double weight(double usual) const { return std::log(high_share(usual) / usual); }

 private:
  [[nodiscard]] double high_share(double usual) const {
    return std::min(usual + std::max(least_, usual / 2), (1 + usual) / 2);
  }

  double least_;
  double score_ = 0;
};

}  // namespace respand::delivery
