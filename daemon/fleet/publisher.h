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
#include "fleet/message_builder.h"
#include "fleet/open_batches.h"
#include "fleet/publish_answer.h"
#include "fleet/publish_gate.h"
#include "fleet/stored_batches.h"
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
    StoredBatches& stored;
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
  // Whether the next publish() has something to send.
  [[nodiscard]] bool is_urgent(MonoTime now) const;

  // When publish() may have something to do although nothing comes in; MonoTime::max(): never.
  [[nodiscard]] MonoTime due(MonoTime now) const;
  // Whether a new batch would be built now, if there were records.
  [[nodiscard]] bool takes_more(MonoTime now) const { return room_for_new(now) + room_ahead() > 0; }
  [[nodiscard]] std::size_t in_flight() const { return batches_.in_flight(); }
  [[nodiscard]] PublishGate& gate() { return gate_; }
  [[nodiscard]] const PublishGate& gate() const { return gate_; }

 private:
  static constexpr std::size_t kMostAhead = 8;  // full batches that are built before there is room for them

  bool send_waiting(MonoTime now);
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

  const Settings settings_;
  const Parts parts_;
  const DeadLetterWriter dead_letter_;
  PublishGate gate_;
  OpenBatches batches_;
  std::uint64_t requests_ = 0;
  std::uint32_t unanswered_ = 0;  // time-outs in a row
  bool goes_on_ = false;          // the last turn sent or built a batch, so the next one may
  std::string payload_;
  std::string attributes_;
  log::LogThrottle throttle_;
};

}  // namespace respand::fleet
