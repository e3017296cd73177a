#pragma once
// UpstreamGate: what all workers know of the API together, and therefore how many attempts may begin now and when to
// ask again. Nothing in here waits or sends. Any thread (one mutex, held for a few comparisons); time is the caller's.
//
// It puts together what each answers one question about: whether the API is asked at all (circuit_breaker.h), how many
// may be under way at once (concurrency_limit.h), how many leave a second (pace.h) once the API has refused some (429),
// which failures are the API's own at any load (failure_share.h, crowd.h), and who is to be called when there is a
// place (slot_waiters.h).

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "delivery/backoff.h"
#include "delivery/circuit_breaker.h"
#include "delivery/concurrency_limit.h"
#include "delivery/crowd.h"
#include "delivery/failure_share.h"
#include "delivery/kept_pace.h"
#include "delivery/notice.h"
#include "delivery/pace.h"
#include "delivery/refusal_noise.h"
#include "delivery/slot_waiters.h"
#include "delivery/told_limit.h"
#include "delivery/verdict.h"
#include "respand/base/log.h"
#include "respand/base/mutex.h"
#include "respand/base/units.h"

namespace respand::delivery {

inline constexpr MonoTime kNever = MonoTime::max();

// Leave to begin attempts.
struct Permits {
  std::uint32_t slots = 0;
  std::uint64_t epoch = 0;       // a ticket: goes with each attempt, and back with its answer
  bool probing = false;          // these attempts test the upstream: better a record that has not failed yet
  MonoTime look_again = kNever;  // when more may be granted; kNever: an answer or a wake-up will tell
};

class UpstreamGate {
 public:
  static constexpr std::uint32_t kMaxWorkers = SlotWaiters::kMaxWorkers;
  // A larger payload's way to the API takes longer than the API: its latency says nothing.
  static constexpr std::size_t kMostMeasured = 64 * 1024;

  struct Settings {
    std::uint32_t workers = 1;  // at most kMaxWorkers
    std::uint32_t max_in_flight = 256;
    std::uint32_t rate_limit = 0;  // attempts a second; 0: none
    Retry retry;
    std::uint64_t seed = 0;  // of the jitter
    std::uint32_t first_limit = ConcurrencyLimit::kFirst;
    std::string_view route{};  // of another route than that of records: what the log calls it; lives for ever
  };
  struct State {
    Mode mode = Mode::kNormal;
    Cause cause;             // why it is not normal
    std::string reason;      // the same in words: "401: Your API key is invalid"; empty while normal
    MonoTime since{};        // of that
    MonoTime next_try{};     // while not normal: when the next attempt may begin; else long ago
    std::string last_error;  // the last failure that was not a record's fault, also long after it
    MonoTime failed_at{};    // when that was
    MonoTime good_since{};   // of the first answer after it that was good; 0: none was yet
    std::uint32_t in_flight = 0;
    std::uint32_t limit = 0;   // attempts that may be in flight at once now
    double pace = 0;           // attempts a second, where the API's refusals (429) hold them back; else 0
    double refused_share = 0;  // of the last requests: 429
    double failure_share = 0;  // of the last requests: 5xx, 408, time-outs
    double noise = 0;          // of these, those that fail at any rate
  };

  explicit UpstreamGate(const Settings& settings);

  // What to call, on another worker's thread, when a place is there for a worker that was refused. Before threads
  // start.
  void attach(std::uint32_t worker, std::function<void()> wake);

  // What to call, on a worker's thread, when the pace that is learned has become another. Before threads start.
  void attach_keeper(std::function<void(const LearnedPace&)> keep) { keep_ = std::move(keep); }
  // Begins with the pace that was learned before the last restart. Before threads start.
  void begin_with(const LearnedPace& learned, MonoTime now) EXCLUDES(mutex_);
  // What is known of the pace, where it is.
  [[nodiscard]] std::optional<LearnedPace> learned(MonoTime now) const EXCLUDES(mutex_);

