#pragma once
// HeldAcks: tells clients what became of their records: at once, or, under socket.ack: published, once these are
// acknowledged: on the cluster, or among the dead letters. Each client hears in its own order; a record that can't be
// published yet holds up its own writer only. io thread.

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "respand/base/units.h"
#include "respand/journal/settlement.h"
#include "respand/journal/writer.h"
#include "respand/net/loop.h"
#include "sockets/pending_ack.h"

namespace respand::sockets {

class HeldAcks {
 public:
  // Usually all below one sequence is acknowledged, which is looked at each time. Where that stands still, all that is
  // held is looked through so often.
  static constexpr Duration kLookThrough = std::chrono::seconds{1};

  // `settlement`: null: nothing is held; borrowed. `wake` is called on any thread when release() may have something to
  // do, and `looked` on the io thread after all was looked through.
  HeldAcks(net::Loop& loop, journal::Settlement* settlement, std::function<void()> wake, std::function<void()> looked);

  // A batch was committed. The client is told now or later; Submitter::on_news() follows with tell(). Requires: it has
  // a client.
  void committed(PendingAck pending, journal::CommitResult outcome);
  // Tells what is acknowledged by now.
  void release();
  // Calls on_news() of those that were told something.
  void tell();
  [[nodiscard]] bool empty() const { return held_.empty(); }

 private:
  struct Held {
    PendingAck pending;               // without its client
    std::weak_ptr<Submitter> client;  // one that is gone has nothing to hear
    journal::CommitResult outcome = journal::CommitResult::kDurable;
  };
  [[nodiscard]] static Sequence end_of(const Held& held) {
    return Sequence{held.pending.sequence.value + held.pending.records};
  }
  void hear(PendingAck pending, journal::CommitResult outcome);
  void let_go(Held held);
  void look_through();

  journal::Settlement* const settlement_;
  const std::function<void()> looked_;
  std::deque<Held> held_;  // in the order of their sequences
  std::uint64_t passes_ = 0;
  std::vector<std::shared_ptr<Submitter>> news_;
  net::Timer timer_;
};

}  // namespace respand::sockets
