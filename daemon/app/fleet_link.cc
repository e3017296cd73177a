#include "app/fleet_link.h"

#include <string>
#include <utility>

#include "respand/base/clock.h"
#include "respand/base/text.h"
#include "respand/fs/file_system.h"
#include "respand/fs/identity.h"
#include "respand/journal/attributes.h"

namespace respand::app {
namespace {

nats::Target nats_target(const config::Config& config) {
  nats::Target target;
  target.servers = config.nats.servers;
  target.credentials = config.nats.credentials.reveal();
  target.ca_file = config.nats.ca_file;
  target.cert_file = config.nats.cert_file;
  target.key_file = config.nats.key_file;
  const bool edge = config.destination == config::Destination::kNats;
  target.name = edge ? cat("respand edge ", config.nats.host) : std::string("respand relay");
  return target;
}

fleet::Requirements requirements(const config::Config& config) {
  return {.replicas = static_cast<int>(config.nats.require.replicas), .server = config.nats.require.server};
}

std::string folder_of(const config::Config& config) { return cat(config.journal.directory, "/fleet"); }

// A journal has its lock for as long as it is in its folder; a copy has another one. 0: it can't be told.
std::uint64_t lock_inode(const config::Config& config) {
  const auto lock = fs::posix().open(cat(config.journal.directory, "/lock"), fs::OpenMode::kRead);
  const auto identity = lock ? fs::identity_of(**lock) : Result<fs::FileIdentity>(lock.error());
  return identity ? identity->inode : 0;
}

fleet::Edge::Settings edge_settings(const config::Config& config) {
  return {.target = nats_target(config),
          .stream = config.nats.stream,
          .subject = config.nats.subject,
          .host = config.nats.host.substr(0, 255),
          .batch = {.max_records = config.nats.batch.max_records,
                    .max_bytes = config.nats.batch.max_bytes.value,
                    .linger = config.nats.batch.linger},
          .compress = config.nats.batch.compression == config::BatchCompression::kZstd,
          .max_in_flight = config.nats.max_in_flight,
          .require = requirements(config),
          .strict = config.nats.strict,
          .drain_timeout = config.delivery.drain_timeout,
          .keep = {.age = config.nats.keep.age, .size = config.nats.keep.size.value},
          .folder = folder_of(config)};
}

fleet::Relay::SharedLimit shared_limit(const config::Config& config) {
  return {.shared = config.delivery.rate_limit_share, .limit = config.delivery.rate_limit};
}

fleet::Relay::Settings relay_settings(const config::Config& config, delivery::Delivery& delivery) {
  return {.target = nats_target(config),
          .stream = config.nats.stream,
          .consumer = std::string(config::kNatsConsumer),
          .require = requirements(config),
          .max_record = config.socket.max_record.value,
          .folder = folder_of(config),
          .rate_limit = shared_limit(config),
          .use_share = [&delivery](const fleet::RelayShare& share) {
            delivery.set_rate_share({.part = share.part, .until = share.until, .after = fleet::kSmallestPart});
          }};
}

delivery::DeadLetter dead_letter(const fleet::TooLargeRecord& record) {
  using journal::find_attribute;
  return {.sequence = record.ref.sequence,
          .cause = delivery::DeadLetterCause::kTooLarge,
          .answer = record.why,
          .attempts = 1,
          .record = std::string(record.payload),
          .route = record.ref.route,
          .protobuf = !find_attribute(record.attributes, journal::Tag::kContentType).empty(),
          .key = std::string(record.key),
          .query = std::string(find_attribute(record.attributes, journal::Tag::kQuery)),
          .headers = std::string(find_attribute(record.attributes, journal::Tag::kHeaders))};
}

}  // namespace

void FleetLink::open(const config::Config& config, journal::Journal& journal, delivery::Delivery& delivery,
                     metrics::Registry& registry) {
  if (config.destination == config::Destination::kNats) {
    const fleet::JournalView view{
        .id = fleet::edge_id(journal.tailer().journal(), config.nats.host, lock_inode(config)),
        .is_open = [&journal](Sequence one) { return !journal.open_among(one, one.next(), 1).empty(); },
        .open_records = [&journal] { return journal.snapshot().backlog_records; }};
    edge_ = std::make_unique<fleet::Edge>(
        edge_settings(config), journal.reader(), view,
        [&delivery](const fleet::TooLargeRecord& record) { return delivery.add_dead_letter(dead_letter(record)); },
        fs::posix(), registry, system_clock());
  }
  if (config.source == config::Source::kNats) {
    relay_ = std::make_unique<fleet::Relay>(relay_settings(config, delivery), journal.writer(), journal.history(),
                                            journal.retention(), fs::posix(), registry, system_clock());
  }
}

void FleetLink::start() {
  if (edge_) {
    edge_->start();
  }
  if (relay_) {
    relay_->start();
  }
}

void FleetLink::reconfigure(const config::Config& config) {
  if (edge_) {
    edge_->reconfigure(nats_target(config));
  }
  if (relay_) {
    relay_->reconfigure(nats_target(config), shared_limit(config));
  }
}

void FleetLink::begin_stop() {
  if (edge_) {
    edge_->begin_stop();
  }
  if (relay_) {
    relay_->begin_stop();
  }
}

void FleetLink::stop_relay() {
  if (relay_) {
    relay_->stop();
  }
}

void FleetLink::stop_edge() {
  if (edge_) {
    edge_->stop();
  }
}

journal::RetentionPin& FleetLink::spool_pin(journal::Journal& journal) {
  return relay_ ? relay_->spool_pin() : journal.retention();
}

FleetState FleetLink::state() const {
  FleetState state;
  if (edge_) {
    state.edge = edge_->state();
  }
  if (relay_) {
    state.relay = relay_->state();
  }
  return state;
}

void FleetLink::add_threads(std::vector<Watchdog::Thread>& threads) const {
  if (edge_) {
    threads.push_back(
        {"edge", [edge = edge_.get()] { return edge->turns(); }, [edge = edge_.get()] { edge->nudge(); }});
  }
  if (relay_) {
    threads.push_back(
        {"relay", [relay = relay_.get()] { return relay->turns(); }, [relay = relay_.get()] { relay->nudge(); }});
  }
}

}  // namespace respand::app
