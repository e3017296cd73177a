#pragma once
// SeenRecords: which records of which edges a relay has taken, so that a message which comes again doubles nothing.
// Kept in a file; what came after the file was written is found in the journal's own records. It is bounded: the lowest
// sequences of an edge, and the edges that were silent longest, are forgotten. A record that was forgotten may be taken
// twice, never lost. The relay's thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "fleet/sequence_set.h"
#include "respand/base/units.h"

namespace respand::fleet {

// Which record of which edge it is: the journal's attribute Tag::kStreamOrigin.
struct StreamOrigin {
  static constexpr std::size_t kFixed = 16;  // bytes before the host's name
  std::uint64_t journal = 0;
  Sequence sequence;
  std::string_view host;

  [[nodiscard]] std::string encode() const;
  // Nothing where it is damaged.
  [[nodiscard]] static std::optional<StreamOrigin> decode(std::string_view value);
};

class SeenRecords {
 public:
  static constexpr std::string_view kMagic = "RSPNDSEE";
  // Ranges of one edge. Where several relays share a stream, each batch may be a range of its own: this many are
  // minutes of a busy edge. A message comes again within `ack_wait`; and after a loss of the stream an edge publishes
  // again what lies behind the first message that no relay had acknowledged some seconds before (TakenMarks).
  static constexpr std::size_t kMostRanges = 8192;
  static constexpr std::size_t kMostEdges = 20'000;

  // Adds a record. False where it is there already.
  bool add(std::uint64_t journal, Sequence sequence, WallTime now);
  [[nodiscard]] bool contains(std::uint64_t journal, Sequence sequence) const;
  [[nodiscard]] std::size_t edges() const { return edges_.size(); }
  [[nodiscard]] std::size_t ranges() const;

  [[nodiscard]] std::string encode() const;
  // Nothing where it is damaged.
  [[nodiscard]] static std::optional<SeenRecords> decode(std::string_view bytes);

 private:
  struct Edge {
    SequenceSet sequences;
    WallTime last{};
  };
  void forget_the_oldest();

  std::unordered_map<std::uint64_t, Edge> edges_;
};

}  // namespace respand::fleet
