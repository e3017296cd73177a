#pragma once
// SharedPins: one retention pin of the journal for two users, the spool and a relay. A segment is kept as long as one
// of them needs it. Any thread.

#include <array>
#include <cstddef>

#include "respand/base/mutex.h"
#include "respand/base/units.h"
#include "respand/journal/retention_pin.h"

namespace respand::fleet {

class SharedPins {
 public:
  // `pin` is borrowed, and has no other user.
  explicit SharedPins(journal::RetentionPin& pin) : first_(*this, 0), second_(*this, 1), pin_(pin) {}
  SharedPins(const SharedPins&) = delete;
  SharedPins& operator=(const SharedPins&) = delete;

  [[nodiscard]] journal::RetentionPin& first() { return first_; }
  [[nodiscard]] journal::RetentionPin& second() { return second_; }

 private:
  class View final : public journal::RetentionPin {
   public:
    View(SharedPins& pins, std::size_t index) : pins_(pins), index_(index) {}
    void keep_from(Sequence floor) noexcept override { pins_.keep_from(index_, floor); }
    Sequence hold() noexcept override { return pins_.hold(index_); }

   private:
    SharedPins& pins_;
    const std::size_t index_;
  };
  void keep_from(std::size_t index, Sequence floor) EXCLUDES(mutex_);
  [[nodiscard]] Sequence hold(std::size_t index) EXCLUDES(mutex_);

  View first_;
  View second_;
  Mutex mutex_;
  journal::RetentionPin& pin_ GUARDED_BY(mutex_);
  // What each user needs. At first all that the run before has left: nobody has looked yet.
  std::array<Sequence, 2> floors_ GUARDED_BY(mutex_){};
};

}  // namespace respand::fleet
