#pragma once
// MessageIntake: what a relay makes of each message: it is read, its new records go into the journal, and once they are
// durable the message is acknowledged. It remembers which records it has (SeenRecords), so that nothing is doubled by a
// message that comes again, also after a kill -9. The relay's thread.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/aside.h"
#include "fleet/batch_message.h"
#include "fleet/edge_lags.h"
#include "fleet/journal_feed.h"
#include "fleet/relay_counters.h"
#include "fleet/seen_records.h"
#include "fleet/state_file.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/base/mutex.h"
#include "respand/fs/file_system.h"
#include "respand/journal/reader.h"
#include "respand/journal/retention_pin.h"
#include "respand/journal/writer.h"
#include "respand/nats/client.h"
#include "respand/nats/jetstream.h"

namespace respand::fleet {

class MessageIntake {
 public:
  // Messages that are held at the most: read or not, durable or not, acknowledged or not.
  static constexpr std::size_t kMostHeld = 256;
  static constexpr Duration kAckTimeout = std::chrono::seconds{5};
  // How long a message is left alone that can't be taken now: the journal is full, or a newer relay is needed.
  static constexpr Duration kFullDelay = std::chrono::seconds{5};
  static constexpr Duration kUnknownDelay = std::chrono::seconds{60};
  // The file of what was seen is written so often at most; the journal keeps its segments meanwhile.
  static constexpr Duration kSaveInterval = std::chrono::seconds{1};

  struct Settings {
    std::string stream;
    std::size_t max_record = 0;
    std::string folder;
  };
  // What it works with, all borrowed.
  struct Parts {
    journal::JournalWriter& writer;
    const journal::AttributeScan& history;
    journal::RetentionPin& pin;
    nats::Client& client;
    fs::FileSystem& fs;
    RelayCounters& counters;
    LockGuarded<EdgeLags>& lags;
    const Clock& clock;
  };
  // Counts since the start, and what the last message kept aside is called.
  struct Totals {
    std::uint64_t records = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t aside = 0;
    std::uint64_t not_known = 0;
    std::string aside_file;
  };

  MessageIntake(Settings settings, const Parts& parts);

  // Reads what was seen before, and the journal's own records behind that. True when it is done; after a failure of the
  // disk it is to be called again.
  [[nodiscard]] bool recover(MonoTime now);
  // A message came.
  void take(const nats::Message& message, const nats::Delivery& delivery, MonoTime now);
  // Works: takes outcomes of the journal, reads messages for which there is room, acknowledges, saves. The server is
  // told of a message that takes longer than half of `ack_wait`.
  void step(MonoTime now, Duration ack_wait);
  // Writes what was seen, at once.
  void save_now(MonoTime now);
  // The answer to an acknowledgement.
  void acknowledged(const nats::Reply& reply);
  // The connection is gone: messages that were not read yet come again.
  void disconnected();

  // How many more messages may be asked for.
  [[nodiscard]] std::uint32_t room() const;
  [[nodiscard]] MonoTime due() const { return due_; }
  [[nodiscard]] bool idle() const { return held_.empty() && feed_.idle(); }
  [[nodiscard]] std::size_t held() const { return held_.size(); }
  [[nodiscard]] const Totals& totals() const { return totals_; }

 private:
  enum class Stage : std::uint8_t {
    kUnread,
    kWriting,     // its records are on their way into the journal
    kConfirming,  // +ACK was sent
    kEnded,       // it leaves at the end of the turn
  };
  struct Held {
    std::uint64_t number = 0;  // in the stream
    std::string reply;
    std::string payload;  // kUnread
    Stage stage = Stage::kUnread;
    std::uint64_t through = 0;  // kWriting: the batch after whose commit all its records are durable
    std::uint64_t request = 0;  // kConfirming
    MonoTime told{};            // when the server last heard of it
  };

  void read_messages(MonoTime now);
  void begin_reading(Held& held, MonoTime now);
  [[nodiscard]] bool read_on();
  void keep_aside(Held& held, std::string_view why);
  void take_outcomes(MonoTime now);
  void acknowledge(Held& held);
  void refuse(Held& held, Duration delay);
  void tell_progress(MonoTime now, Duration ack_wait);
  void save(MonoTime now);

  const Settings settings_;
  const Parts parts_;
  JournalFeed feed_;
  StateFile file_;
  SeenRecords seen_;
  Aside aside_;
  std::deque<Held> held_;
  // The message that is being read: it may take several turns until all its records have found room.
  std::optional<BatchMessage> reading_;
  std::size_t next_record_ = 0;
  std::uint64_t reading_number_ = 0;
  std::optional<WallTime> oldest_new_;  // of its records that are not there yet, when the edge got the first
  std::uint64_t requests_ = 0;
  Sequence written_end_;  // behind the last record that came back durable
  bool holds_ = false;    // the pin holds segments
  bool unsaved_ = false;
  MonoTime save_at_{};
  MonoTime due_ = MonoTime::max();
  Totals totals_;
  log::LogThrottle throttle_;
};

}  // namespace respand::fleet
