#pragma once
// RateControl: how many requests may leave a second, from the API's refusals (429) and from what it says of its limit.
// It tells refusals that are about the rate (pace.h) from those about how many there are at once
// (accepted_concurrency.h) and from those that come whatever is sent (refusal_noise.h). Used by UpstreamGate, under its
// mutex. Pure; time is the caller's.

#include <cstdint>
#include <optional>

#include "delivery/accepted_concurrency.h"
#include "delivery/advertised_limit.h"
#include "delivery/pace.h"
#include "delivery/refusal_noise.h"
#include "delivery/saved_pace.h"
#include "respand/base/units.h"
#include "respand/http/client.h"

namespace respand::delivery {

class RateControl {
 public:
  // The attempt that an answer is to, and the circuit while it came.
  struct Attempt {
    std::uint32_t concurrency = 0;  // in flight when it began, with it
    std::uint32_t in_flight = 0;    // now
    bool normal = true;             // the circuit is closed
  };
  // What an answer means for the other parts of the gate.
  struct Effect {
    bool gate_lifted = false;          // whoever waits for a time asks anew
    bool noise_found = false;          // refusals are the API's own: a trial that is under way is void
    bool concurrency_refused = false;  // it was about how many there are at once
    bool load_tells = false;           // it may be counted as a failure, or none, of the load
    Duration rest{0};                  // the API takes nothing more for so long
  };

  // Begins with the pace that was learned before the last restart. Requires: nothing was learned yet.
  void begin_with(const LearnedPace& learned, MonoTime now);
  // Learns from an answer, whatever it says of its record.
  [[nodiscard]] Effect learn(const http::Answer& answer, const Attempt& attempt, MonoTime now);
  // The operator has changed something: what the API asked to hold back may leave. Of a new target nothing is known.
  void resume(MonoTime now, bool new_target);

  // Whether there is a pace.
  [[nodiscard]] bool paced() const { return pace_.known(); }
  // Whether refusals have been explained: by a pace, or as the API's own.
  [[nodiscard]] bool explained() const { return pace_.known() || noise_.known(); }
  // Up to `wanted` requests that may leave now. Requires: paced().
  [[nodiscard]] std::uint32_t take(MonoTime now, std::uint32_t wanted) { return pace_.take(now, wanted); }
  void give_back(std::uint32_t unused) { pace_.give_back(unused); }
  // When the next may leave. Requires: paced().
  [[nodiscard]] MonoTime next(MonoTime now) const { return pace_.next(now); }

  // Requests a second; 0: no pace.
  [[nodiscard]] double rate() const { return pace_.known() ? pace_.rate() : 0; }
  // Of the last requests, those that were refused; and the share that is refused whatever is sent, 0: not known.
  [[nodiscard]] double refused_share() const { return refused_share_; }
  [[nodiscard]] double noise() const { return noise_.known() ? noise_.share() : 0; }
  // What is known of the pace, where it is.
  [[nodiscard]] std::optional<LearnedPace> learned(MonoTime now) const {
    return pace_.known() ? std::optional(pace_.learned(now)) : std::nullopt;
  }
  // What is to be saved of it now, if anything.
  [[nodiscard]] std::optional<LearnedPace> take_to_save(MonoTime now) { return saved_.next(pace_, now); }

 private:
  [[nodiscard]] bool is_noise(const http::Answer& answer, std::uint32_t in_flight, MonoTime now);
  void learn_refusal(const http::Answer& answer, std::uint32_t concurrency, MonoTime now, Effect& effect);
  [[nodiscard]] Duration rest_after(const http::Answer& answer, MonoTime now);

  Pace pace_;
  RefusalNoise noise_;
  std::optional<LearnedPace> pace_before_noise_;  // which was found to be in vain
  AdvertisedLimit advertised_;
  AcceptedConcurrency accepted_;
  SavedPace saved_;
  double refused_share_ = 0;
};

}  // namespace respand::delivery
