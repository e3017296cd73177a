#pragma once
// What keeps a relay from taking messages, and its state at one moment, for status and metrics. Values; any thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/units.h"
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

// Whether a relay shares delivery.rate_limit with others, and why it takes the part that it takes.
enum class Sharing : std::uint8_t {
  kOff,      // it shares nothing: the limit is its own
  kJoining,  // it has not listened for long enough to know who else there is
  kHeld,     // the others know of it
  kUnheard,  // it can't be sure that the others hear it, or the consumer has not answered for long
  kDenied,   // the server does not let it use the subject of the announcements
};
// A short stable word ("joining"), for logs and JSON.
[[nodiscard]] std::string_view name_of(Sharing sharing) noexcept;

// What of delivery.rate_limit a relay may use.
struct RelayShare {
  Sharing sharing = Sharing::kOff;   // why
  std::uint32_t relays = 0;          // that share the limit, as far as this one knows, itself included; 0: kOff
  double part = 1;                   // of the limit; above 0, at most 1
  MonoTime until = MonoTime::max();  // so long; then kSmallestPart, until more is known
  std::uint32_t limit = 0;           // requests a second of all relays together; 0: none
  friend bool operator==(const RelayShare&, const RelayShare&) = default;
};
// So many relays share a limit at the most, and none takes less than its part then.
inline constexpr std::uint32_t kMostRelays = 64;
inline constexpr double kSmallestPart = 1.0 / kMostRelays;

// How far behind an edge is, as a relay sees it.
struct EdgeLag {
  std::string edge;  // the host's name, made printable, or "other"
  Duration lag{0};   // how old the oldest record of its last message was when the relay took that
  Duration last{0};  // how long ago that was
};

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
  RelayShare share;                                        // of delivery.rate_limit
  std::size_t edges = 0;                                   // whose messages it has taken within a day
  std::vector<EdgeLag> furthest_behind;                    // a few of them, the largest lag first
};

}  // namespace respand::fleet
