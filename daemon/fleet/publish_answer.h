#pragma once
// What an answer of the cluster says of a message that was published, whoever published it: Publisher for new batches,
// Republisher for kept ones. Pure; the edge's thread.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "fleet/edge_counters.h"
#include "respand/base/units.h"
#include "respand/fleet/edge_state.h"
#include "respand/nats/client.h"
#include "respand/nats/jetstream.h"

namespace respand::fleet {

// A PubAck under `sync_interval: always` on a busy disk, or across a change of leader, comes within seconds.
inline constexpr Duration kAnswerTimeout = std::chrono::seconds{10};
// How long a message is left alone that the server is still storing.
inline constexpr Duration kInProcessWait = std::chrono::milliseconds{500};
// After so many time-outs in a row it is not one message's bad luck.
inline constexpr std::uint32_t kSilence = 2;

struct PublishAnswer {
  PublishOutcome outcome = PublishOutcome::kUnknown;
  // What keeps all messages from the stream; kNone: it concerns this one only. Of kTimeout it holds after kSilence.
  EdgeCondition condition = EdgeCondition::kNone;
  std::string why{};
  nats::PubAck ack{};        // kStored, kDuplicate
  bool stream_full = false;  // kFull: the stream is at its limit, and has stored nothing
};
[[nodiscard]] PublishAnswer judge_answer(const nats::Reply& reply, std::string_view stream, std::string_view subject);

// The headers of a message, by which the server drops a second copy and stores it in no other stream.
[[nodiscard]] std::string message_headers(std::string_view id, std::string_view stream);

}  // namespace respand::fleet