  // Up to `wanted` attempts may begin. A worker that was refused and holds no place is woken when it should ask again.
  [[nodiscard]] Permits admit(std::uint32_t worker, MonoTime now, std::uint32_t wanted) EXCLUDES(mutex_);
  // Places of permits that were not needed after all.
  void give_back(std::uint32_t worker, const Permits& permits, std::uint32_t unused) EXCLUDES(mutex_);
  // What an attempt that began under permits of `ticket` has come to. Its place is still taken.
  void answered(std::uint32_t worker, std::uint64_t ticket, Verdict verdict, const http::Answer& answer, MonoTime now,
                Suspect suspect = Suspect::kApi) EXCLUDES(mutex_);
  // These attempts' places are free: what was answered is acknowledged, so that never more than the limit are
  // unacknowledged.
  void release(std::uint32_t worker, std::span<const std::uint64_t> tickets) EXCLUDES(mutex_);
  // The operator has changed something: tries at once, also what the API asked to hold back. Of a new target nothing is
  // known yet.
  void resume(MonoTime now, bool new_target) EXCLUDES(mutex_);
  // Ceiling, rate and backoff from now on.
  void reconfigure(std::uint32_t max_in_flight, std::uint32_t rate_limit, const Retry& retry) EXCLUDES(mutex_);
  // The worker takes no more work and waits for nothing.
  void leave(std::uint32_t worker) EXCLUDES(mutex_);

  [[nodiscard]] State state() const EXCLUDES(mutex_);

 private:
  [[nodiscard]] std::uint32_t limit() const REQUIRES(mutex_) { return circuit_.limit(adaptive_.value()); }
  [[nodiscard]] std::uint32_t free_slots() const REQUIRES(mutex_);
  [[nodiscard]] std::uint32_t tokens(MonoTime now) REQUIRES(mutex_);
  [[nodiscard]] MonoTime next_tokens(MonoTime now, std::uint32_t wanted) const REQUIRES(mutex_);
  void pace(std::uint32_t worker, Permits& permits, MonoTime now) REQUIRES(mutex_);

  void learn(std::uint64_t ticket, const http::Answer& answer, MonoTime now) REQUIRES(mutex_);
  void learn_rest(MonoTime sent, const http::RateLimitHint& said, MonoTime now) REQUIRES(mutex_);
  void learn_refusal(std::uint64_t ticket, const http::Answer& answer, MonoTime now) REQUIRES(mutex_);
  void go_on(MonoTime now) REQUIRES(mutex_);
  void interrupt_trial() REQUIRES(mutex_);
  void learn_failure(bool failed, bool current, MonoTime now) REQUIRES(mutex_);
  void judge(bool current, Verdict verdict, const http::Answer& answer, MonoTime now, Suspect suspect) REQUIRES(mutex_);
  void grow(bool current, const http::Answer& answer, MonoTime now) REQUIRES(mutex_);
  void apply_circuit() REQUIRES(mutex_);
  [[nodiscard]] Notice regime_notice(bool was_paced, double noise_before, bool refused_anyway, MonoTime now)
      REQUIRES(mutex_);

  void publish(const Notice& notice, SlotWaiters::Workers wake) const EXCLUDES(mutex_);

  const std::uint32_t workers_;
  const std::string_view route_;
  std::vector<std::function<void()>> wakers_;     // constant once threads run
  std::function<void(const LearnedPace&)> keep_;  // the same

  mutable Mutex mutex_;
  Settings settings_ GUARDED_BY(mutex_);
  CircuitBreaker circuit_ GUARDED_BY(mutex_);
  SlotWaiters slots_ GUARDED_BY(mutex_);
  ConcurrencyLimit adaptive_ GUARDED_BY(mutex_);
  Pace pace_ GUARDED_BY(mutex_);
  RefusalNoise refusal_noise_ GUARDED_BY(mutex_);
  std::optional<LearnedPace> pace_before_ GUARDED_BY(mutex_);  // that was found to be in vain
  FailureShare failure_share_ GUARDED_BY(mutex_);
  ToldLimit told_ GUARDED_BY(mutex_);
  Crowd crowd_ GUARDED_BY(mutex_);
  KeptPace kept_ GUARDED_BY(mutex_);
  double refused_share_ GUARDED_BY(mutex_) = 0;
  MonoTime failed_at_ GUARDED_BY(mutex_){};
  MonoTime good_since_ GUARDED_BY(mutex_){};
  double tokens_ GUARDED_BY(mutex_) = 0;  // of delivery.rate_limit
  MonoTime refilled_ GUARDED_BY(mutex_){};
  log::LogThrottle pace_gate_ GUARDED_BY(mutex_){std::chrono::minutes{10}};
  log::LogThrottle refusal_gate_ GUARDED_BY(mutex_){std::chrono::minutes{10}};
  log::LogThrottle noise_gate_ GUARDED_BY(mutex_){std::chrono::minutes{10}};
};

}  // namespace respand::delivery
