#pragma once
// The journal's interface for those who wait until records are acknowledged: they need no further work, because
// delivery or an edge has acknowledged them. Used by the sockets where an acknowledgement means more than "durable"
// (socket.ack).

#include <functional>

#include "respand/base/units.h"

namespace respand::journal {

// The interface. The journal outlives its use.
class Settlement {
 public:
  virtual ~Settlement() = default;
  // `hook` is called when more is acknowledged, once for each arm(), on the thread that has acknowledged it: it must be
  // cheap, and what it calls outlives the journal's threads and its readers'. One user; any thread.
  virtual void wire(std::function<void()> hook) = 0;
  // The next change calls the hook. The caller looks once more before it waits. Any thread.
  virtual void arm() = 0;
  // The lowest sequence that is not acknowledged. Any thread.
  [[nodiscard]] virtual Sequence acknowledged_below() const = 0;
  // Whether all of [first, end) is acknowledged. Any thread.
  [[nodiscard]] virtual bool is_acknowledged(Sequence first, Sequence end) const = 0;
};

}  // namespace respand::journal
