#pragma once
// The journal's interface for who must be able to look back: the spool, whose evidence of what it has taken in are the
// records themselves (AttributeScan in reader.h). A pin keeps segments that delivery is done with.

#include "respand/base/units.h"

namespace respand::journal {

class RetentionPin {
 public:
  virtual ~RetentionPin() = default;
  // Segments with records at or above `floor` are kept even when all is delivered. At start the floor is the persisted
  // one, or the next sequence where that is lower. It only rises; Sequence{~0}: nothing is needed until hold(). Any
  // thread, one at a time.
  virtual void keep_from(Sequence floor) noexcept = 0;
  // From now on all that becomes durable is kept, until keep_from() says otherwise. Returns the floor: every batch
  // offered after the call has its records at or above it. The same thread as keep_from().
  virtual Sequence hold() noexcept = 0;
};

}  // namespace respand::journal
