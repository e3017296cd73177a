#include "app/translate.h"

#include <algorithm>

#include "respand/base/text.h"
#include "respand/base/version.h"

namespace respand::app {
namespace {

record::Additions additions(const config::Config& config) {
  return {.timestamp = config.records.add.timestamp,
          .custom_identifier = config.records.add.custom_identifier,
          .generation_time = config.records.add.generation_time,
          .cost = config.records.add.cost};
}

journal::Sync sync_mode(config::SyncMode mode) {
  switch (mode) {
    case config::SyncMode::kAlways:
      return journal::Sync::kAlways;
    case config::SyncMode::kInterval:
      return journal::Sync::kInterval;
    case config::SyncMode::kNever:
      return journal::Sync::kNever;
  }
  return journal::Sync::kAlways;
}

journal::WhenFull when_full(config::WhenFull policy) {
  switch (policy) {
    case config::WhenFull::kBlock:
      return journal::WhenFull::kBlock;
    case config::WhenFull::kReject:
      return journal::WhenFull::kReject;
    case config::WhenFull::kDropOldest:
      return journal::WhenFull::kDropOldest;
  }
  return journal::WhenFull::kBlock;
}

http::Version http_version(config::HttpVersion version) {
  switch (version) {
    case config::HttpVersion::kAuto:
      return http::Version::kAuto;
    case config::HttpVersion::k11:
      return http::Version::k11;
    case config::HttpVersion::k2:
      return http::Version::k2;
    case config::HttpVersion::k2PriorKnowledge:
      return http::Version::k2PriorKnowledge;
  }
  return http::Version::kAuto;
}

}  // namespace

journal::Settings journal_settings(const config::Config& config) {
  return {.directory = config.journal.directory,
          .max_size = config.journal.max_size,
          .segment_size = config.journal.segment_size,
          .sync = sync_mode(config.journal.sync),
          .sync_interval = config.journal.sync_interval,
          .sync_delay = config.journal.sync_delay,
          .when_full = when_full(config.journal.when_full)};
}

std::shared_ptr<const record::Rules> record_rules(const config::Config& config) {
  const config::Records& records = config.records;
  record::Rules::Settings settings;
  settings.redact = records.redact;
  for (const auto& [on, detector] : {std::pair(records.redact_text.email, record::Detector::kEmail),
                                     std::pair(records.redact_text.api_key, record::Detector::kApiKey),
                                     std::pair(records.redact_text.bearer, record::Detector::kBearer),
                                     std::pair(records.redact_text.credit_card, record::Detector::kCreditCard)}) {
    if (on) {
      settings.redact_text.push_back(detector);
    }
  }
  settings.redact_attributes = records.redact_attributes;
  settings.defaults = records.defaults;
  settings.sample = {.rate = records.sample.rate,
                     .keep_errors = records.sample.keep_errors,
                     .keep_slower_than = records.sample.keep_slower_than};
  settings.dimensions = config.costs.pointers();
  settings.identify = config.costs.deduplicate > Duration{0};
  for (const config::KeyRoute& route : records.route) {
    settings.keys.push_back({.match = route.match, .uid = route.uid, .key = route.key});
  }
  return std::make_shared<const record::Rules>(settings);
}

net::Access access(const config::Config& config) { return {config.socket.allow_uids, config.socket.allow_gids}; }

sockets::RateLimits rate_limits(const config::Config& config) {
  const auto limit = [](const config::IntakeLimit& of) { return sockets::RateLimit{of.records, of.bytes.value}; };
  return {.of_users = limit(config.socket.rate_limit), .of_addresses = limit(config.http.rate_limit)};
}

net::ConnectionLimits connection_limits(const config::Config& config) {
  return {.most = config.socket.max_connections, .per_user = config.socket.max_connections_per_user};
}

// records.redact points to members of a record and finds nothing in an OTLP export request. Where the operator has set
// it, but not records.redact_attributes, such requests are refused: they would go out unmasked. The default value of
// records.redact does not count: its pointers can't match anything in an export request.
sockets::HttpRules http_rules(const config::Config& config) {
  const config::Records& records = config.records;
  const bool usual = records.redact.empty() || records.redact == config::Records{}.redact;
  sockets::HttpRules rules{
      .hosts = config.http.hosts,
      .allow_origins = config.http.allow_origins,
      .refuse_otlp = !usual && records.redact_attributes.empty(),
      .masks = !usual || !records.redact_attributes.empty() || records.redact_text != config::Records{}.redact_text};
  for (const std::string& path : config.http.routes) {
    rules.routes.push_back(*route_of(path));
  }
  rules.forward_reads = config.http.forward == config::ForwardedRequests::kReads;
  rules.keys.own = config.api.key.reveal();
  rules.keys.token = config.http.token.reveal();
  rules.keys.refuse_unknown = config.http.unknown_key == config::UnknownKey::kReject || !config.http.token.empty();
  for (const config::NamedKey& key : config.api.keys) {
    rules.keys.named.push_back({key.name, key.key.reveal()});
  }
  return rules;
}

// Lines whose sync may gather may gather in their sockets before it, if only for a part of that time.
Duration gather_reads(const config::Config& config) {
  constexpr Duration kMost = std::chrono::milliseconds{4};
  return config.journal.sync == config::SyncMode::kAlways ? std::min<Duration>(config.journal.sync_delay / 2, kMost)
                                                          : kMost;
}

sockets::SocketIntake::Settings socket_settings(const config::Config& config, const Inherited& inherited) {
  sockets::SocketIntake::Settings settings;
  settings.socket_path = config.socket.path;
  settings.socket_fd = inherited.stream;
  settings.mode = config.socket.mode;
  settings.group = config.socket.group;
  if (config.http.listen) {
    settings.http_host = config.http.listen->host;
    settings.http_port = config.http.listen->port;
  }
  settings.http_fd = inherited.http;
  settings.datagram_path = config.datagram.path;
  settings.datagram_fd = inherited.datagram;
  settings.http_rules = http_rules(config);
  settings.max_record = config.socket.max_record;
  settings.connections = connection_limits(config);
  settings.gather_reads = gather_reads(config);
  settings.access = access(config);
  settings.rate_limits = rate_limits(config);
  settings.additions = additions(config);
  // A stop ends at the latest drain_timeout and a second after the signal, even if the journal or a writer is slow. So
  // both of the intake's times together stay a little below that.
  const Duration both = config.delivery.drain_timeout + std::chrono::milliseconds{750};
  // Under socket.ack: published, writers wait as long as an edge may publish.
  settings.stop_commit = std::clamp<Duration>(config.delivery.drain_timeout, std::chrono::milliseconds{500},
                                              config.socket.ack == config::AckWhen::kPublished
                                                  ? config.delivery.drain_timeout + std::chrono::milliseconds{500}
                                                  : settings.stop_commit);
  settings.stop_answer = std::min<Duration>(both - settings.stop_commit, settings.stop_answer);
  settings.rules = record_rules(config);
  settings.key = config.socket.key;
  return settings;
}

spool::Spool::Settings spool_settings(const config::Config& config) {
  return {.directory = config.spool.directory,
          .quiet_period = config.spool.quiet_period,
          .rejected_max_size = config.spool.rejected_max_size,
          .encoder = {.max_record = config.socket.max_record, .additions = additions(config)},
          .rules = record_rules(config),
          .key = config.spool.key};
}

http::Target target(const config::Config& config) {
  http::Target target{
      .url = config.api.create_url(),
      .batch_url = config.api.batch_url(),
      .bearer = config.api.key.reveal(),
      .user_agent = cat("respand/", kVersion),
      .ca_file = config.api.ca_file,
      .proxy = config.api.proxy == config::kProxyOfEnvironment ? std::string() : config.api.proxy,
      .proxy_of_environment = config.api.proxy == config::kProxyOfEnvironment,
      .version = http_version(config.api.http_version),
      .engine = config.api.engine == config::HttpEngine::kLibcurl ? http::Engine::kLibcurl : http::Engine::kAuto,
      .connect_timeout = config.api.connect_timeout,
      .request_timeout = config.api.request_timeout,
      .compress = config.api.compression == config::Compression::kGzip,
      .max_connections = config.delivery.max_connections,
      .routes_url = config.api.routes_url()};
  for (const config::NamedKey& key : config.api.keys) {
    target.keys.emplace(key.name, key.key.reveal());
  }
  return target;
}

ledger::Settings ledger_settings(const config::Config& config) {
  ledger::Settings settings{.directory = config.costs.directory,
                            .retention = config.costs.retention,
                            .deduplicate = config.costs.deduplicate};
  settings.host = {.name = config::host_name(), .tells_apart = config.costs.by_host()};
  for (const std::string& pointer : config.costs.pointers()) {
    settings.dimensions.push_back(config::dimension_name(pointer));
  }
  for (const config::Budget& budget : config.costs.budgets) {
    const auto per = [&] {
      switch (budget.per) {
        case config::BudgetPeriod::kHour:
          return ledger::Per::kHour;
        case config::BudgetPeriod::kDay:
          return ledger::Per::kDay;
        case config::BudgetPeriod::kMonth:
          return ledger::Per::kMonth;
      }
      return ledger::Per::kDay;
    }();
    settings.budgets.push_back({.match = {{budget.model, budget.provider, budget.customer, budget.environment}},
                                .per = per,
                                .limit = ledger::Usd::of({budget.micro_usd, 6})});
  }
  return settings;
}

delivery::Settings delivery_settings(const config::Config& config) {
  delivery::Settings settings;
  settings.posts = config.destination == config::Destination::kApi;
  settings.target = target(config);
  settings.workers = config.delivery.workers;
  settings.max_in_flight = config.delivery.max_in_flight;
  settings.rate_limit = config.delivery.rate_limit;
  settings.fresh_share = config.delivery.fresh_share;
  settings.retry = {.initial = config.delivery.retry.initial,
                    .max = config.delivery.retry.max,
                    .max_age = config.delivery.retry.max_age,
                    .max_attempts = config.delivery.retry.max_attempts,
                    .statuses = {.permanent = config.delivery.retry.statuses.permanent,
                                 .transient = config.delivery.retry.statuses.transient}};
  settings.drain_timeout = config.delivery.drain_timeout;
  settings.batch = {.max_records = config.api.batch.max_records,
                    .max_bytes = config.api.batch.max_bytes,
                    .linger = config.api.batch.linger};
  settings.pace_file = cat(config.journal.directory, "/pace");
  settings.dead_letters.directory = config.dead_letters.directory;
  settings.dead_letters.max_size = config.dead_letters.max_size;
  return settings;
}

}  // namespace respand::app
