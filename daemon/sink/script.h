#pragma once
// What happens to the next request: one draw among the rules, and the limits on rate and concurrency. Rules may be
// changed from any thread; a decision sees the old ones or the new ones, never a mix. New rules begin with full limits.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/mutex.h"
#include "respand/base/random.h"
#include "sink/options.h"

namespace respand::sink {

struct Verdict {
  Fault fault = Fault::kNone;
  int status = 200;
  Duration delay{0};
  bool close = false;
  std::uint32_t retry_after = 0;  // seconds; 0: not told
  RetryAfterForm retry_after_form = RetryAfterForm::kUsual;
  std::string headers = {};  // more of them, each with its line's end
  WallTime decided{};        // what a Retry-After that is a date counts from
  std::string body = {};     // of a 200, where it is not the usual one
  // Whether the record counts as taken in.
  [[nodiscard]] bool takes_record() const {
    return fault == Fault::kHalf || (fault == Fault::kNone && status >= 200 && status < 300);
  }
};

class Script {
 public:
  Script(Rules rules, std::uint64_t seed) : state_(std::move(rules), seed) {}

  void set(Rules rules);
  // Whether an Authorization header satisfies the rules.
  [[nodiscard]] bool authorised(std::string_view authorization) const;
  // Whether a record is refused for what it holds.
  [[nodiscard]] bool refuses(std::string_view record) const;
  // Whether a record is never taken, and it is not said to be its fault.
  [[nodiscard]] bool poisons(std::string_view record) const;
  [[nodiscard]] BatchAnswers batch() const;
  [[nodiscard]] std::string unknown_route() const;
  [[nodiscard]] std::uint32_t rejected_spans() const;
  // The verdict on a request whose own status (a refusal, or 200) is known; `in_flight` counts this one.
  [[nodiscard]] Verdict judge(int status, std::uint64_t in_flight, MonoTime now);

 private:
  struct State {
    State(Rules initial, std::uint64_t seed);
    void begin(Rules next);
    Rules rules;
    SeededRandom random;
    std::vector<RateLimitCount> counts;  // of rules.limits
  };
  static bool is_too_much(State& state, std::uint64_t in_flight, MonoTime now);
  // How long until the limits take a request; 0: now.
  static Duration wait(State& state, MonoTime now);
  static std::uint32_t retry_after(State& state, const Verdict& verdict, MonoTime now);
  static std::string limit_headers(State& state, MonoTime now);
  static void draw(State& state, Verdict& verdict);

  LockGuarded<State> state_;
};

}  // namespace respand::sink
