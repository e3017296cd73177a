#pragma once
// PendingAck: a run of records of one client in one batch, and Submitter: whoever hands records in and is told what
// became of them. Used by BatchingProducer and HeldAcks; io thread.

#include <cstdint>
#include <memory>
#include <optional>

#include "respand/base/units.h"
#include "respand/encode/counters.h"
#include "respand/journal/writer.h"
#include "sockets/peer_quotas.h"

namespace respand::sockets {

class Submitter;

// A run of records of one client in one batch. A "line" is what the client numbers: a line, an HTTP request.
struct PendingAck {
  std::shared_ptr<Submitter> client;  // null: nobody is to be told
  const encode::Counters* counters = nullptr;
  std::uint32_t records = 0;
  std::uint64_t first = 0;  // each line from first to last has records in this batch
  std::uint64_t last = 0;
  std::uint64_t through = 0;  // all lines up to this one have no records in later batches
  Sequence sequence{};        // of the first record, once it is durable; the others follow it
};

// Submitter: hands records in and is told what became of them.
class Submitter : public std::enable_shared_from_this<Submitter> {
 public:
  virtual ~Submitter() = default;
  // A batch was committed: once for each PendingAck, in the order in which submit() opened them. Take note; answer in
  // on_news().
  virtual void on_committed(const PendingAck& pending, journal::CommitResult outcome) = 0;
  // Called after the last on_committed() of this turn.
  virtual void on_news() = 0;
  // The wait that wait_for_room() began is over. May call wait_for_room() again: it then keeps its place.
  virtual void on_room() = 0;

  // The uid of the user whose records these are; -1: not known.
  [[nodiscard]] std::int64_t uid() const {
    const std::optional<std::uint32_t> uid = user_ != nullptr ? user_->known_uid() : std::nullopt;
    return uid ? std::int64_t{*uid} : -1;
  }

  // Counts refused records for their user.
  void count_refused(std::uint64_t records) const {
    if (user_ != nullptr) {
      user_->refused(records);
    }
  }

 protected:
  // Whether it waits to hear of records that are durable.
  [[nodiscard]] bool is_held_back() const { return held_ > 0; }

  PeerQuota* user_ = nullptr;  // the user or address that these records come from; null: not known, or gone

 private:
  friend class BatchingProducer;  // user_
  friend class HeldAcks;          // the rest
  bool has_news_ = false;
  std::uint32_t held_ = 0;        // PendingAcks of it that are held back
  std::uint64_t blocked_in_ = 0;  // the last look at all of them in which an earlier one was not acknowledged
};

}  // namespace respand::sockets
