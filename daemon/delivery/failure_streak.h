#pragma once
// FailureStreak: failures in a row, and what they say: nothing yet, that the API may be down, or that it is. Used by
// CircuitBreaker, which says which answers are failures. Pure.
//
// What holds: a success makes the streak one of no failures; an API that is slow to fail is judged by requests that
// left after it was suspected, not by those that were in flight before.

#include <cstdint>

namespace respand::delivery {

class FailureStreak {
 public:
  // Failures in a row (429 is none) from which on fewer and fewer may be in flight: an API that fails every other
  // request has as many once in 500 requests.
  static constexpr std::uint32_t kToSlow = 8;
  // From which on it is suspected to be down and asked one at a time; once in 100,000.
  static constexpr std::uint32_t kToSuspect = 16;
  // Of those asked one at a time, the failures in a row that show that it is down.
  static constexpr std::uint32_t kSinglesToOpen = 3;
  // Failures in a row that show the same while the API is coming back.
  static constexpr std::uint32_t kToReopen = 5;

  // What a failure has come to.
  enum class Finding : std::uint8_t {
    kFew,           // others may go through
    kSuspected,     // with this one the API is suspected
    kSingleFailed,  // the one that was asked alone has failed, too
    kLate,          // of a request from before the suspicion: it tells nothing new
    kDown,
  };

  // A failure while all is normal. `current`: of a request that left after the last change of epoch.
  [[nodiscard]] Finding failed(bool current);
  // A failure while the API is coming back. Whether it is down again.
  [[nodiscard]] bool failed_coming_back() { return ++failures_ >= kToReopen; }
  // A success, or a new mode of the circuit.
  void reset();

  // The API is asked one request at a time.
  [[nodiscard]] bool suspects() const { return failures_ >= kToSuspect; }
  // How many of `most` slots may be used: half of them at kToSlow failures, half of that with each further one, one at
  // least. So while a streak lasts, ever fewer new requests follow those that fail.
  [[nodiscard]] std::uint32_t slots(std::uint32_t most) const;

 private:
  std::uint32_t failures_ = 0;
  std::uint32_t singles_ = 0;  // of them, those that were asked alone
};

}  // namespace respand::delivery
