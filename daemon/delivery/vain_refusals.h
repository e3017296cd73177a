#pragma once
// VainRefusals: recognises refusals (429) that do not depend on the pace: they come one by one, whether less is sent or
// not. Used by Pace. Pure.

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
    double run = 0;            // requests accepted since the last silence
    bool steady = false;       // the pace was steady
    bool upward = false;       // the pace was looking upward
    std::uint32_t tries = 0;   // how many single tries the last block took
    Duration hold{0};          // the silence that the refusal asks for
    bool collapsed = false;    // the rate is down to a small part of what was found first
  };
  // While steady, a refusal after so many acceptances means nothing: one happens now and then.
  static constexpr double kRequestsPerRefusal = 150;

  void accepted() { taken_ += 1; }
  // A single try was refused again.
  void refused_again() { refused_ += 1; }
  // Compares the pace of this refusal with that of those before.
  void compare(const Refusal& refusal);
  // Whether so many refusals have come, each alone, that there is no use in keeping a pace for them.
  [[nodiscard]] bool come_alone(const Refusal& refusal, MonoTime now);
  // The share of requests that is refused whatever the pace: refusals went on at half the pace, and each next try was
  // accepted. 0: not known. Asking forgets it.
  [[nodiscard]] double take_share() { return std::exchange(share_, 0); }

 private:
  int light_ = 0;  // refusals in a row, each alone
  MonoTime cut_at_{};
  double first_pace_ = 0;  // the highest pace with a run of acceptances: refusals are compared with it; 0: none yet
  int far_below_ = 0;      // refusals alone far below that pace
  double refused_ = 0;     // all refusals since that pace
  double taken_ = 0;       // all acceptances since that pace
  double share_ = 0;
};

}  // namespace respand::delivery
