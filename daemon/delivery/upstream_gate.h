#pragma once
// UpstreamGate: what all workers know of the API together, and therefore how many attempts may begin now and when to
// ask again. Nothing in here waits or sends. Any thread (one mutex, held for a few comparisons); time is the caller's.
//
// It puts together what each answers one question about: whether the API is asked at all (circuit_breaker.h), how many
// requests may be in flight at once (concurrency_control.h), how many leave a second, as the configuration says
// (token_bucket.h) and once the API has refused some (rate_control.h), and who is to be called when a slot is free
// (slot_waiters.h).

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "delivery/backoff.h"
#include "delivery/circuit_breaker.h"
#include "delivery/concurrency_control.h"
#include "delivery/notice.h"
#include "delivery/rate_control.h"
#include "delivery/regime_notices.h"
#include "delivery/slot_waiters.h"
#include "delivery/token_bucket.h"
#include "delivery/verdict.h"
#include "respand/base/mutex.h"
#include "respand/base/units.h"

namespace respand::delivery {

inline constexpr MonoTime kNever = MonoTime::max();

// Leave to begin attempts.
struct Permits {
  std::uint32_t slots = 0;
  std::uint64_t epoch = 0;       // a ticket: goes with each attempt, and back with its answer
  bool probing = false;          // these attempts test the upstream: better a record that has not failed yet
  MonoTime look_again = kNever;  // when more may begin; kNever: an answer or a wake-up will tell
};

class UpstreamGate {
 public:
  static constexpr std::uint32_t kMaxWorkers = SlotWaiters::kMaxWorkers;

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

  // What to call, on another worker's thread, when a slot is free for a worker that was refused. Before threads start.
  void attach(std::uint32_t worker, std::function<void()> wake);

  // What to call, on a worker's thread, when the pace that is learned has become another. Before threads start.
  void attach_pace_saver(std::function<void(const LearnedPace&)> save) { save_ = std::move(save); }
  // Begins with the pace that was learned before the last restart. Before threads start.
  void begin_with(const LearnedPace& learned, MonoTime now) EXCLUDES(mutex_);
  // What is known of the pace, where it is.
  [[nodiscard]] std::optional<LearnedPace> learned(MonoTime now) const EXCLUDES(mutex_);

  // Up to `wanted` attempts may begin. A worker that was refused and holds no slot is woken when it should ask again.
  [[nodiscard]] Permits admit(std::uint32_t worker, MonoTime now, std::uint32_t wanted) EXCLUDES(mutex_);
  // Slots of permits that were not needed after all.
  void give_back(std::uint32_t worker, const Permits& permits, std::uint32_t unused) EXCLUDES(mutex_);
  // What an attempt that began under permits of `ticket` has come to. Its slot is still taken.
  void answered(std::uint32_t worker, std::uint64_t ticket, Verdict verdict, const http::Answer& answer, MonoTime now,
                FailureSource source = FailureSource::kUpstream) EXCLUDES(mutex_);
  // These attempts' slots are free: what was answered is acknowledged, so that never more than the limit are
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
  [[nodiscard]] std::uint32_t limit() const REQUIRES(mutex_) { return circuit_.limit(concurrency_.limit()); }
  [[nodiscard]] std::uint32_t free_slots() const REQUIRES(mutex_);
  [[nodiscard]] Regime regime() const REQUIRES(mutex_);
  void limit_rate(std::uint32_t worker, Permits& permits, MonoTime now) REQUIRES(mutex_);
  void learn(std::uint64_t ticket, const http::Answer& answer, MonoTime now) REQUIRES(mutex_);
  void judge(bool current, Verdict verdict, const http::Answer& answer, MonoTime now, FailureSource source)
      REQUIRES(mutex_);
  void apply_circuit() REQUIRES(mutex_);
  void publish(const Notice& notice, SlotWaiters::Workers wake) const EXCLUDES(mutex_);

  const std::uint32_t workers_;
  const std::string_view route_;
  std::vector<std::function<void()>> wakers_;     // constant once threads run
  std::function<void(const LearnedPace&)> save_;  // the same

  mutable Mutex mutex_;
  std::uint32_t max_in_flight_ GUARDED_BY(mutex_);
  CircuitBreaker circuit_ GUARDED_BY(mutex_);
  SlotWaiters slots_ GUARDED_BY(mutex_);
  ConcurrencyControl concurrency_ GUARDED_BY(mutex_);
  TokenBucket rate_limit_ GUARDED_BY(mutex_);  // of the configuration
  RateControl rate_ GUARDED_BY(mutex_);        // of the API
  RegimeNotices notices_ GUARDED_BY(mutex_);
  MonoTime failed_at_ GUARDED_BY(mutex_){};
  MonoTime good_since_ GUARDED_BY(mutex_){};
};

}  // namespace respand::delivery
