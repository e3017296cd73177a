#pragma once
// Destination: what all workers know of the API together, and therefore how many attempts may begin now and when to ask
// again. Nothing in here waits or sends. Any thread (one mutex, held for a few comparisons); time is the caller's.
//
//   normal ──nothing gets through──▶ open ──a probe succeeds──▶ half-open ──2, 4, 8 … at once──▶ normal
//     │  └──Retry-After──▶ held ──its time is over──▶ normal         └──five failures in a row──▶ open
//     └──401, 404, certificate …──▶ paused ──a probe succeeds, or resume()──▶ half-open
//
// While normal, as many may be under way as the adaptive limit says (limit.h), and as many leave a second as the pace
// says (pace.h), once the API has refused some (429). Failures (5xx, time-outs) hold nobody back as such: whether they
// are overload is found out (failure_share.h). But after 8 in a row fewer take their places, after 16 one at a time is
// asked, and three failures of those open the circuit. So an API that fails every other request is not taken for one
// that is down; nor is one that can't digest a record that others have overtaken.
//
// Attempts that began before the last turn for the worse say nothing about the present: each carries the epoch of its
// grant. So 256 requests that fail together are one step of backoff, and late answers don't end a pause.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/backoff.h"
#include "delivery/crowd.h"
#include "delivery/failure_share.h"
#include "delivery/limit.h"
#include "delivery/pace.h"
#include "delivery/verdict.h"
#include "respand/base/log.h"
#include "respand/base/mutex.h"
#include "respand/base/random.h"
#include "respand/base/units.h"

namespace respand::delivery {

enum class Mode : std::uint8_t {
  kNormal,    // up to the adaptive limit
  kHeld,      // the API asked for silence (Retry-After): nothing leaves
  kOpen,      // the API fails: one probe at a time, at growing intervals
  kPaused,    // destination or key are wrong: the same, and somebody has to do something
  kHalfOpen,  // it answers again: a few at a time, twice as many after each success
};
[[nodiscard]] std::string_view name_of(Mode mode) noexcept;

inline constexpr MonoTime kNever = MonoTime::max();

// Leave to begin attempts.
struct Grant {
  std::uint32_t places = 0;
  std::uint64_t epoch = 0;       // a ticket: goes with each attempt, and back with its answer
  bool probing = false;          // these attempts test the destination: better a record that has not failed yet
  MonoTime look_again = kNever;  // when more may be granted; kNever: an answer or a wake-up will tell
};

class Destination {
 public:
  // Workers are counted in the bits of a word.
  static constexpr std::uint32_t kMaxWorkers = 64;
  // Failures in a row (429 is none) from which on fewer and fewer may be under way: an API that fails every other
  // request has as many once in 500 requests.
  static constexpr std::uint32_t kFailuresToSlow = 8;
  // From which on it is asked one at a time; once in 100,000.
  static constexpr std::uint32_t kFailuresToDoubt = 16;
  // Of those asked one at a time, the failures in a row that open the circuit.
  static constexpr std::uint32_t kDoubtsToOpen = 3;
  // Failures in a row that open it again while half-open.
  static constexpr std::uint32_t kFailuresToReopen = 5;
  // The first interval between probes of a wrong destination. It is not healed by waiting, but by somebody.
  static constexpr Duration kFirstPauseProbe = std::chrono::seconds{1};
  // Between probes of one that fails, however long it does: what comes in is to be live soon after it is back, and one
  // request in ten seconds is nothing to anybody.
  static constexpr Duration kLongestProbe = std::chrono::seconds{15};
  // A larger payload's way to the API takes longer than the API: its latency says nothing.
  static constexpr std::size_t kMostMeasured = 64 * 1024;

  struct Settings {
    std::uint32_t workers = 1;  // at most kMaxWorkers
    std::uint32_t max_in_flight = 256;
    std::uint32_t rate_limit = 0;  // attempts a second; 0: none
    Retry retry;
    std::uint64_t seed = 0;  // of the jitter
    std::uint32_t first_limit = Limit::kFirst;
  };
  struct State {
    Mode mode = Mode::kNormal;
    std::string reason;      // why it is not normal: "401: Your API key is invalid"; empty while normal
    MonoTime since{};        // of that
    std::string last_error;  // the last failure that was not a record's fault, also long after it
    std::uint32_t in_flight = 0;
    std::uint32_t limit = 0;   // attempts that may be in flight at once now
    double pace = 0;           // attempts a second, where the API's refusals (429) hold them back; else 0
    double refused_share = 0;  // of the last requests: 429
    double failure_share = 0;  // of the last requests: 5xx, 408, time-outs
    double noise = 0;          // of these, those that fail at any rate
  };

