#pragma once
// The journal's interface for the spool, which must be able to look back: the records themselves are its evidence of
// what it has taken in (AttributeScan in reader.h). A pin keeps segments that delivery is done with.

#include "respand/base/units.h"

namespace respand::journal {

// The pin, which is kept over restarts with the journal's cursor.
class RetentionPin {
 public:
  virtual ~RetentionPin() = default;
  // Keeps the segments with records at or above `floor`, even when all of them are delivered. At the start the floor is
  // the persisted one, or the next sequence where that is lower. A call can only raise it; Sequence{~0}: nothing is
  // needed until hold(). Any thread, one at a time.
  virtual void keep_from(Sequence floor) noexcept = 0;
  // Keeps all that becomes durable from now on, until keep_from() says otherwise. Returns the floor: every batch that
  // is offered after the call has its records at or above it. The same thread as keep_from().
  virtual Sequence hold() noexcept = 0;
};

}  // namespace respand::journal
