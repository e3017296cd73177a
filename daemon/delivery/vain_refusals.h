#pragma once
// VainRefusals: tells refusals (429) that do not depend on the pace: they come one by one, whether less is sent or not.
// Used by Pace. Pure.

#include <cstdint>
#include <utility>

#include "respand/base/units.h"

namespace respand::delivery {

class VainRefusals {
 public:
  // A refusal, as Pace met it.
  struct Refusal {
    double pace = 0;           // requests a second that might leave
    double accepted_rate = 0;  // requests a second that were accepted of late
    double run = 0;            // accepted since the last silence
    bool steady = false;       // it was not looking for more
    bool upward = false;       // it was
    std::uint32_t tries = 0;   // single tries that the last ones took
    Duration hold{0};          // the silence that it asks for
    bool collapsed = false;    // the rate is down to a part of where it began
  };
  // While steady, after so many requests a refusal is one that happens.
  static constexpr double kRequestsPerRefusal = 150;

  void accepted() { taken_ += 1; }
  // A single try was refused again.
  void refused_again() { refused_ += 1; }
  // Compares the pace of this refusal with that of those before.
  void compare(const Refusal& refusal);
  // Whether so many have come, each alone, that there is no use in keeping a pace for them.
  [[nodiscard]] bool come_alone(const Refusal& refusal, MonoTime now);
  // Refusals went on as before at half the pace, and at the next try all was well: so large a part of the requests is
  // refused whatever the pace. 0: not known. Asking forgets it.
  [[nodiscard]] double take_share() { return std::exchange(share_, 0); }

 private:
  int light_ = 0;  // in a row, each alone
  MonoTime cut_at_{};
  double first_pace_ = 0;  // the pace of the first that came alone; 0: none did
  int far_below_ = 0;      // of them, those at no more than half of that
  double refused_ = 0;     // with those that did not come alone, since the first
  double taken_ = 0;       // accepted, since the first
  double share_ = 0;
};

}  // namespace respand::delivery
