#pragma once
// RateMeter: measures how many events a second there were of late, over half a second or more. Used by Pace. Pure.

#include <chrono>

#include "respand/base/units.h"

namespace respand::delivery {

class RateMeter {
 public:
  void add(MonoTime now) {
    count_ += 1;
    const Duration passed = now - since_;
    if (passed >= std::chrono::milliseconds{500}) {
      value_ = count_ / std::chrono::duration<double>(passed).count();
      count_ = 0;
      since_ = now;
    }
  }
  [[nodiscard]] double value() const { return value_; }

 private:
  double value_ = 0;
  double count_ = 0;
  MonoTime since_{};
};

}  // namespace respand::delivery
