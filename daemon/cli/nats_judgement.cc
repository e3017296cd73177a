#include "cli/nats_judgement.h"

#include <algorithm>
#include <array>

#include "respand/base/text.h"
#include "respand/json/reader.h"
#include "respand/json/text.h"

namespace respand::cli {
namespace {

using NatsFindingKind = Finding::Kind;

// For so long the messages of a relay that died wait. A relay that lives says +WPI for what takes longer than half of
// it.
constexpr std::chrono::seconds kAckWait{30};
// Messages that relays have and did not acknowledge yet, all relays together.
constexpr std::int64_t kMaxAckPending = 1000;
// As long as the server's own default. Relays drop what comes twice after that.
constexpr std::chrono::minutes kDuplicateWindow{2};

std::int64_t in_nanoseconds(Duration duration) { return std::chrono::nanoseconds(duration).count(); }

// One finding of many of a kind: an area, and whether all that was looked at was good.
class Judge {
 public:
  Judge(std::string area, Findings& found) : area_(std::move(area)), found_(found) {}
  void expect(bool good, std::string what, std::string remedy) {
    if (!good) {
      found_.push_back({NatsFindingKind::kWrong, area_, std::move(what), std::move(remedy)});
      all_good_ = false;
    }
  }
  void good(std::string what) {
    if (all_good_) {
      found_.push_back({NatsFindingKind::kGood, area_, std::move(what), {}});
    }
  }

