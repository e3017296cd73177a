#pragma once
// Patience: how long respand waits for an HTTP connection, which keeps a place that others may need: in the middle of a
// request, between two requests, and after the last answer. Connections that speak lines have no limit: a logger keeps
// its socket open, and may have nothing to send for days. Pure; io thread.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "respand/base/units.h"

namespace respand::sockets {

class Patience {
 public:
  // What is waited for.
  enum class Phase : std::uint8_t {
    kNone,     // nothing with a limit: a line, or respand itself
    kNext,     // the next request on a kept connection
    kRequest,  // the rest of a request that has begun, or the first byte over TCP
    kLeave,    // that the peer takes its last answer and closes
  };
  struct Limits {
    // Longer than clients keep connections in their pools: the client should be the one that closes.
    Duration next = std::chrono::minutes{5};
    // Extended by a second for each kLeastRate bytes that have come.
    Duration request = std::chrono::seconds{30};
    Duration leave = std::chrono::seconds{30};
  };
  // Bytes a second. A client that is slower does not send a record, it only holds a place.
  static constexpr std::size_t kLeastRate = 500;

  // Begins a phase, or goes on with the same.
  void enter(Phase phase, MonoTime now) {
    if (phase != phase_) {
      phase_ = phase;
      since_ = now;
      bytes_ = 0;
    }
  }
  // What was waited for has come: the next enter() begins a new phase, even if it is of the same kind.
  void end() { phase_ = Phase::kNone; }
  void heard(std::size_t bytes) { bytes_ += bytes; }
  // Respand itself kept the peer waiting: the time begins anew.
  void excuse(MonoTime now) { since_ = now; }

  [[nodiscard]] Phase phase() const { return phase_; }
  [[nodiscard]] MonoTime since() const { return since_; }
  // None where there is no limit.
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
