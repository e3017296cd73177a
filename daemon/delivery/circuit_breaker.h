#pragma once
// CircuitBreaker: whether the upstream is asked normally, a little, or not at all, from what its answers say of its
// health. Used by UpstreamGate, under its mutex. Pure but for its own seeded jitter; time is the caller's.
//
//   normal ──nothing gets through──▶ open ──a probe succeeds──▶ half-open ──2, 4, 8 … at once──▶ normal
//     │  └──Retry-After──▶ held ──its time is over──▶ normal         └──five failures in a row──▶ open
//     └──401, 404, certificate …──▶ paused ──a probe succeeds, or resume()──▶ half-open
//
// Failures (5xx, time-outs) hold nobody back as such: whether they are overload is found out elsewhere
// (failure_share.h). But after 8 in a row fewer take their slots, after 16 one at a time is asked, and three failures
// of those open the circuit. So an API that fails every other request is not taken for one that is down; nor is one
// that can't digest a record that others have overtaken. A 429 says that the API is there: it opens nothing.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "delivery/backoff.h"
#include "delivery/notice.h"
#include "delivery/verdict.h"
#include "respand/base/log.h"
#include "respand/base/random.h"
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
  // Failures in a row (429 is none) from which on fewer and fewer may be in flight: an API that fails every other
  // request has as many once in 500 requests.
  static constexpr std::uint32_t kFailuresToSlow = 8;
  // From which on it is asked one at a time; once in 100,000.
  static constexpr std::uint32_t kFailuresToSuspect = 16;
  // Of those asked one at a time, the failures in a row that open the circuit.
  static constexpr std::uint32_t kSuspicionsToOpen = 3;
  // Failures in a row that open it again while half-open.
  static constexpr std::uint32_t kFailuresToReopen = 5;
  // The first interval between probes of a wrong upstream. It is not healed by waiting, but by somebody.
  static constexpr Duration kFirstPauseProbe = std::chrono::seconds{1};
  // Between probes of one that fails, however long it does: what comes in is to be live soon after it is back, and one
  // request in ten seconds is nothing to anybody.
  static constexpr Duration kLongestProbe = std::chrono::seconds{15};

  // What a change means for those beside it.
  struct Effect {
    enum class Overload : std::uint8_t { kNone, kFirst, kLate };
    Overload overload = Overload::kNone;  // if it is not down, it had far too much at once
    bool left_normal = false;
    bool new_mode = false;     // everybody asks anew
    bool new_epoch = false;    // attempts that began before now say nothing about the present
    bool gate_lifted = false;  // who waits for a time asks anew
  };

  CircuitBreaker(const Retry& retry, std::uint64_t seed) : retry_(retry), random_(seed) {}

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
  void rest(Duration rest, MonoTime now);
  // The operator has changed something: tries at once.
  void resume();
  void reconfigure(const Retry& retry) { retry_ = retry; }
  // What became of all calls since the last take.
  [[nodiscard]] Effect take_effect();
  [[nodiscard]] Notice take_notice();

  [[nodiscard]] Mode mode() const { return mode_; }
  // So many failures in a row that one at a time is asked.
  [[nodiscard]] bool suspicious() const { return failures_ >= kFailuresToSuspect; }
  // How many may be in flight where the adaptive limit is `most`.
  [[nodiscard]] std::uint32_t limit(std::uint32_t most) const;
  // Until then the adaptive limit only grows to where it was good.
  [[nodiscard]] MonoTime probe_limit_after() const { return probe_limit_after_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }  // empty while normal
  [[nodiscard]] const Cause& cause() const { return cause_; }          // of that; none while normal
  [[nodiscard]] MonoTime since() const { return since_; }              // of that
  // When the next attempt may begin, where it may not now; else long ago.
  [[nodiscard]] MonoTime next_try() const { return std::max(hold_until_, not_before_); }
  // The last failure that was not a record's fault, also long after it.
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

 private:
  [[nodiscard]] bool takes_silence(bool current, const http::Answer& answer, MonoTime now);
  void hold(bool current, const http::Answer& answer, MonoTime now);
  void note_suspicion(bool current, const http::Answer& answer, MonoTime now);
  void open(const http::Answer& answer, MonoTime now);
  void next_probe(MonoTime now);
  void half_open(std::uint32_t slots);
  void enter(Mode mode);
  void say(const char* event, log::Level level, Duration wait);
  void say_resumed();

  Retry retry_;
  SeededRandom random_;
  Mode mode_ = Mode::kNormal;
  std::string reason_;
  Cause cause_;
  MonoTime since_{};
  std::string last_error_;
  std::uint32_t failures_ = 0;    // in a row, while normal
  std::uint32_t suspicions_ = 0;  // of those asked one at a time
  std::uint32_t step_ = 0;        // of the backoff or of the probes' intervals
  std::uint32_t ramp_ = 0;        // slots while half-open
  MonoTime not_before_{};         // end of the backoff, or time of the next probe
  MonoTime hold_until_{};         // Retry-After
  MonoTime probe_limit_after_{};
  Effect effect_;
  Notice notice_;
  Cause wrong_;              // why it was paused, as the log was told
  bool said_issue_ = false;  // the log has heard of a pause or an outage, not yet of its end
  log::LogThrottle hold_gate_{std::chrono::seconds{60}};
  log::LogThrottle open_gate_{std::chrono::seconds{60}};
};

}  // namespace respand::delivery
