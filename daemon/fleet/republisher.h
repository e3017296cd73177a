#pragma once
// Republisher: after a loss of the stream it publishes again, in order and under the same ids, what this edge has kept
// and no relay is known to have. The stream drops what it still has, and relays what they have had. A few messages are
// on their way at a time, beside the new ones. A kill -9 makes it begin anew. The edge's thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fleet/edge_counters.h"
#include "fleet/kept_messages.h"
#include "fleet/kept_reader.h"
#include "fleet/publish_gate.h"
#include "fleet/stored_batches.h"
#include "fleet/stream_history.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/base/units.h"
#include "respand/fleet/edge_state.h"
#include "respand/nats/client.h"

namespace respand::fleet {

class Republisher {
 public:
  // Requests with this bit in their id are those of a Republisher.
  static constexpr std::uint64_t kIdBit = std::uint64_t{1} << 62;
  // A file that can't be read is left out after so many tries.
  static constexpr int kReads = 5;
  static constexpr Duration kReadAgain = std::chrono::seconds{1};
  // Messages that are counted in one turn.
  static constexpr int kCounted = 4096;

  struct Settings {
    std::string stream;
    std::string subject;
    std::size_t max_in_flight = 8;
  };
  // What it works with, all borrowed.
  struct Parts {
    KeptMessages& kept;
    StreamHistory& history;
    StoredBatches& stored;
    PublishGate& gate;
    nats::Client& client;
    EdgeCounters& counters;
    const Clock& clock;
  };
  Republisher(Settings settings, const Parts& parts);

  // Begins where a loss was seen since the last call, or where the run before did not come to the end. Whether there
  // was a loss since.
  [[nodiscard]] bool look();
  // Publishes what may be published now; `others` are on their way beside. Requires: the connection is up.
  void publish(MonoTime now, std::size_t others);
  // The connection is a new one: what was on its way goes out again.
  void link_is_up(MonoTime now);
  // An answer to one of its requests.
  void answered(const nats::Reply& reply, MonoTime now);
  // When publish() may have something to do although nothing comes in; MonoTime::max(): never.
  [[nodiscard]] MonoTime due(std::size_t others) const;
  // Whether something is still to be published again.
  [[nodiscard]] bool runs() const { return run_.has_value(); }
  [[nodiscard]] Republishing progress() const;

 private:
  struct Item {
    KeptReader::Message content;
    std::uint64_t request = 0;
    bool in_flight = false;
    MonoTime due{};
    StreamMark mark{};
  };
  // What was begun by one loss.
  struct Run {
    KeptPlace through;
    KeptReader counter;
    KeptReader reader;
    bool counted = false;
    bool read = false;   // all is read up to `through`
    bool whole = false;  // nothing was missing so far
    int failures = 0;    // of the disk, in a row
    MonoTime read_at{};
  };
  void begin(KeptPlace from);
  void count();
  [[nodiscard]] bool read_next(MonoTime now);
  void send(Item& item);
  void leave_out(const Item& item, std::string_view why);
  void end_if_done();
  [[nodiscard]] std::size_t in_flight() const;
  [[nodiscard]] std::size_t counted(std::size_t others) const;
  [[nodiscard]] std::size_t room(MonoTime now, std::size_t others) const;

  const Settings settings_;
  const Parts parts_;
  const std::size_t most_;  // on their way: half as many as new batches, so that these have the larger part
  std::optional<Run> run_;
  std::vector<Item> items_;
  Republishing progress_;
  KeptPlace end_;             // of the last run
  std::uint32_t losses_ = 0;  // that were looked at
  std::uint64_t requests_ = 0;
  std::uint32_t unanswered_ = 0;  // time-outs in a row
  log::LogThrottle throttle_;
};

}  // namespace respand::fleet