  explicit Destination(const Settings& settings);

  // What to call, on another worker's thread, when a place is there for a worker that was refused. Before threads
  // start.
  void attach(std::uint32_t worker, std::function<void()> wake);

  // Up to `wanted` attempts may begin. A worker that was refused and holds no place is woken when it should ask again.
  [[nodiscard]] Grant admit(std::uint32_t worker, MonoTime now, std::uint32_t wanted) EXCLUDES(mutex_);
  // Places of a grant that were not needed after all.
  void give_back(std::uint32_t worker, const Grant& grant, std::uint32_t unused) EXCLUDES(mutex_);
  // Whether a failure may be the record's own: others went through since it failed first.
  enum class Suspect : std::uint8_t { kApi, kRecord };
  // Ends an attempt that began under a grant of `epoch`.
  void answered(std::uint32_t worker, std::uint64_t ticket, Verdict verdict, const http::Answer& answer, MonoTime now,
                Suspect suspect = Suspect::kApi) EXCLUDES(mutex_);
  // The operator has changed something: tries at once, also what the API asked to hold back. Of a new target nothing is
  // known yet.
  void resume(MonoTime now, bool new_target) EXCLUDES(mutex_);
  // Ceiling, rate and backoff from now on.
  void follow(std::uint32_t max_in_flight, std::uint32_t rate_limit, const Retry& retry) EXCLUDES(mutex_);
  // The worker takes no more work and waits for nothing.
  void leave(std::uint32_t worker) EXCLUDES(mutex_);

  [[nodiscard]] State state() const EXCLUDES(mutex_);

 private:
  using Workers = std::uint64_t;  // one bit each
  // A line for the log, written after the mutex is released.
  struct Notice {
    const char* event = nullptr;
    log::Level level = log::Level::kInfo;
    std::string why{};
    Duration wait{0};
    double pace = 0;   // over 0: of a change of regime
    double share = 0;  // the same
  };

  [[nodiscard]] bool suspicious() const REQUIRES(mutex_) { return failures_ >= kFailuresToDoubt; }
  [[nodiscard]] std::uint32_t limit() const REQUIRES(mutex_);
  [[nodiscard]] std::uint32_t free_places() const REQUIRES(mutex_);
  [[nodiscard]] std::uint32_t calm_limit() const REQUIRES(mutex_);
  [[nodiscard]] MonoTime gate(MonoTime now) REQUIRES(mutex_);
  [[nodiscard]] std::uint32_t tokens(MonoTime now) REQUIRES(mutex_);
  [[nodiscard]] MonoTime next_tokens(MonoTime now, std::uint32_t wanted) const REQUIRES(mutex_);
  void release(std::uint32_t worker, std::uint64_t ticket, std::uint32_t places) REQUIRES(mutex_);
  [[nodiscard]] Workers to_wake(std::uint32_t caller) REQUIRES(mutex_);

  void learn(std::uint64_t ticket, const http::Answer& answer, MonoTime now) REQUIRES(mutex_);
  void learn_refusal(std::uint64_t ticket, const http::Answer& answer, MonoTime now) REQUIRES(mutex_);
  void say_regime(bool was_paced, double noise_before, MonoTime now) REQUIRES(mutex_);
  void learn_failure(bool failed, bool current, MonoTime now) REQUIRES(mutex_);
  void on_refused(bool current, const http::Answer& answer, MonoTime now) REQUIRES(mutex_);
  void on_alive(bool current, const http::Answer& answer, MonoTime now) REQUIRES(mutex_);
  void on_alive_normal(bool current, const http::Answer& answer, MonoTime now) REQUIRES(mutex_);
  void on_transient(bool current, const http::Answer& answer, MonoTime now, Suspect suspect) REQUIRES(mutex_);
  void on_wrong(bool current, const http::Answer& answer, MonoTime now) REQUIRES(mutex_);
  void hold(bool current, const http::Answer& answer, MonoTime now) REQUIRES(mutex_);
  void doubt(bool current, const http::Answer& answer, MonoTime now) REQUIRES(mutex_);
  void open(const http::Answer& answer, MonoTime now) REQUIRES(mutex_);
  void next_probe(MonoTime now) REQUIRES(mutex_);
  void next_epoch() REQUIRES(mutex_);
  void half_open(std::uint32_t places) REQUIRES(mutex_);
  void enter(Mode mode) REQUIRES(mutex_);
  void say(const char* event, log::Level level, Duration wait) REQUIRES(mutex_);
  void say_resumed() REQUIRES(mutex_);

