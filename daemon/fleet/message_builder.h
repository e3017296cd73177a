#pragma once
// MessageBuilder: reads the records of a batch from the journal and makes the message of them. OpenBatch: a batch from
// there until all its records are acknowledged. The edge's thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fleet/batch_message.h"
#include "fleet/batch_source.h"
#include "fleet/sequence_set.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/base/units.h"
#include "respand/fleet/edge_state.h"
#include "respand/journal/read_window.h"
#include "respand/journal/reader.h"

namespace respand::fleet {

// The records of one message. What is in `message` is what `records` names, no more and no less.
struct OpenBatch {
  std::vector<journal::Ref> records;
  SequenceSet sequences;
  std::string id;             // Nats-Msg-Id
  std::string message;        // encoded
  std::uint64_t request = 0;  // of the last try
  bool in_flight = false;
  MonoTime due{};           // when it is tried again
  std::uint32_t tries = 0;  // so far
  bool unsure = false;      // a try ended without a word of the stream: it may have it
  bool refused = false;     // as the stream was full, under the present id
  std::uint32_t ids = 1;    // that it has had
  StreamMark mark{};        // of the stream, when it was published
};

// Attributes that mean something on the host alone, where they were written, are left out of `attributes`.
void strip_local(std::string_view attributes, std::string& out);

class MessageBuilder {
 public:
  // A record counts as lost after so many failed reads over so long a time, if the rest of its segment can be read.
  static constexpr std::uint32_t kReadPatience = 10;
  static constexpr Duration kReadGrace = std::chrono::minutes{15};
  static constexpr Duration kReadAgain = std::chrono::seconds{1};

  struct Settings {
    std::uint64_t journal = 0;
    std::string host;
    bool compress = true;
  };
  // All but the settings is borrowed.
  MessageBuilder(Settings settings, journal::JournalReader& journal, BatchSource& source, const Clock& clock);

  // Makes a batch of the records that can be read. Records that can't be read now go back to the source; those that
  // never can are lost, or need nothing more. Nothing is left of a batch whose `records` are empty.
  [[nodiscard]] OpenBatch build(std::vector<journal::Ref> records);

 private:
  // A record that could not be read, so far.
  struct Unread {
    Sequence sequence;
    std::uint32_t reads = 0;
    MonoTime since{};
  };
  [[nodiscard]] bool add(const journal::Ref& ref);
  void unreadable(const journal::Ref& ref, const Error& error);

  const Settings settings_;
  journal::JournalReader& journal_;
  BatchSource& source_;
  const Clock& clock_;
  BatchWriter writer_;
  journal::ReadWindow window_;
  std::string attributes_;  // memory that is used again for each record
  std::string stripped_;
  std::string payload_;
  std::vector<Unread> unread_;
  log::LogThrottle unreadable_throttle_;
};

}  // namespace respand::fleet
