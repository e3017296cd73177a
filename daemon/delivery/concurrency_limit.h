#pragma once
// ConcurrencyLimit: how many requests may be in flight at once, found by trying, as TCP finds its window. Used by
// UpstreamGate, under its mutex. Pure: no clock, no randomness, only what its caller tells it. Why this algorithm:
// docs/decisions/0006-adaptive-limit.md.
//
//   Fast start       begins with ten (RFC 6928) and adds one for each answer, which doubles the limit each round trip,
//                    up to the last limit that was good.
//   Additive growth  then adds one a round trip, less below kPatientBelow, and only while the limit is what holds
//                    requests back.
//   Push-back        a 429, 5xx or time-out takes a tenth away at once; each further one of the same round trip takes
//                    its own slot away, down to half: in proportion to the share refused, as in DCTCP (RFC 8257).
//   Rising latency   a median above twice the usual stops growth, and the next round trip is measured anew. If it is
//                    no better, 3/10 of the limit are taken away on trial. If the round trip after that is no faster,
//                    the latency is not our doing: the cut is undone, and the new latency is the usual one (as TCP
//                    undoes a cut that turns out to be spurious, RFC 4015).

#include <cstdint>
#include <optional>
#include <vector>

#include "respand/base/units.h"

namespace respand::delivery {

class ConcurrencyLimit {
 public:
  static constexpr std::uint32_t kFirst = 10;
  // Below this the limit grows by a twentieth a round trip, not by one: where one more is one too many, about one
  // request in 20 is refused, not one in each round trip.
  static constexpr double kPatientBelow = 20;
  // A rise of the latency by less than this is taken for this machine's own noise.
  static constexpr Duration kLatencySlack = std::chrono::milliseconds{10};

  // Requires: most > 0 and first > 0.
  explicit ConcurrencyLimit(std::uint32_t most, std::uint32_t first = kFirst);

  [[nodiscard]] std::uint32_t value() const { return static_cast<std::uint32_t>(limit_); }
  // All slots are taken. The answers of the next round trip may raise the limit.
  void reached() { credit_ = value(); }
  // An answer that is no push-back. `current`: its attempt began after the last cut. `latency` is left out where it
  // says nothing about the API. Without `may_probe` the limit only grows to where it was good before. True: a
  // measurement begins; from now on only attempts that begin later are current.
  [[nodiscard]] bool succeeded(bool current, std::optional<Duration> latency, bool may_probe = true);
  // A push-back. If its attempt is current the limit is cut, and only attempts that begin later are current.
  void refused(bool current);
  // Halves the limit for a while, to see whether that changes what the API answers. end_trial() sets it to this part of
  // what it was before.
  void try_half();
  void end_trial(double part);
  // Another ceiling, from now on. Requires: above 0.
  void set_most(std::uint32_t most);
  // After a silence: begins with few again, then grows fast to where it was.
  void restart();

 private:
  void grow(bool may_probe);
  void set(double limit);
  void measure_anew();
  [[nodiscard]] bool judge(Duration median);

  double most_;
  double limit_;
  double threshold_;                 // fast start ends here
  std::uint32_t credit_ = 0;         // answers that may still raise it
  double before_cut_ = 0;            // the limit before the last cut; 0: none since the last silence
  std::uint32_t refused_ = 0;        // push-backs of the attempts that were in flight then
  std::vector<Duration> latencies_;  // until there are `window_` of them
  std::size_t window_;
  Duration usual_{0};  // median latency while all is well; 0: not known yet
  // What rising latency has come to.
  enum class Phase : std::uint8_t {
    kGrowing,    // it is as usual
    kMeasuring,  // it was too long: it is measured once more, at a limit that stands still
    kTrial,      // the limit was cut, to see whether the latency becomes shorter
  };
  Phase phase_ = Phase::kGrowing;
  double before_half_ = 0;    // the limit before try_half(); 0: no such trial
  double before_trial_ = 0;   // the limit before the trial of a long latency
  Duration long_latency_{0};  // the median latency at that limit
};

}  // namespace respand::delivery
