#pragma once
// Publisher: the batches of an edge that are on their way, and what each answer means. A record is
// acknowledged (JournalReader::acknowledge) only by a PubAck of the right stream without an error, or once it is safe
// among the dead letters; after anything else it is published again, under the same id. The edge's thread.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/batch_source.h"
#include "fleet/edge_counters.h"
#include "fleet/kept_messages.h"
#include "fleet/message_builder.h"
#include "fleet/publish_answer.h"
#include "fleet/publish_gate.h"
#include "fleet/stream_history.h"
#include "fleet/stream_watch.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/base/units.h"
#include "respand/fleet/edge_state.h"
#include "respand/journal/reader.h"
#include "respand/nats/client.h"
#include "respand/nats/jetstream.h"

namespace respand::fleet {

// A record that no message can carry. The views hold during the call.
struct TooLargeRecord {
  const journal::Ref& ref;
  std::string_view key{};  // the name of its key; empty: the usual one
  std::string_view attributes{};
  std::string_view payload{};
  std::string why{};  // with both sizes
};
// Puts it among the dead letters; when it returns success, the record is safe there.
using DeadLetterWriter = std::function<Status(const TooLargeRecord&)>;

class Publisher {
 public:
  struct Settings {
    std::string stream;
    std::string subject;
    std::size_t max_in_flight = 8;
  };
  // What it works with, all borrowed.
  struct Parts {
    journal::JournalReader& journal;
    BatchSource& source;
    MessageBuilder& builder;
    StreamHistory& history;
    KeptMessages& kept;
    const StreamWatch& watch;
    nats::Client& client;
    EdgeCounters& counters;
    const Clock& clock;
  };
  Publisher(Settings settings, const Parts& parts, DeadLetterWriter dead_letter, std::uint64_t seed);

  // Publishes what may be published now: first what waits; where nothing does, one new batch is built, so that answers
  // are read and the next ones go out between two that are built. Some are built ahead of the answers that make room
  // for them, because a server that syncs each message must not wait for the next one. Requires: the connection is up.
  void publish(MonoTime now, bool hurry);
  // The connection is a new one: what was on its way goes out again.
  void link_is_up(MonoTime now);
  // An answer to one of its requests.
  void answered(const nats::Reply& reply, MonoTime now);
  // Keeps and acknowledges what was stored since the last call.
  void settle();
  // Whether the next publish() has something to send. That is more urgent than settle(), which may then come a turn
  // later: once, so that it comes at all.
  [[nodiscard]] bool put_off_settling(MonoTime now);

  // When publish() may have something to do although nothing comes in; MonoTime::max(): never.
  [[nodiscard]] MonoTime due(MonoTime now) const;
  // Whether a new batch would be built now, if there were records.
  [[nodiscard]] bool takes_more(MonoTime now) const { return room_for_new(now) + room_ahead() > 0; }
  [[nodiscard]] std::size_t open() const { return batches_.size(); }
  [[nodiscard]] std::size_t in_flight() const;
  // Since the start.
  [[nodiscard]] std::uint64_t stored_batches() const { return stored_batches_; }
  [[nodiscard]] std::uint64_t stored_records() const { return stored_records_; }
  [[nodiscard]] PublishGate& gate() { return gate_; }
  [[nodiscard]] const PublishGate& gate() const { return gate_; }

 private:
  static constexpr std::size_t kMostAhead = 8;  // full batches that are built before there is room for them
  struct Stored {
    std::string id;
    std::string message;
    std::uint64_t sequence;  // in the stream
    bool late;               // it went to a stream that was lost meanwhile
  };

  bool send_waiting(MonoTime now);
  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] MonoTime next_try() const;  // of those that wait
  [[nodiscard]] std::size_t room_for_new(MonoTime now) const;
  [[nodiscard]] std::size_t room_ahead() const;
  [[nodiscard]] BatchSource::Wanted wanted(MonoTime now, bool hurry) const;
  bool add_new(MonoTime now, bool hurry);
  void send(OpenBatch& batch, MonoTime now);
  void in_process(OpenBatch& batch, MonoTime now);
  void stored(OpenBatch& batch, const nats::PubAck& ack);
  void concerns_all(OpenBatch& batch, EdgeCondition condition, std::string_view why, MonoTime now);
  void too_large(OpenBatch& batch, std::string_view limit, MonoTime now);
  void split(OpenBatch& batch, MonoTime now);
  [[nodiscard]] std::string max_payload() const;
  [[nodiscard]] std::string max_message_size() const;
  void add_dead_letter(OpenBatch& batch, std::string_view limit, MonoTime now);
  void write_borders();

  const Settings settings_;
  const Parts parts_;
  const DeadLetterWriter dead_letter_;
  PublishGate gate_;
  std::vector<std::unique_ptr<OpenBatch>> batches_;  // in the order of their first records, as far as possible
  std::vector<std::unique_ptr<OpenBatch>> halves_;   // of batches that were too large, for the next turn
  std::vector<Stored> stored_;                       // and not kept yet
  std::vector<journal::Ack> acks_;
  std::uint64_t requests_ = 0;
  std::uint64_t stored_batches_ = 0;
  std::uint64_t stored_records_ = 0;
  std::uint32_t unanswered_ = 0;  // time-outs in a row
  bool goes_on_ = false;          // the last turn sent or built a batch, so the next one may
  bool put_off_ = false;          // the last turn did not settle
  std::string payload_;
  std::string attributes_;
  log::LogThrottle throttle_;
};

}  // namespace respand::fleet
