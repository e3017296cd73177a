#pragma once
// CircuitBreaker: whether the upstream is asked normally, a little, or not at all, from what its answers say of its
// health. Used by UpstreamGate, under its mutex. Pure but for its own seeded jitter; time is the caller's. It has the
// modes and the ways from one to another; how many failures are too many is in failure_streak.h, when the next attempt
// may begin in attempt_timer.h, and what the log is told in circuit_notices.h.
//
//   normal ──nothing gets through──▶ open ──a probe succeeds──▶ half-open ──2, 4, 8 … at once──▶ normal
//     │  └──Retry-After──▶ held ──its time is over──▶ normal         └──five failures in a row──▶ open
//     └──401, 404, certificate …──▶ paused ──a probe succeeds, or resume()──▶ half-open
//
// A single failure (5xx, time-out) holds nobody back: whether failures are overload is found out elsewhere
// (failure_share.h). But after 8 in a row fewer requests may be in flight, after 16 the API is asked one at a time, and
// three failures of those open the circuit. So an API that fails every other request is not taken for one that is down;
// nor is one that fails for a single record, while it takes others. A 429 says that the API is there: it opens nothing.

#include <cstdint>
#include <string>
#include <string_view>

#include "delivery/attempt_timer.h"
#include "delivery/backoff.h"
#include "delivery/circuit_notices.h"
#include "delivery/failure_streak.h"
#include "delivery/notice.h"
#include "delivery/verdict.h"
#include "respand/base/units.h"
#include "respand/http/client.h"

namespace respand::delivery {

enum class Mode : std::uint8_t {
  kNormal,    // up to the adaptive limit
  kHeld,      // the API asked for silence (Retry-After): nothing leaves
  kOpen,      // the API fails: one probe at a time, at growing intervals
  kPaused,    // upstream or key are wrong: the same, and somebody has to do something
  kHalfOpen,  // it answers again: a few at a time, twice as many after each success
};
[[nodiscard]] std::string_view name_of(Mode mode) noexcept;

// Whether a failure may be the record's own: others went through since it failed first.
enum class FailureSource : std::uint8_t { kUpstream, kRecord };

class CircuitBreaker {
 public:
  // What a change means for those beside it.
  struct Effect {
    enum class Overload : std::uint8_t { kNone, kFirst, kLate };
    Overload overload = Overload::kNone;  // if it is not down, it had far too much at once
    bool left_normal = false;
    bool new_mode = false;     // everybody asks anew
    bool new_epoch = false;    // attempts that began before now say nothing about the present
    bool gate_lifted = false;  // who waits for a time asks anew
  };

  CircuitBreaker(const Retry& retry, std::uint64_t seed) : timer_(retry, seed) {}

  // The answers. `current`: of an attempt of the present epoch.
  // One that says nothing against the API. `most`: as many as may be in flight when all is well.
  void alive(bool current, std::uint32_t most);
  // 429.
  void refused(bool current, const http::Answer& answer, MonoTime now);
  void failed(bool current, const http::Answer& answer, MonoTime now, FailureSource source);
  // Upstream or key are wrong.
  void wrong(bool current, const http::Answer& answer, MonoTime now);

  // The time before which nothing may leave. A hold that is over is left at once where a pace is known, else for a
  // careful start.
  [[nodiscard]] MonoTime gate(MonoTime now, bool paced);
  // The API says that nothing more is taken for that long: as a hold, but nobody was refused.
  void rest(Duration rest, MonoTime now) { timer_.rest(rest, now); }
  // The operator has changed something: tries at once.
  void resume();
  void reconfigure(const Retry& retry) { timer_.reconfigure(retry); }
  // What became of all calls since the last take.
  [[nodiscard]] Effect take_effect();
  [[nodiscard]] Notice take_notice() { return notices_.take(); }

  [[nodiscard]] Mode mode() const { return mode_; }
  // So many failures in a row that one at a time is asked.
  [[nodiscard]] bool suspicious() const { return failures_.suspects(); }
  // How many may be in flight where the adaptive limit is `most`.
  [[nodiscard]] std::uint32_t limit(std::uint32_t most) const;
  // Until then the adaptive limit only grows to where it was good.
  [[nodiscard]] MonoTime probe_limit_after() const { return probe_limit_after_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }  // why it is not normal; empty while it is
  [[nodiscard]] const Cause& cause() const { return cause_; }          // the same as a value; none while normal
  [[nodiscard]] MonoTime since() const { return since_; }              // when it was normal last
  // When the next attempt may begin, where it may not now; else long ago.
  [[nodiscard]] MonoTime next_try() const { return timer_.next(); }
  // The last failure that was not a record's fault, also long after it.
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

 private:
  [[nodiscard]] bool takes_silence(bool current, const http::Answer& answer, MonoTime now);
  void hold(bool current, const http::Answer& answer, MonoTime now);
  void failed_while_normal(bool current, const http::Answer& answer, MonoTime now);
  void open(const http::Answer& answer, MonoTime now);
  void probed_in_vain(MonoTime now);
  void wait_for_probe(MonoTime now);
  void half_open(std::uint32_t slots);
  void enter(Mode mode);

  AttemptTimer timer_;
  FailureStreak failures_;
  CircuitNotices notices_;
  Mode mode_ = Mode::kNormal;
  std::string reason_;
  Cause cause_;
  MonoTime since_{};
  std::string last_error_;
  std::uint32_t ramp_ = 0;  // slots while half-open
  MonoTime probe_limit_after_{};
  Effect effect_;
};

}  // namespace respand::delivery
