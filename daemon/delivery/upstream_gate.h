#pragma once
// UpstreamGate: what all workers know of the API together. It says how many attempts may begin now and when to ask
// again. Nothing in here waits or sends. Any thread (one mutex, held for a few comparisons); time is the caller's.
//
// It combines parts that answer one question each: whether the API is asked at all (circuit_breaker.h), how many
// requests may be in flight at once (concurrency_control.h), how many may leave a second by the configuration
// (token_bucket.h) and by the API's refusals (rate_control.h), and which worker to wake when a slot is free
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

// Permission to begin attempts.
struct Permits {
  std::uint32_t slots = 0;
  std::uint64_t epoch = 0;       // the ticket, which goes with each attempt and comes back with its answer
  bool probing = false;          // these attempts are probes: records that have not failed yet suit best
  MonoTime look_again = kNever;  // when more may begin; kNever: an answer or a wake-up will tell
};

class UpstreamGate {
 public:
  static constexpr std::uint32_t kMaxWorkers = SlotWaiters::kMaxWorkers;

  struct Settings {
    std::uint32_t workers = 1;  // at most kMaxWorkers
    std::uint32_t max_in_flight = 256;
    RateLimit rate_limit{};  // of attempts
    Retry retry;
    std::uint64_t seed = 0;  // of the jitter
    std::uint32_t first_limit = ConcurrencyLimit::kFirst;
    std::string_view route{};  // the route's name for the log, empty for that of records; outlives the gate
  };
  struct State {
    Mode mode = Mode::kNormal;
    Cause cause;             // why it is not normal
    std::string reason;      // the same in words: "401: Your API key is invalid"; empty while normal
    MonoTime since{};        // since when it is not normal
    MonoTime next_try{};     // while not normal: when the next attempt may begin; else long ago
    std::string last_error;  // the last failure that was not a record's fault, also long after it
    MonoTime failed_at{};    // when that was
    MonoTime good_since{};   // the first good answer after it; 0: there was none yet
    std::uint32_t in_flight = 0;
    std::uint32_t limit = 0;   // attempts that may be in flight at once now
    double pace = 0;           // attempts a second, where the API's refusals (429) hold them back; else 0
    double refused_share = 0;  // the share of the last requests that got 429
    double failure_share = 0;  // the share of the last requests that got 5xx, 408 or a time-out
    double noise = 0;          // the share of requests that fails whatever the load
  };

  explicit UpstreamGate(const Settings& settings);

  // Sets what to call, on another worker's thread, when a slot is free for a worker that was refused. Before threads
  // start.
  void attach(std::uint32_t worker, std::function<void()> wake);

  // Sets what to call, on a worker's thread, when a learned pace is to be saved. Before threads start.
  void attach_pace_saver(std::function<void(const LearnedPace&)> save) { save_ = std::move(save); }
  // Begins with the pace that was learned before the last restart. Before threads start.
  void begin_with(const LearnedPace& learned, MonoTime now) EXCLUDES(mutex_);
  // What is known of the pace; none where there is no pace.
  [[nodiscard]] std::optional<LearnedPace> learned(MonoTime now) const EXCLUDES(mutex_);

  // Permits up to `wanted` attempts. A worker that is refused and holds no slot is woken when it should ask again.
  [[nodiscard]] Permits admit(std::uint32_t worker, MonoTime now, std::uint32_t wanted) EXCLUDES(mutex_);
  // Frees slots of permits that were not needed after all.
  void give_back(std::uint32_t worker, const Permits& permits, std::uint32_t unused) EXCLUDES(mutex_);
  // Learns from the answer to an attempt that began under permits of `ticket`. Its slot stays taken until release().
  void answered(std::uint32_t worker, std::uint64_t ticket, Verdict verdict, const http::Answer& answer, MonoTime now,
                FailureSource source = FailureSource::kUpstream) EXCLUDES(mutex_);
  // Frees these attempts' slots. To be called after their records are acknowledged, so that there are never more
  // unacknowledged attempts than the limit: a crash repeats them.
  void release(std::uint32_t worker, std::span<const std::uint64_t> tickets) EXCLUDES(mutex_);
  // The operator has changed something: attempts may begin at once, even where the API asked to hold them back.
  // `new_target`: what was learned of the old target is forgotten.
  void resume(MonoTime now, bool new_target) EXCLUDES(mutex_);
  // Replaces ceiling, rate limit and backoff from now on.
  void reconfigure(std::uint32_t max_in_flight, const RateLimit& rate_limit, const Retry& retry) EXCLUDES(mutex_);
  // Replaces the rate limit alone. Workers that wait for a time are woken where it is a higher one.
  void set_rate_limit(const RateLimit& limit, MonoTime now) EXCLUDES(mutex_);
  // Attempts a second that the rate limit allows now; 0: no limit.
  [[nodiscard]] double rate_limit(MonoTime now) const EXCLUDES(mutex_);
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