 private:
  std::string area_;
  Findings& found_;
  bool all_good_ = true;
};

}  // namespace

std::string subject_of_all(const config::Nats& nats) {
  const std::size_t dot = nats.subject.rfind('.');
  if (nats.subject.empty()) {
    return "respand.>";
  }
  return dot == std::string::npos ? nats.subject : cat(nats.subject.substr(0, dot + 1), '>');
}

nats::StreamConfig wanted_stream(const config::Nats& nats, std::string_view subject, std::int64_t max_bytes) {
  nats::StreamConfig config;
  config.name = nats.stream;
  config.subjects = {std::string(subject)};
  config.retention = "workqueue";
  config.storage = "file";
  config.discard = "new";
  config.replicas = static_cast<int>(nats.require.replicas);
  config.max_bytes = max_bytes;
  config.duplicate_window_ns = in_nanoseconds(kDuplicateWindow);
  return config;
}

nats::ConsumerConfig wanted_consumer() {
  nats::ConsumerConfig config;
  config.name = config::kNatsConsumer;
  config.ack_policy = "explicit";
  config.deliver_policy = "all";
  config.ack_wait_ns = in_nanoseconds(kAckWait);
  config.max_ack_pending = kMaxAckPending;
  return config;
}

void judge_nats_server(const config::Nats& nats, const nats::State& state, Findings& found) {
  const std::string who =
      cat(state.server, state.info.name.empty() ? "" : " (", state.info.name, state.info.name.empty() ? "" : ")");
  Judge judge("server", found);
  judge.expect(nats.require.server.empty() || nats::at_least(state.info.version, nats.require.server),
               cat(who, ": version ", state.info.version, ", nats.require.server wants ", nats.require.server),
               "upgrade it: older servers can't sync before they acknowledge, or lose what they acknowledged");
  judge.expect(state.info.jetstream, cat(who, ": JetStream is off"),
               "set jetstream { store_dir: …, sync_interval: always } in its configuration");
  judge.good(cat(who, ": version ", state.info.version));
  // Compressed, a batch is far smaller; what is too large all the same is a dead letter, record by record.
  if (state.info.max_payload < nats.batch.max_bytes.value) {
    found.push_back({NatsFindingKind::kNote, "server",
                     cat(who, ": max_payload is ", to_text(Bytes{state.info.max_payload}), ", nats.batch.max_bytes is ",
                         to_text(nats.batch.max_bytes), " before compression"),
                     "make max_payload larger, or nats.batch.max_bytes smaller: a record over max_payload is refused"});
  }
}

void judge_stream(const config::Nats& nats, const nats::StreamInfo& info, Findings& found) {
  const nats::StreamConfig& config = info.config;
  const std::string edit = cat("nats stream edit ", config.name, ' ');
  const std::string anew = "it can't be changed: let relays empty it, then make another one by respand nats setup";
  Judge judge("stream", found);
  judge.expect(config.replicas >= static_cast<int>(nats.require.replicas),
               cat(config.name, ": ", config.replicas, config.replicas == 1 ? " replica" : " replicas",
                   ", nats.require.replicas wants ", nats.require.replicas),
               cat(edit, "--replicas ", nats.require.replicas));
  judge.expect(config.storage == "file",
               cat(config.name, ": its storage is ", config.storage, ", which a restart empties"), anew);
  judge.expect(config.retention == "workqueue",
               cat(config.name, ": its retention is ", config.retention, ": what relays acknowledged is not removed"),
               anew);
  judge.expect(config.discard == "new",
               cat(config.name, ": when it is full it removes the oldest messages, which were acknowledged to edges"),
               cat(edit, "--discard new"));
  judge.expect(config.max_age_ns == 0,
               cat(config.name, ": it removes messages that are ", config.max_age_ns / 1'000'000'000,
                   " s old, whether a relay had them or not"),
               cat(edit, "--max-age 0"));
  judge.expect(config.max_messages_of_subject <= 0 || config.refuses_over_subject,
               cat(config.name, ": of each edge it keeps the newest ", config.max_messages_of_subject,
                   " messages (max_msgs_per_subject), whether a relay had the others or not"),
               cat(edit, "--max-msgs-per-subject=-1"));
  judge.expect(!config.no_ack, cat(config.name, ": it acknowledges nothing (no_ack), so edges publish for ever"),
               cat(edit, "--ack"));
  const std::string subject = nats.subject.empty() && !nats.host.empty() ? cat("respand.", nats.host) : nats.subject;
  judge.expect(subject.empty() || nats::takes(config.subjects, subject),
               cat(config.name, ": it does not take nats.subject (", subject, ")"),
               cat(edit, "--subjects '", subject_of_all(nats), "'"));
  judge.expect(config.replicas < 2 || !info.leader.empty(),
               cat(config.name, ": it has no leader: most of its servers are away"),
               "start the servers that are away: nats stream report");
  const int away = config.replicas - 1 - info.current_replicas;
  judge.expect(config.replicas < 2 || info.leader.empty() || away <= 0,
               cat(config.name, ": ", away, " of ", config.replicas, " replicas not up to date"),
               "look at the servers that are away or lag: nats stream report");
  judge.good(cat(config.name, ": ", config.replicas, config.replicas == 1 ? " replica" : " replicas",
                 ", work queue in files, ", info.messages, " messages"));
  if (config.max_message_size >= 0 &&
      static_cast<std::uint64_t>(config.max_message_size) < nats.batch.max_bytes.value) {
    found.push_back(
        {NatsFindingKind::kNote, "stream",
         cat(config.name, ": max_msg_size is ", config.max_message_size, " bytes, less than nats.batch.max_bytes"),
         cat(edit, "--max-msg-size -1")});
  }
}

void judge_consumer(const config::Nats& nats, const nats::ConsumerInfo& info, Findings& found) {
  const nats::ConsumerConfig& config = info.config;
  const std::string anew = cat("nats consumer rm ", nats.stream, ' ', config.name,
                               ", then respand nats setup --apply; what was not acknowledged stays in the stream");
  const std::string edit = cat("nats consumer edit ", nats.stream, ' ', config.name, ' ');
  Judge judge("consumer", found);
  judge.expect(!config.push, cat(config.name, ": it pushes; relays pull"), anew);
  judge.expect(
      config.ack_policy == "explicit",
      cat(config.name, ": its ack_policy is ", config.ack_policy, ": messages count as taken before relays have them"),
      anew);
  judge.expect(config.deliver_policy == "all",
               cat(config.name, ": its deliver_policy is ", config.deliver_policy, ": it leaves out older messages"),
               anew);
  judge.expect(!config.filtered,
               cat(config.name, ": it has a filter_subject: messages of other edges stay in the stream for ever"),
               anew);
  judge.expect(!config.headers_only, cat(config.name, ": it gives out headers only (headers_only), and no records"),
               anew);
  judge.expect(config.max_deliver <= 0,
               cat(config.name, ": it gives up a message after ", config.max_deliver, " deliveries"),
               cat(edit, "--max-deliver -1"));
  const std::int64_t seconds = config.ack_wait_ns / 1'000'000'000;
  judge.expect(seconds >= kAckWait.count() / 2,
               cat(config.name, ": ack_wait is ", seconds, " s: what a relay still writes is given to another one"),
               cat(edit, "--wait ", kAckWait.count(), "s"));
  judge.good(cat(config.name, ": ", info.pending, " messages wait, ", info.ack_pending, " are with relays"));
}

void judge_sync(std::string_view url, std::string_view varz, Findings& found) {
  std::string_view jetstream;
  std::string_view config;
  bool always = false;
  std::string name;
  json::Reader reader(varz);
  reader.members([&](std::string_view member, std::string_view value) {
    jetstream = member == "jetstream" ? value : jetstream;
    name = member == "server_name" ? printable(json::decoded(value), 64) : name;
  });
  json::Reader inner(jetstream);
  inner.members([&](std::string_view member, std::string_view value) { config = member == "config" ? value : config; });
  json::Reader innermost(config);
  innermost.members([&](std::string_view member, std::string_view value) {
    always = always || (member == "sync_always" && value == "true");
  });
  const std::string who = cat(url, name.empty() ? "" : " (", name, name.empty() ? "" : ")");
  if (!reader.good() || jetstream.empty()) {
    found.push_back({NatsFindingKind::kWrong, "sync", cat(who, ": what it says is not a nats-server's /varz"),
                     "name the server's monitoring address (http_port), such as http://10.0.0.1:8222"});
    return;
  }
  Judge judge("sync", found);
  judge.expect(always, cat(who, ": it acknowledges before it has synced: a power cut loses what it acknowledged"),
               "set jetstream { sync_interval: always } in its configuration and restart it (2.10.23 or newer)");
  judge.good(cat(who, ": it syncs before it acknowledges"));
}

void note_unseen_sync(const config::Nats& nats, Findings& found) {
  if (nats.require.sync == config::ServerSync::kAlways) {
    found.push_back({NatsFindingKind::kNote, "sync",
                     "not checked: a client can't see whether the servers sync before they acknowledge",
                     "name their monitoring (--monitor http://HOST:8222, for each server), or look for sync_interval: "
                     "always in their configuration"});
  }
}

}  // namespace respand::cli
