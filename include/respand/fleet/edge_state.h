#pragma once
// What keeps an edge from publishing, and its state at one moment, for status and metrics. Values; any thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "respand/fleet/cluster_view.h"

namespace respand::fleet {

// What keeps records from the stream. Programs act on it; the text beside it is for people.
enum class EdgeCondition : std::uint8_t {
  kNone,          // batches are stored
  kUnreachable,   // there is no connection to any server
  kCredentials,   // the servers refuse the credentials
  kNoQuorum,      // 503: no quorum, no such stream, JetStream is off, or the storage is empty
  kNoStream,      // there is no stream of this name, or another one takes the subject
  kFull,          // the stream is at its limit: relays are behind
  kNoAnswer,      // published, and nothing came back
  kRefused,       // any other error of JetStream
  kRequirements,  // nats.strict: the cluster does not promise what nats.require wants
};
// A short stable word ("no_quorum"), for logs, JSON and labels.
[[nodiscard]] std::string_view name_of(EdgeCondition condition) noexcept;

// How far the stream had come when something was asked or published: what comes back must lie behind it.
struct StreamMark {
  std::uint64_t sequence = 0;  // the highest that it had acknowledged
  std::uint32_t losses = 0;    // how often it was lost before: another number makes the mark meaningless
};

// How far kept messages are published again, after the last loss of the stream.
struct Republishing {
  bool runs = false;       // it has not come to its end
  std::uint64_t done = 0;  // messages so far
  std::uint64_t of = 0;    // of so many
};

// The state of an edge at one moment.
struct EdgeState : ClusterView {
  EdgeCondition condition = EdgeCondition::kUnreachable;  // what stands in the way
  // The stream was lost, by which sign; it stays until a reload confirms it. Whether nothing is lost with it.
  bool stream_lost = false;
  std::string lost_how;
  bool mended = false;
  Republishing republishing;
  // Messages that are kept in case the stream is lost, and how many could not be since the start.
  std::uint64_t kept_bytes = 0;
  std::uint64_t not_kept = 0;
  std::size_t in_flight = 0;  // batches without their answer
  // Stored since the start.
  std::uint64_t batches = 0;
  std::uint64_t records = 0;
};

}  // namespace respand::fleet