  void publish(const Notice& notice, Workers wake) const EXCLUDES(mutex_);

  const std::uint32_t workers_;
  std::vector<std::function<void()>> wakers_;  // constant once threads run

  mutable Mutex mutex_;
  Settings settings_ GUARDED_BY(mutex_);
  SeededRandom random_ GUARDED_BY(mutex_);
  Mode mode_ GUARDED_BY(mutex_) = Mode::kNormal;
  std::string reason_ GUARDED_BY(mutex_);
  MonoTime since_ GUARDED_BY(mutex_){};
  std::string last_error_ GUARDED_BY(mutex_);
  Limit adaptive_ GUARDED_BY(mutex_);
  Pace pace_ GUARDED_BY(mutex_);
  FailureShare failure_share_ GUARDED_BY(mutex_);
  Crowd crowd_ GUARDED_BY(mutex_);
  double refused_share_ GUARDED_BY(mutex_) = 0;
  std::uint32_t doubts_ GUARDED_BY(mutex_) = 0;      // failures of those asked one at a time
  MonoTime probe_limit_after_ GUARDED_BY(mutex_){};  // until then it only grows to where it was good
  std::uint64_t epoch_ GUARDED_BY(mutex_) = 0;
  std::uint32_t failures_ GUARDED_BY(mutex_) = 0;  // in a row, while normal
  std::uint32_t step_ GUARDED_BY(mutex_) = 0;      // of the backoff or of the probes' intervals
  std::uint32_t ramp_ GUARDED_BY(mutex_) = 0;      // places while half-open
  MonoTime not_before_ GUARDED_BY(mutex_){};       // end of the backoff, or time of the next probe
  MonoTime hold_until_ GUARDED_BY(mutex_){};       // Retry-After
  std::uint32_t in_flight_ GUARDED_BY(mutex_) = 0;
  std::uint32_t current_ GUARDED_BY(mutex_) = 0;           // of these, those of the current epoch
  std::vector<std::uint32_t> holding_ GUARDED_BY(mutex_);  // in flight, by worker
  Workers waiting_ GUARDED_BY(mutex_) = 0;                 // refused for want of a place, and holding none
  Workers woken_ GUARDED_BY(mutex_) = 0;         // of these, those called: a place is kept for each until it asks
  std::uint32_t turn_ GUARDED_BY(mutex_) = 0;    // who is called next
  Workers gated_ GUARDED_BY(mutex_) = 0;         // refused until a time that may yet be brought forward
  bool gate_lifted_ GUARDED_BY(mutex_) = false;  // it was: call them
  double tokens_ GUARDED_BY(mutex_) = 0;
  MonoTime refilled_ GUARDED_BY(mutex_){};
  Notice notice_ GUARDED_BY(mutex_);
  std::string wrong_code_ GUARDED_BY(mutex_);     // why it was paused, as the log was told
  bool said_trouble_ GUARDED_BY(mutex_) = false;  // the log has heard of a pause or an outage, not yet of its end
  log::Gate hold_gate_ GUARDED_BY(mutex_){std::chrono::seconds{60}};
  log::Gate pace_gate_ GUARDED_BY(mutex_){std::chrono::minutes{10}};
  log::Gate noise_gate_ GUARDED_BY(mutex_){std::chrono::minutes{10}};
  log::Gate open_gate_ GUARDED_BY(mutex_){std::chrono::seconds{60}};
};

}  // namespace respand::delivery
