#pragma once
// ExcessTest: tells, as soon as it is clear, that something happens more often than usual (a sequential test, CUSUM:
// Page, 1954). Used by FailureShare and RefusalNoise. Pure: no clock, no randomness.

#include <algorithm>
#include <cmath>

namespace respand::delivery {

class ExcessTest {
 public:
  // `least`: the smallest excess over the usual share that is to be found.
  explicit ExcessTest(double least) : least_(least) {}

  // One more event, which happened or did not. `usual`: its usual share, above 0 and below 1.
  void add(bool happened, double usual) {
    const double high = high_share(usual);
    score_ = std::max(0.0, score_ + (happened ? std::log(high / usual) : std::log((1 - high) / (1 - usual))));
  }
  void restart() { score_ = 0; }
  // How clear an excess is. An alarm at 12 is false once in tens of thousands of events, at 20 once in a hundred
  // million.
  [[nodiscard]] double score() const { return score_; }
  // How much one event that happened adds to the score.
  [[nodiscard]] double weight(double usual) const { return std::log(high_share(usual) / usual); }

 private:
  [[nodiscard]] double high_share(double usual) const {
    return std::min(usual + std::max(least_, usual / 2), (1 + usual) / 2);
  }

  double least_;
  double score_ = 0;
};

}  // namespace respand::delivery
