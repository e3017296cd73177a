#pragma once
// RateControl: how many requests may leave a second, from the API's refusals (429) and from what its headers say of its
// limit. It tells three kinds of refusal apart: those about the rate (pace.h), those about how many requests there are
// at once (accepted_concurrency.h), and those that come whatever is sent (refusal_noise.h). Used by UpstreamGate, under
// its mutex. Pure; time is the caller's.

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
  // The attempt that was answered, and the state of the circuit at that time.
  struct Attempt {
    std::uint32_t concurrency = 0;  // requests in flight when it began, itself included
    std::uint32_t in_flight = 0;    // requests in flight now
    bool normal = true;             // the circuit is normal
  };
  // What an answer means for the other parts of the gate.
  struct Effect {
    bool gate_lifted = false;          // workers that wait for a time should ask again
    bool noise_found = false;          // refusals come whatever is sent: a trial that is under way is void
    bool concurrency_refused = false;  // the refusal was about how many requests there are at once
    bool load_tells = false;           // the answer says whether requests fail under this load
    Duration rest{0};                  // the API takes nothing more for so long
  };

  // Begins with the pace that was learned before the last restart. Requires: nothing was learned yet.
  void begin_with(const LearnedPace& learned, MonoTime now);
  // Learns from an answer, whatever it says of its record.
  [[nodiscard]] Effect learn(const http::Answer& answer, const Attempt& attempt, MonoTime now);
  // The operator has changed something: requests that the API asked to hold back may leave. `new_target`: all that was
  // learned is forgotten.
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
  // The share of the last requests that was refused, and the share that is refused whatever is sent; 0: not known.
  [[nodiscard]] double refused_share() const { return refused_share_; }
  [[nodiscard]] double noise() const { return noise_.known() ? noise_.share() : 0; }
  // What is known of the pace; none where there is no pace.
  [[nodiscard]] std::optional<LearnedPace> learned(MonoTime now) const {
    return pace_.known() ? std::optional(pace_.learned(now)) : std::nullopt;
  }
  // What is to be saved of the pace now, if anything.
  [[nodiscard]] std::optional<LearnedPace> take_to_save(MonoTime now) { return saved_.next(pace_, now); }

 private:
  [[nodiscard]] bool is_noise(const http::Answer& answer, std::uint32_t in_flight, MonoTime now);
  void learn_refusal(const http::Answer& answer, std::uint32_t concurrency, MonoTime now, Effect& effect);
  [[nodiscard]] Duration rest_after(const http::Answer& answer, MonoTime now);

  Pace pace_;
  RefusalNoise noise_;
  std::optional<LearnedPace> pace_before_noise_;  // the pace that was given up when noise_ was found
  AdvertisedLimit advertised_;
  AcceptedConcurrency accepted_;
  SavedPace saved_;
  double refused_share_ = 0;
};

}  // namespace respand::delivery
