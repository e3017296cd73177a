#pragma once
// What happens to the next request: one draw among the rules, and the limits on rate and concurrency. Rules may be
// changed from any thread; a decision sees the old ones or the new ones, never a mix.

#include <cstdint>
#include <string>
#include <string_view>

#include "respand/base/mutex.h"
#include "respand/base/random.h"
#include "sink/options.h"

namespace respand::sink {

struct Verdict {
  Fault fault = Fault::kNone;
  int status = 200;
  Duration delay{0};
  bool close = false;
  std::uint32_t retry_after = 0;
  std::string body = {};  // of a 200, where it is not the usual one
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
  [[nodiscard]] BatchAnswers batch() const;
  // The verdict on a request whose own status (a refusal, or 200) is known; `in_flight` counts this one.
  [[nodiscard]] Verdict judge(int status, std::uint64_t in_flight, MonoTime now);

 private:
  struct State {
    State(Rules initial, std::uint64_t seed) : rules(std::move(initial)), random(seed) {}
    Rules rules;
    SeededRandom random;
    MonoTime second{};  // when the current second of the rate limit began
    std::uint32_t in_second = 0;
  };
  static bool is_too_much(State& state, std::uint64_t in_flight, MonoTime now);
  static void draw(State& state, Verdict& verdict);

  LockGuarded<State> state_;
};

}  // namespace respand::sink
