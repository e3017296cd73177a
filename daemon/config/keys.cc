#include "config/keys.h"

#include <limits>

#include "config/budgets.h"
#include "config/key_lists.h"
#include "config/limits.h"
#include "config/lists.h"
#include "config/nats.h"
#include "config/network.h"
#include "config/schema.h"
#include "config/types.h"

namespace respand::config {
namespace {

// A function from a Draft to one of its fields: at(&Draft::socket, &Socket::mode). It works on a constant Draft too, so
// that one such function serves reading, showing and copying.
template <typename... Steps>
auto at(Steps... steps) {
  return [=](auto& draft) -> auto& { return (draft.*....*steps); };
}

// A row of the table. The type is a value, which carries the limits of this key.
template <typename Field, typename Type>
Key key(std::string_view path, Field field, Type type, std::string_view about) {
  return {path,
          about,
          type.expects(),
          type.schema(),
          [=](const Node& node, Reader& reader, Draft& draft) { return read_value(type, node, reader, field(draft)); },
          [=](const Draft& draft) { return type.show(field(draft)); },
          [=](const Draft& from, Draft& to) { field(to) = field(from); }};
}

const AbsolutePath kPath(kLongestPath, false);
const AbsolutePath kOptionalPath(kLongestPath, true);
const AbsolutePath kSocketPath(kLongestSocketPath, false);
const AbsolutePath kOptionalSocketPath(kLongestSocketPath, true);
const Choice<HttpVersion> kHttpVersions({{"auto", HttpVersion::kAuto},
                                         {"1.1", HttpVersion::k11},
                                         {"2", HttpVersion::k2},
                                         {"2-prior-knowledge", HttpVersion::k2PriorKnowledge}});
const Choice<HttpEngine> kEngines({{"auto", HttpEngine::kAuto}, {"libcurl", HttpEngine::kLibcurl}});
const Choice<Compression> kCompressions({{"none", Compression::kNone}, {"gzip", Compression::kGzip}});
const Choice<SyncMode> kSyncModes({{"always", SyncMode::kAlways},
                                   {"interval", SyncMode::kInterval},
                                   {"never", SyncMode::kNever}});
const Choice<WhenFull> kWhenFull({{"block", WhenFull::kBlock},
                                  {"reject", WhenFull::kReject},
                                  {"drop_oldest", WhenFull::kDropOldest}});
const Choice<ForwardedRequests> kForwarded({{"off", ForwardedRequests::kOff}, {"reads", ForwardedRequests::kReads}});
const Choice<UnknownKey> kUnknownKeys({{"default", UnknownKey::kDefault}, {"reject", UnknownKey::kReject}});
const Choice<AckWhen> kAckWhen({{"durable", AckWhen::kDurable}, {"published", AckWhen::kPublished}});
const Choice<Destination> kDestinations({{"api", Destination::kApi}, {"nats", Destination::kNats}});
const Choice<Source> kSources({{"none", Source::kNone}, {"nats", Source::kNats}});
const Choice<BatchCompression> kBatchCompressions({{"zstd", BatchCompression::kZstd},
                                                   {"none", BatchCompression::kNone}});
const Choice<ServerSync> kServerSyncs({{"always", ServerSync::kAlways}, {"any", ServerSync::kAny}});
const Choice<bool> kYesOrNo({{"true", true}, {"false", false}});
const Choice<log::Level> kLevels({{"debug", log::Level::kDebug},
                                  {"info", log::Level::kInfo},
                                  {"warning", log::Level::kWarning},
                                  {"error", log::Level::kError}});
const Choice<log::Format> kFormats({{"auto", log::Format::kAuto},
                                    {"text", log::Format::kText},
                                    {"json", log::Format::kJson}});

std::vector<Key> api_keys() {
  const auto field = [](auto member) { return at(&Draft::api, member); };
  const auto batch = [](auto member) { return at(&Draft::api, &Api::batch, member); };
  return {
      key("api.base_url", field(&Api::base_url), BaseUrl{}, "where the API is; with or without /api at the end"),
      key("api.path", field(&Api::path), UrlPath(false), "where one record is posted, under base_url"),
      key("api.api_key_file", at(&Draft::api_key_file), SecretPath(kLongestPath, true),
          "a file that holds the API key alone"),
      key("api.api_key", at(&Draft::api_key), KeyText{}, "the API key itself, best as ${RESPAN_API_KEY}"),
      key("api.keys", field(&Api::keys), NamedKeys{},
          "keys of applications by name: what comes over HTTP with one of them goes out with it"),
      key("api.ca_file", field(&Api::ca_file), kOptionalPath, "certificates (PEM) to trust instead of the system's"),
      key("api.proxy", field(&Api::proxy), Proxy{}, "a proxy on the way to the API"),
      key("api.http_version", field(&Api::http_version), kHttpVersions, "auto: HTTP/2 over TLS, else 1.1"),
      key("api.engine", field(&Api::engine), kEngines,
          "auto: HTTP/2 over TLS without a proxy by an engine of respand's own; libcurl: all by libcurl"),
      key("api.compression", field(&Api::compression), kCompressions, "of request bodies"),
      key("api.batch.path", batch(&Api::Batch::path), UrlPath(true),
          "where an array of records is posted; off where not set"),
      key("api.batch.max_records", batch(&Api::Batch::max_records), Count(1, kMostBatchRecords), "records in a batch"),
      key("api.batch.max_bytes", batch(&Api::Batch::max_bytes), Size(kLeastBatch, kMostBatch), "bytes in a batch"),
      key("api.batch.linger", batch(&Api::Batch::linger), Period(Duration{0}, kMostLinger),
          "how long a batch waits for more records"),
      key("api.connect_timeout", field(&Api::connect_timeout), Period(kLeastTimeout, kMostConnect),
          "for a connection, TLS included"),
      key("api.request_timeout", field(&Api::request_timeout), Period(kLeastTimeout, kMostRequest),
          "for a request, answer included"),
  };
}

std::vector<Key> nats_keys() {
  const auto field = [](auto member) { return at(&Draft::nats, member); };
  const auto batch = [](auto member) { return at(&Draft::nats, &Nats::batch, member); };
  const auto require = [](auto member) { return at(&Draft::nats, &Nats::require, member); };
  const auto keep = [](auto member) { return at(&Draft::nats, &Nats::keep, member); };
  return {
      key("destination", at(&Draft::destination), kDestinations,
          "who gets the records: the API, or a NATS stream from which relays take them"),
      key("source", at(&Draft::source), kSources, "nats: a relay, which takes records from a NATS stream too"),
      key("nats.servers", field(&Nats::servers), NatsServers{}, "of the cluster; the others are learned from these"),
      key("nats.credentials_file", field(&Nats::credentials_file), SecretPath(kLongestPath, true),
          "a .creds file (JWT and seed); else $CREDENTIALS_DIRECTORY/nats_creds"),
      key("nats.nkey_file", field(&Nats::nkey_file), SecretPath(kLongestPath, true),
          "a file that holds an nkey seed alone, in place of credentials_file"),
      key("nats.ca_file", field(&Nats::ca_file), kOptionalPath, "certificates (PEM) to trust instead of the system's"),
      key("nats.cert_file", field(&Nats::cert_file), kOptionalPath, "the client's certificate (PEM), with key_file"),
      key("nats.key_file", field(&Nats::key_file), SecretPath(kLongestPath, true), "the key (PEM) of cert_file"),
      key("nats.stream", field(&Nats::stream), StreamName{},
          "the name of the stream; respand never makes it by itself"),
      key("nats.subject", field(&Nats::subject), Subject{},
          "what an edge publishes to; where not set, respand. and the host's name"),
      key("nats.batch.max_records", batch(&Nats::Batch::max_records), Count(1, kMostBatchRecords),
          "records in a message"),
      key("nats.batch.max_bytes", batch(&Nats::Batch::max_bytes), Size(kLeastBatch, kMostMessage),
          "bytes of records in a message, before compression; a larger record goes alone"),
      key("nats.batch.linger", batch(&Nats::Batch::linger), Period(Duration{0}, kMostLinger),
          "how long a message waits for more records"),
      key("nats.batch.compression", batch(&Nats::Batch::compression), kBatchCompressions, "of messages"),
      key("nats.max_in_flight", field(&Nats::max_in_flight), Count(1, kMostMessages), "messages without their answer"),
      key("nats.require.replicas", require(&Nats::Require::replicas), Count(1, kMostReplicas),
          "the least that the stream must have"),
      key("nats.require.sync", require(&Nats::Require::sync), kServerSyncs,
          "always: its servers must have sync_interval: always, which `respand nats check` looks at"),
      key("nats.require.server", require(&Nats::Require::server), ServerVersion{}, "the least version of its servers"),
      key("nats.strict", field(&Nats::strict), kYesOrNo,
          "true: nothing is published to a stream that is not as `require` wants it; else it is only said"),
      key("nats.keep.age", keep(&Nats::Keep::age), Period(Duration{0}, kMostKeep),
          "how long an edge keeps what the stream has taken and no relay has yet, in case the stream is lost; 0: not"),
      key("nats.keep.size", keep(&Nats::Keep::size), Size(kLeastSegment, kMostJournal, true),
          "the most bytes of that, beside the journal; 0: nothing is kept"),
  };
}

std::vector<Key> input_keys() {
  const auto rate_limit = [](auto member) { return at(&Draft::socket, &Socket::rate_limit, member); };
  const auto http_rate_limit = [](auto member) { return at(&Draft::http, &Http::rate_limit, member); };
  return {
      key("socket.path", at(&Draft::socket, &Socket::path), kSocketPath, "the Unix stream socket: lines and HTTP"),
      key("socket.mode", at(&Draft::socket, &Socket::mode), FileMode{}, "who may connect, as file permissions"),
      key("socket.group", at(&Draft::socket, &Socket::group), GroupName{}, "the socket's group"),
      key("socket.max_record", at(&Draft::socket, &Socket::max_record), Size(kLeastRecord, kMostRecord),
          "a larger record is refused, never cut"),
      key("socket.max_connections", at(&Draft::socket, &Socket::max_connections), Count(1, kMostConnections),
          "open at the same time, Unix and TCP together; three quarters of them over TCP"),
      key("socket.max_connections_per_user", at(&Draft::socket, &Socket::max_connections_per_user),
          Count(0, kMostConnections), "of them, over the Unix socket; 0: half of max_connections"),
      key("socket.allow_uids", at(&Draft::socket, &Socket::allow_uids), Ids{"user"},
          "users that may connect, beside allow_gids; both empty: whoever the mode lets in"),
      key("socket.allow_gids", at(&Draft::socket, &Socket::allow_gids), Ids{"group"},
          "groups whose members may connect, also by a supplementary group"),
      key("socket.rate_limit.records", rate_limit(&IntakeLimit::records), Count(0, kMostRate),
          "records a second of each user; more have to wait, datagrams are refused; 0: no limit"),
      key("socket.rate_limit.bytes", rate_limit(&IntakeLimit::bytes), Size(kLeastByteRate, kMostByteRate, true),
          "bytes a second of each user; 0: no limit"),
      key("socket.key", at(&Draft::socket, &Socket::key), KeyName{},
          "the name in api.keys of that under which records of the Unix sockets go out; else api_key"),
      key("socket.ack", at(&Draft::socket, &Socket::ack), kAckWhen,
          "what an acknowledgement means: the record is on this host's disk, or on the NATS cluster"),
      key("datagram.path", at(&Draft::datagram, &Datagram::path), kOptionalSocketPath,
          "the datagram socket; off where not set"),
      key("http.listen", at(&Draft::http, &Http::listen), Listen("127.0.0.1:8126"),
          "HTTP input over TCP; off where not set"),
      key("http.hosts", at(&Draft::http, &Http::hosts), HostNames{},
          "names by which clients reach http.listen; else only loopback names, and off loopback its address"),
      key("http.allow_origins", at(&Draft::http, &Http::allow_origins), Origins{},
          "web pages whose browsers may post to http.listen; else none"),
      key("http.routes", at(&Draft::http, &Http::routes), OtherRoutes{},
          "OTLP routes to serve beside those of traces: v1/logs, v2/logs, v1/metrics"),
      key("http.unknown_key", at(&Draft::http, &Http::unknown_key), kUnknownKeys,
          "what comes with a key that is not known: goes out with api_key, or is refused (401)"),
      key("http.token_file", at(&Draft::http, &Http::token_file), SecretPath(kLongestPath, true),
          "a file that holds a token alone: clients must send it, or a known key, as their key"),
      key("http.forward", at(&Draft::http, &Http::forward), kForwarded,
          "reads: what asks for logs (GET and PATCH of request-logs, POST of its list and summary) goes to the API "
          "live"),
      key("http.rate_limit.records", http_rate_limit(&IntakeLimit::records), Count(0, kMostRate),
          "records a second over http.listen of each address (of IPv6: each /64); more have to wait; 0: no limit"),
      key("http.rate_limit.bytes", http_rate_limit(&IntakeLimit::bytes), Size(kLeastByteRate, kMostByteRate, true),
          "bytes a second of each address; 0: no limit"),
      key("spool.directory", at(&Draft::spool, &Spool::directory), kPath,
          "where files are picked up; off where not set and not there"),
      key("spool.settle", at(&Draft::spool, &Spool::quiet_period), Period(kLeastQuietPeriod, kMostQuietPeriod),
          "how long a file must lie untouched where the kernel does not say whether it is finished"),
      key("spool.rejected_max_size", at(&Draft::spool, &Spool::rejected_max_size), Size(kLeastRejected, kMostRejected),
          "the most bytes in rejected/, where refused lines are kept; the oldest go first"),
      key("spool.key", at(&Draft::spool, &Spool::key), KeyName{},
          "the name in api.keys of that under which the spool's records go out; else api_key"),
  };
}

std::vector<Key> disk_and_delivery_keys() {
  const auto journal = [](auto member) { return at(&Draft::journal, member); };
  const auto delivery = [](auto member) { return at(&Draft::delivery, member); };
  const auto retry = [](auto member) { return at(&Draft::delivery, &Delivery::retry, member); };
  const auto statuses = [](auto member) {
    return at(&Draft::delivery, &Delivery::retry, &Delivery::Retry::statuses, member);
  };
  return {
      key("journal.directory", journal(&Journal::directory), kPath, "where records wait on disk"),
      key("journal.max_size", journal(&Journal::max_size), Size(kLeastSegment, kMostJournal), "the most bytes on disk"),
      key("journal.segment_size", journal(&Journal::segment_size), Size(kLeastSegment, kMostSegment),
          "bytes of one file"),
      key("journal.sync", journal(&Journal::sync), kSyncModes, "always: an ack means fdatasync"),
      key("journal.sync_interval", journal(&Journal::sync_interval), Period(kLeastSyncInterval, kMostSyncInterval),
          "for sync: interval"),
      key("journal.sync_delay", journal(&Journal::sync_delay), Period(Duration{0}, kMostSyncDelay),
          "for sync: always: how long the sync of records that nobody waits for may gather"),
      key("journal.when_full", journal(&Journal::when_full), kWhenFull, "what happens at max_size"),
      key("delivery.workers", delivery(&Delivery::workers), Count(1, kMostWorkers), "worker threads"),
      key("delivery.max_in_flight", delivery(&Delivery::max_in_flight), Count(1, kMostInFlight),
          "ceiling of the adaptive limit of requests"),
      key("delivery.max_connections", delivery(&Delivery::max_connections), Count(1, kMostHttpConnections),
          "to the API, of all workers"),
      key("delivery.rate_limit", delivery(&Delivery::rate_limit), Count(0, kMostRate), "requests a second; 0: none"),
      key("delivery.rate_limit_share", delivery(&Delivery::rate_limit_share), kYesOrNo,
          "rate_limit is that of all relays of the stream together, each of which takes its part; with source: nats"),
      key("delivery.fresh_share", delivery(&Delivery::fresh_share), Share{kMostFreshShare},
          "of what the API takes, for records that come in while a backlog drains; 0: strictly oldest first"),
      key("delivery.retry.initial", retry(&Delivery::Retry::initial), Period(kLeastRetry, kMostRetryInitial),
          "the first wait after a failure"),
      key("delivery.retry.max", retry(&Delivery::Retry::max), Period(kLeastRetry, kMostRetry), "the longest wait"),
      key("delivery.retry.max_age", retry(&Delivery::Retry::max_age), Period(kLeastAge, kMostAge, true),
          "older records go to the dead letters; 0: never"),
      key("delivery.retry.max_attempts", retry(&Delivery::Retry::max_attempts), Count(0, kMostAttempts),
          "records tried this often since the start go to the dead letters; 0: tried for ever"),
      key("delivery.retry.statuses.permanent", statuses(&Delivery::Retry::Statuses::permanent), StatusCodes{},
          "answers that send a record to the dead letters, other than the built-in ones"),
      key("delivery.retry.statuses.transient", statuses(&Delivery::Retry::Statuses::transient), StatusCodes{},
          "answers after which a record is tried again, other than the built-in ones"),
      key("delivery.drain_timeout", delivery(&Delivery::drain_timeout), Period(Duration{0}, kMostDrain),
          "how long a stop waits for requests in flight"),
      key("dead_letters.directory", at(&Draft::dead_letters, &DeadLetters::directory), kPath,
          "where refused records are kept"),
      key("dead_letters.max_size", at(&Draft::dead_letters, &DeadLetters::max_size),
          Size(kLeastDeadLetters, kMostJournal), "the most bytes on disk"),
  };
}

std::vector<Key> record_and_control_keys() {
  const auto sample = [](auto member) { return at(&Draft::records, &Records::sample, member); };
  return {
      key("records.defaults", at(&Draft::records, &Records::defaults), Fields{}, "fields for records that lack them"),
      key("records.add", at(&Draft::records, &Records::add), Additions{}, "what is filled in where it is missing"),
      key("records.redact", at(&Draft::records, &Records::redact), Pointers{},
          "what is masked before anything reaches the disk"),
      key("records.redact_text", at(&Draft::records, &Records::redact_text), Detectors{},
          "what is masked in prompt and answer text, wherever it stands"),
      key("records.redact_attributes", at(&Draft::records, &Records::redact_attributes), AttributePatterns{},
          "attributes of OTLP spans whose values are masked, by key, with * for any text"),
      key("records.sample.rate", sample(&Records::Sample::rate), Share{}, "the share of traces that is delivered"),
      key("records.sample.keep_errors", sample(&Records::Sample::keep_errors), kYesOrNo,
          "records of failed calls are delivered in any case"),
      key("records.sample.keep_slower_than", sample(&Records::Sample::keep_slower_than),
          Period(milliseconds{1}, kMostSlow, true),
          "records of calls that took longer too; 0: they are like any other"),
      key("records.route", at(&Draft::records, &Records::route), KeyRoutes{},
          "which key of api.keys records go out under, by a field's value or the user; the first that holds counts"),
      key("records.prices", at(&Draft::records, &Records::prices), PathList{},
          "price lists over the built-in one, the last first: respand's own, genai-prices' v2 data, LiteLLM's"),
      key("costs.directory", at(&Draft::costs, &Costs::directory), kPath, "the ledger behind `respand costs`"),
      key("costs.retention", at(&Draft::costs, &Costs::retention), Period(kLeastRetention, kMostRetention),
          "older rows of the ledger are removed"),
      key("costs.budgets", at(&Draft::costs, &Costs::budgets), Budgets{},
          "what may be spent; crossing 80 and 100 percent of it is said, nothing is dropped"),
      key("costs.dimensions", at(&Draft::costs, &Costs::dimensions), Dimensions{},
          "fields of records that `respand costs --by` can tell rows apart by, by the pointer's last step; host: where "
          "they "
          "came in"),
      key("costs.deduplicate", at(&Draft::costs, &Costs::deduplicate), Period(hours{1}, kMostDeduplicate, true),
          "a custom_identifier of the application's that was seen so long ago or less is a repeat, not spend; 0: off"),
      key("control.path", at(&Draft::control, &Control::path), kSocketPath,
          "the socket for status, top, tap and the like"),
      key("control.mode", at(&Draft::control, &Control::mode), FileMode{}, "who may use it, as file permissions"),
      key("metrics.listen", at(&Draft::metrics, &Metrics::listen), Listen("127.0.0.1:9464"),
          "GET /metrics, /healthz, /readyz and /; off where not set"),
      key("log.level", at(&Draft::log, &Log::level), kLevels, "the least that is logged"),
      key("log.format", at(&Draft::log, &Log::format), kFormats, "auto: text, with priorities under systemd"),
  };
}

}  // namespace

const std::vector<Key>& keys() {
  static const std::vector<Key> all = [] {
    std::vector<Key> table;
    for (const auto& part :
         {api_keys(), nats_keys(), input_keys(), disk_and_delivery_keys(), record_and_control_keys()}) {
      table.insert(table.end(), part.begin(), part.end());
    }
    return table;
  }();
  return all;
}

}  // namespace respand::config
