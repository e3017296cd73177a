#pragma once
// Patience: how long a connection is waited for, where it keeps a place that others need: in the middle of an HTTP
// request, between two, and behind the last answer. Lines are none of it: a logger keeps its socket open, and may have
// nothing to say for days. Pure; io thread.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "respand/base/units.h"

namespace respand::sockets {

class Patience {
 public:
  // What is waited for.
  enum class Phase : std::uint8_t {
    kNone,     // nothing that has an end: a line, or respand itself
    kNext,     // the next request of a connection that is kept
    kRequest,  // the rest of a request that has begun, or the first byte of one over TCP
    kLeave,    // that it takes its last answer and closes
  };
  struct Limits {
    // Longer than clients keep a connection in their pools: they should be the ones to close it.
    Duration next = std::chrono::minutes{5};
    // And a second more for each kLeastRate bytes that have come.
    Duration request = std::chrono::seconds{30};
    Duration leave = std::chrono::seconds{30};
  };
  // Bytes a second: slower is nobody who sends a record, but who holds a place.
  static constexpr std::size_t kLeastRate = 500;

  // Begins a phase, or goes on with the same.
  void enter(Phase phase, MonoTime now) {
    if (phase != phase_) {
      phase_ = phase;
      since_ = now;
      bytes_ = 0;
    }
  }
  // What was waited for has come: the next phase is another, even if it is of the same kind.
  void end() { phase_ = Phase::kNone; }
  void heard(std::size_t bytes) { bytes_ += bytes; }
  // Respand itself has not read: the time begins anew.
  void excuse(MonoTime now) { since_ = now; }

  [[nodiscard]] Phase phase() const { return phase_; }
  [[nodiscard]] MonoTime since() const { return since_; }
  // Nothing where there is no end to it.
  [[nodiscard]] std::optional<MonoTime> deadline(const Limits& limits) const {
    switch (phase_) {
      case Phase::kNone:
        return std::nullopt;
      case Phase::kNext:
        return since_ + limits.next;
      case Phase::kRequest:
        return since_ + limits.request + std::chrono::seconds{bytes_ / kLeastRate};
      case Phase::kLeave:
        return since_ + limits.leave;
    }
    return std::nullopt;
  }

 private:
  Phase phase_ = Phase::kNone;
  MonoTime since_{};
  std::size_t bytes_ = 0;
};

}  // namespace respand::sockets
