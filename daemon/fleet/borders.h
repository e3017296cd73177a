#pragma once
// Borders: what an edge writes down before it publishes a batch for the first time: which records went into which
// message, so that a try after a kill -9 has the same borders; and how far the stream had come, so that a stream that
// was lost can be told. Its form is in FORMAT.md. A value; the edge's thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/sequence_set.h"
#include "respand/journal/reader.h"

namespace respand::fleet {

struct Borders {
  static constexpr std::string_view kMagic = "RSPNDBRD";
  static constexpr std::size_t kMostBatches = 4096;

  std::uint64_t journal = 0;           // of this edge: the sequences of another one mean nothing
  std::uint64_t stream_sequence = 0;   // the highest of the PubAcks
  bool stream_lost = false;            // an operator has not confirmed it yet
  std::string stream_created;          // as the server wrote it; empty: not known
  std::vector<SequenceSet> batches{};  // that were published, or were about to be, and are not acknowledged
  bool republishes = false;            // kept messages are still to be published again
  bool not_whole = false;              // and not all could be that no relay had

  [[nodiscard]] std::string encode() const;
  // Nothing where it is damaged.
  [[nodiscard]] static std::optional<Borders> decode(std::string_view bytes);
  friend bool operator==(const Borders&, const Borders&) = default;
};

// What Nats-Msg-Id says: the journal and the sequences, so that two messages with one id hold the same records.
// Requires: not empty.
[[nodiscard]] std::string message_id(std::uint64_t journal, const SequenceSet& sequences);

}  // namespace respand::fleet
