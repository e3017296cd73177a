#pragma once
// KeepAlive: when a silent connection is to be asked whether it lives (PING), and when it is given up. Used by
// Connection. A value.

#include <cstdint>

#include "respand/base/units.h"

namespace respand::nats {

class KeepAlive {
 public:
  enum class Verdict : std::uint8_t {
    kAlive,
    kAsk,   // send a PING
    kDead,  // silent for an interval, and another one after the PING
  };

  KeepAlive(Duration interval, MonoTime now) : interval_(interval), since_(now) {}

  // Something came.
  void heard(MonoTime now) {
    since_ = now;
    asked_ = false;
  }
  // When ask() is due.
  [[nodiscard]] MonoTime due() const { return since_ + interval_; }
  [[nodiscard]] Verdict ask(MonoTime now) {
    if (now < due()) {
      return Verdict::kAlive;
    }
    if (asked_) {
      return Verdict::kDead;
    }
    asked_ = true;
    since_ = now;
    return Verdict::kAsk;
  }

 private:
  Duration interval_;
  MonoTime since_;
  bool asked_ = false;
};

}  // namespace respand::nats
