#pragma once
// BatchingProducer: makes journal batches of the records of all connections and datagrams. Records that come in during
// one turn of the event loop share a batch, and so one fdatasync. When a batch is committed, each connection with
// records in it is told. It also applies back-pressure: at most a few batches and a limited number of bytes are in
// flight to the journal at once. io thread only, apart from committed(), which the journal calls.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "respand/base/result.h"
#include "respand/encode/counters.h"
#include "respand/encode/record_encoder.h"
#include "respand/journal/writer.h"
#include "respand/net/loop.h"
#include "respand/queue/doorbell.h"
#include "respand/queue/ring.h"
#include "sockets/held_acks.h"
#include "sockets/pending_ack.h"
#include "sockets/room_queue.h"

namespace respand::sockets {

class BatchingProducer final : public journal::Producer {
 public:
  struct Settings {
    encode::RecordEncoder::Settings encoder;
    // Memory of batches in flight. A single record that is larger goes alone.
    std::size_t max_bytes = 16 << 20;
    std::size_t max_batches = journal::JournalWriter::kMaxOutstanding;
    // Where clients are told of records only once these are acknowledged; borrowed. Null: once they are durable.
    journal::Settlement* settlement = nullptr;
  };
  // Where a record comes from.
  struct Origin {
    Submitter* client = nullptr;
    bool hears = false;  // the client is told what became of the record
    const encode::Counters* counters = nullptr;
    std::uint64_t line = 0;
    ApiRoute route = ApiRoute::kRecords;
    // Only for bodies of other routes than that of records:
    std::string_view content_type{};  // empty: application/json
    std::string_view query{};
    std::string_view headers{};  // whole lines
    encode::RecordEncoder::Sender sender{};
  };

  // `loop`, `intake` and `clock` are borrowed. The BatchingProducer must outlive the last batch that it offered: the
  // journal ends first, or the owner waits until idle().
  BatchingProducer(net::Loop& loop, const Settings& settings, journal::JournalWriter& intake, const Clock& clock,
                   std::uint64_t seed);
  ~BatchingProducer() override;

  // Requires: called once, before all else.
  [[nodiscard]] Status start();

  // What became of a record that was handed in.
  struct Submission {
    enum class Result : std::uint8_t {
      kTaken,    // it is in a batch
      kRefused,  // it is no record: `refusal` says why
      kFull,     // the journal refuses records: the writer is to be told so
      kWait,     // there is no room now: call wait_for_room(), and submit it again from on_room()
    };
    Result result = Result::kTaken;
    bool opens_ack = false;  // kTaken: it opened a PendingAck, so one more on_committed() will come
    record::Refusal refusal{};
  };
  // Judges a framed record and copies it into the open batch. A record that is not taken is counted here (`received`
  // and `rejected` of the origin's counters); one that is taken is counted when it is committed. Nobody overtakes those
  // who wait for room.
  [[nodiscard]] Submission submit(const Origin& origin, std::string_view bytes);
  // The client waits for room, in the order of asking; on_room() is called when it is its turn.
  void wait_for_room(Submitter& client);
  // All records of the line were taken. Has an effect only in the same turn of the loop as the line's last submit().
  void complete(const Submitter* client, std::uint64_t line);

  // Replaces the rules from the next submit() on.
  void reconfigure(encode::RulesInForce rules) { encoder_.reconfigure(std::move(rules)); }
  // False while the journal refuses records.
  [[nodiscard]] bool accepting() const noexcept { return intake_.accepting(); }

  // No batch is open or in flight, and all who are to hear of one have heard.
  [[nodiscard]] bool idle() const { return flights_.empty() && open_ == nullptr && acks_.empty(); }
  // Called whenever the BatchingProducer has become idle.
  void when_idle(std::function<void()> call) { when_idle_ = std::move(call); }

  // For the journal's thread.
  void committed(std::unique_ptr<journal::Batch> batch, journal::CommitResult outcome) noexcept override;

 private:
  struct CommittedBatch {
    std::unique_ptr<journal::Batch> batch;
    journal::CommitResult outcome = journal::CommitResult::kStopped;
  };
  // Memory that is kept for the next batches.
  struct Spare {
    std::vector<std::unique_ptr<journal::Batch>> batches;
    std::vector<std::unique_ptr<journal::Batch>> light;  // that have held little so far: most of their memory is unused
    std::vector<std::vector<PendingAck>> acks;
  };
  // A batch that was closed, in the order of offering.
  struct InFlightBatch {
    std::vector<PendingAck> marks;
    std::size_t capacity = 0;
  };

  // Whether a record of this size may be appended now.
  [[nodiscard]] bool admits(const Submitter* client, std::size_t record) const;
  // Appends a record that was accepted. True where a new PendingAck was opened. Requires: admits(…, bytes.size()).
  bool append(const Origin& origin, std::string_view bytes, const record::RecordFields& fields);
  void open_batch(std::size_t room);
  void close_batch();
  void offer();
  void flush();
  void drain();
  void complete(CommittedBatch committed);
  void rest();
  void recycle(std::unique_ptr<journal::Batch> batch);

  const Settings settings_;
  journal::JournalWriter& intake_;
  net::Loop& loop_;
  encode::RecordEncoder encoder_;

  std::unique_ptr<journal::Batch> open_;
  std::vector<PendingAck> open_acks_;
  // Closed batches that the journal's ring had no room for. They are the last ones of flights_.
  std::deque<std::unique_ptr<journal::Batch>> unoffered_;
  std::deque<InFlightBatch> flights_;
  std::size_t in_use_ = 0;  // capacity of open_ and flights_
  Spare spare_;
  RoomQueue<Submitter> waiting_;
  std::function<void()> when_idle_ = [] {};

  queue::Ring<CommittedBatch> ring_;  // journal thread to io thread
  queue::Doorbell bell_;
  std::unique_ptr<net::FdWatcher> wake_;  // an eventfd that the bell writes
  net::DeferredCall turn_end_;
  net::Timer retry_;
  HeldAcks acks_;
};

}  // namespace respand::sockets
