#pragma once
// What the stream and the consumer of a fleet must be, and what an existing cluster is held against: `respand nats
// setup` and `respand nats check`. Pure; any thread.

#include <string>
#include <string_view>

#include "cli/doctor.h"
#include "respand/config/nats.h"
#include "respand/nats/client.h"
#include "respand/nats/jetstream.h"

namespace respand::cli {

// The stream for records: a work queue in files, which refuses new messages when it is full and removes none before a
// relay has acknowledged it. `max_bytes` -1: as much as the cluster allows.
[[nodiscard]] nats::StreamConfig wanted_stream(const config::Nats& nats, std::string_view subject,
                                               std::int64_t max_bytes);
// The consumer that all relays share.
[[nodiscard]] nats::ConsumerConfig wanted_consumer();
// The subjects of all edges: nats.subject with ">" in place of its last word.
[[nodiscard]] std::string subject_of_all(const config::Nats& nats);

// Of one server that was connected to.
void judge_nats_server(const config::Nats& nats, const nats::State& state, Findings& found);
void judge_stream(const config::Nats& nats, const nats::StreamInfo& info, Findings& found);
void judge_consumer(const config::Nats& nats, const nats::ConsumerInfo& info, Findings& found);
// What a server's monitoring (/varz, at `url`) says of how it syncs.
void judge_sync(std::string_view url, std::string_view varz, Findings& found);
// Where no monitoring was named: what can't be seen.
void note_unseen_sync(const config::Nats& nats, Findings& found);

}  // namespace respand::cli
