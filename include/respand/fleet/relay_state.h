#pragma once
// What keeps a relay from taking messages, and its state at one moment, for status and metrics. Values; any thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "respand/fleet/cluster_view.h"

namespace respand::fleet {

// What keeps messages of the stream from the relay. Programs act on it; the text beside it is for people.
enum class RelayCondition : std::uint8_t {
  kNone,         // messages are taken
  kUnreachable,  // there is no connection to any server
  kCredentials,  // the servers refuse the credentials
  kNoQuorum,     // 503: no quorum, no such stream, or JetStream is off
  kNoConsumer,   // the stream or its consumer does not exist, or is of another kind
  kJournalFull,  // the relay's own journal takes nothing
  kRecovering,   // it looks at the start what its journal holds
};
// A short stable word ("no_consumer"), for logs, JSON and labels.
[[nodiscard]] std::string_view name_of(RelayCondition condition) noexcept;

// The state of a relay at one moment.
struct RelayState : ClusterView {
  RelayCondition condition = RelayCondition::kRecovering;  // what stands in the way
  std::uint64_t held = 0;                                  // messages that are not acknowledged yet
  std::uint64_t records = 0;                               // taken, since the start
  std::uint64_t duplicates = 0;                            // records that came again, and were dropped
  std::uint64_t aside = 0;                                 // messages that could not be read, and were kept aside
  std::string aside_file;                                  // the last of them
  std::uint64_t not_known = 0;                             // messages of a newer version, which stay in the stream
  std::uint64_t pending = 0;                               // messages that no relay has got yet
  std::uint64_t ack_pending = 0;                           // given to relays and not acknowledged
  std::uint64_t redelivered = 0;                           // given to relays more than once
};

}  // namespace respand::fleet
