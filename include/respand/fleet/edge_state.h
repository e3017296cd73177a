#pragma once
// What keeps an edge from publishing, and its state at one moment, for status and metrics. Values; any thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "respand/base/units.h"

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

// The stream as STREAM.INFO says.
struct StreamDepth {
  // What it holds.
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::optional<WallTime> oldest;  // when its first message was stored
  // How many servers keep it, and which one leads them.
  int replicas = 0;
  std::string leader;
};

// The state of an edge at one moment.
struct EdgeState {
  // Whether there is a connection, to which server or the last one that was tried ("host:port"), and its version.
  bool connected = false;
  std::string server;
  std::string server_version;
  // What stands in the way, in words too, and when that began.
  EdgeCondition condition = EdgeCondition::kUnreachable;
  std::string why;
  WallTime since{};
  std::string unmet;  // what the cluster promises less than nats.require wants; empty: nothing
  // The stream was lost, by which sign; it stays until a reload confirms it.
  bool stream_lost = false;
  std::string lost_how;
  std::size_t in_flight = 0;  // batches without their answer
  // Stored since the start.
  std::uint64_t batches = 0;
  std::uint64_t records = 0;
  std::optional<StreamDepth> depth;  // nothing: the stream has not said it yet
};

}  // namespace respand::fleet
