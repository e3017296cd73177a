#pragma once
// The configuration as values that can't be wrong. load_file() parses YAML, replaces ${NAME}, fills in defaults, and
// reports every mistake with its line and column; what it returns without one needs no further check, and is not
// changed any more. Main thread. Fields are named after their keys; config/REFERENCE.md says what each key means and
// which values it takes. Runtime classes take values, not the Config.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "respand/base/log.h"
#include "respand/base/result.h"
#include "respand/base/units.h"
#include "respand/config/key_origin.h"
#include "respand/config/nats.h"
#include "respand/config/problem.h"
#include "respand/config/secret.h"

namespace respand::config {

// The values of api.http_version.
enum class HttpVersion : std::uint8_t { kAuto, k11, k2, k2PriorKnowledge };
// The values of api.engine.
enum class HttpEngine : std::uint8_t { kAuto, kLibcurl };
// The value of api.proxy with which http_proxy, https_proxy and no_proxy count.
inline constexpr std::string_view kProxyOfEnvironment = "environment";

// The values of api.compression, journal.sync and journal.when_full.
enum class Compression : std::uint8_t { kNone, kGzip };
enum class SyncMode : std::uint8_t { kAlways, kInterval, kNever };
enum class WhenFull : std::uint8_t { kBlock, kReject, kDropOldest };

// Where to listen.
struct Endpoint {
  // An IP address (IPv6 without brackets) or "localhost", and a port; 0: any free one.
  std::string host;
  std::uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// The key of an application, by a name that the operator gives it.
struct NamedKey {
  std::string name;  // letters, digits, '.', '-', '_'
  std::string file;  // absolute path
  Secret key{};      // what the file holds
  friend bool operator==(const NamedKey&, const NamedKey&) = default;
};

// A rule that gives records a key. All of its conditions must hold.
struct KeyRoute {
  std::vector<std::pair<std::string, std::string>> match{};  // a member's name or a JSON pointer, and its value
  std::optional<std::uint32_t> uid{};                        // the user who hands the record in; nothing: anybody
  std::string key{};                                         // the key's name
  friend bool operator==(const KeyRoute&, const KeyRoute&) = default;
};

// The values of socket.ack: an acknowledged record is on this host's disk, or on the NATS cluster.
enum class AckWhen : std::uint8_t { kDurable, kPublished };

// The values of http.unknown_key (what becomes of a request whose key is not known) and http.forward.
enum class UnknownKey : std::uint8_t { kDefault, kReject };
enum class ForwardedRequests : std::uint8_t { kOff, kReads };

// The keys under `api`.
struct Api {
  // The keys under `api.batch`: how many records and bytes go into one request, and how long it waits for them.
  struct Batch {
    std::string path;  // empty: one POST a record
    // The keys' defaults; the same in all structs below.
    std::uint32_t max_records = 500;
    Bytes max_bytes = mebibytes(8);
    Duration linger = std::chrono::milliseconds{20};
    friend bool operator==(const Batch&, const Batch&) = default;
  };
  std::string base_url = "https://api.respan.ai/api";  // as written, without a slash at the end
  std::string path = "request-logs/create/";           // of the route of records
  Secret key;                    // from api_key, api_key_file, $CREDENTIALS_DIRECTORY/respan_api_key or $RESPAN_API_KEY
  KeyOrigin key_origin;          // where it came from
  std::vector<NamedKey> keys{};  // of applications
  std::string ca_file;           // empty: the system's
  std::string proxy;             // empty: none; or kProxyOfEnvironment
  // How requests are made. The time for a request includes that for its connection.
  HttpVersion http_version = HttpVersion::kAuto;
  HttpEngine engine = HttpEngine::kAuto;
  Compression compression = Compression::kNone;
  Batch batch;
  Duration connect_timeout = std::chrono::seconds{5};
  Duration request_timeout = std::chrono::seconds{30};

  // base_url and path joined; "/api" is added to a base_url that does not end in it, as the official clients do.
  [[nodiscard]] std::string create_url() const { return url_of(path); }
  // The address that the paths of other routes are appended to.
  [[nodiscard]] std::string routes_url() const { return url_of(""); }
  // The same of batch.path; empty where there is none.
  [[nodiscard]] std::string batch_url() const { return batch.path.empty() ? std::string() : url_of(batch.path); }
  friend bool operator==(const Api&, const Api&) = default;

 private:
  [[nodiscard]] std::string url_of(std::string_view relative) const;
};

// The rate at which one user or one address may hand records in.
struct IntakeLimit {
  // Records and bytes a second; 0: no limit.
  std::uint32_t records = 0;
  Bytes bytes{0};
  friend bool operator==(const IntakeLimit&, const IntakeLimit&) = default;
};

// The keys under `socket`: the Unix stream socket, and limits of all inputs.
struct Socket {
  // Where the socket is, and the permissions of its file.
  std::string path = "/run/respand/respand.sock";
  std::uint32_t mode = 0660;
  std::string group;  // empty: the process's own
  // Limits of all inputs: the largest record, and the connections over Unix sockets and TCP together.
  Bytes max_record = mebibytes(20);
  std::uint32_t max_connections = 4096;
  std::uint32_t max_connections_per_user = 0;  // over the Unix socket; 0: half of max_connections
  // Users and groups that may connect; both empty: whoever the file's mode lets in.
  std::vector<std::uint32_t> allow_uids;
  std::vector<std::uint32_t> allow_gids;
  IntakeLimit rate_limit{};  // of each user
  std::string key{};         // the name of the key that its records go out under; empty: api.api_key
  AckWhen ack = AckWhen::kDurable;
  friend bool operator==(const Socket&, const Socket&) = default;
};

// The keys under `datagram`.
struct Datagram {
  std::string path;  // empty: off
  friend bool operator==(const Datagram&, const Datagram&) = default;
};

// The keys under `http`: HTTP over TCP.
struct Http {
  std::optional<Endpoint> listen;                       // nothing: off
  std::vector<std::string> hosts = {};                  // names that requests may be for, beside loopback names
  std::vector<std::string> allow_origins = {};          // origins of web pages that may post
  std::vector<std::string> routes = {};                 // routes served on request only: v1/logs, v2/logs, v1/metrics
  UnknownKey unknown_key = UnknownKey::kDefault;        // what becomes of a key that is not known
  ForwardedRequests forward = ForwardedRequests::kOff;  // which requests go to the API live
  std::string token_file{};                             // empty: none
  Secret token{};                                       // what the file holds: it lets clients in that hold no key
  IntakeLimit rate_limit{};                             // of each address
  friend bool operator==(const Http&, const Http&) = default;
};

// The keys under `spool`.
struct Spool {
  std::string directory = "/var/spool/respand";  // absolute
  bool directory_given = false;  // written in the file: it must exist; else the spool is off where it does not
  Duration quiet_period = std::chrono::seconds{1};  // how long a file must lie untouched
  Bytes rejected_max_size = mebibytes(256);         // of the files with refused lines
  std::string key{};                                // as socket.key
  friend bool operator==(const Spool&, const Spool&) = default;
};

// The keys under `journal`.
struct Journal {
  // The folder, its limits, when what is written is synced, and what becomes of records at the limit.
  std::string directory = "/var/lib/respand/journal";
  Bytes max_size = gibibytes(4);
  Bytes segment_size = mebibytes(64);
  SyncMode sync = SyncMode::kAlways;
  Duration sync_interval = std::chrono::milliseconds{100};
  Duration sync_delay = std::chrono::milliseconds{10};
  WhenFull when_full = WhenFull::kBlock;
  friend bool operator==(const Journal&, const Journal&) = default;
};

// The keys under `delivery`.
struct Delivery {
  // The keys under `delivery.retry`.
  struct Retry {
    Duration initial = std::chrono::milliseconds{250};  // of the first wait, at most; doubles each time
    Duration max = std::chrono::seconds{60};            // and grows up to this
    Duration max_age{0};                                // 0: a record is tried for ever
    std::uint32_t max_attempts = 0;                     // 0: the same
    // HTTP statuses that the operator knows to mean something else than usual: 300 to 599, none in both lists.
    struct Statuses {
      std::vector<std::uint16_t> permanent;  // the record goes to the dead letters
      std::vector<std::uint16_t> transient;  // the record is tried again
      friend bool operator==(const Statuses&, const Statuses&) = default;
    };
    Statuses statuses;  // both lists empty: as usual
    friend bool operator==(const Retry&, const Retry&) = default;
  };
  // Threads, and the limits of all of them together.
  std::uint32_t workers = 2;
  std::uint32_t max_in_flight = 256;
  std::uint32_t max_connections = 64;
  std::uint32_t rate_limit = 0;   // requests a second; 0: none
  bool rate_limit_share = false;  // rate_limit holds for all relays together
  double fresh_share = 0.5;       // of what the API takes, for records that come in while a backlog drains
  // What follows a failure, and how long a stop waits for requests in flight.
  Retry retry;
  Duration drain_timeout = std::chrono::seconds{10};
  friend bool operator==(const Delivery&, const Delivery&) = default;
};

// The keys under `dead_letters`.
struct DeadLetters {
  // The folder, and the most bytes in it.
  std::string directory = "/var/lib/respand/dead-letters";
  Bytes max_size = gibibytes(1);
  friend bool operator==(const DeadLetters&, const DeadLetters&) = default;
};

// records.add.
struct Add {
  // Whether the field is filled in where a record lacks it.
  bool timestamp = true;
  bool custom_identifier = true;
  bool generation_time = true;
  bool cost = true;
  friend bool operator==(const Add&, const Add&) = default;
};

// records.redact_text.
struct RedactText {
  // Whether this is masked in prompt and answer text.
  bool email = false;
  bool api_key = false;
  bool bearer = false;
  bool credit_card = false;
  friend bool operator==(const RedactText&, const RedactText&) = default;
};

// The keys under `records`.
struct Records {
  // The keys under `records.sample`: which records are delivered.
  struct Sample {
    double rate = 1;               // the share of traces, 0 to 1
    bool keep_errors = true;       // records of failed calls are delivered in any case
    Duration keep_slower_than{0};  // and records of calls that took longer; 0: they are like any other
    friend bool operator==(const Sample&, const Sample&) = default;
  };
  std::string defaults = "{}";                                                          // one JSON object, compact
  Add add;                                                                              // what is filled in
  std::vector<std::string> redact = {"/customer_credentials", "/credential_override"};  // JSON pointers (RFC 6901)
  std::vector<std::string> prices = {"/etc/respand/prices.yaml"};                       // later ones win
  bool prices_given = false;                     // written in the file: they must exist
  RedactText redact_text{};                      // what is masked in text
  std::vector<std::string> redact_attributes{};  // keys of OTLP attributes, with * and ?
  Sample sample{};                               // what is delivered
  std::vector<KeyRoute> route{};                 // the first one that holds counts
  friend bool operator==(const Records&, const Records&) = default;
};

// The values of `per` in a budget. Periods begin at full hours, midnight and the first of a month, UTC.
enum class BudgetPeriod : std::uint8_t { kHour, kDay, kMonth };

// What may be spent in a period. Crossing it is reported; no record is dropped for it.
struct Budget {
  std::optional<std::string> model, provider, customer, environment;  // whose calls count; nothing: all
  BudgetPeriod per = BudgetPeriod::kDay;                              // after which it begins anew
  std::uint64_t micro_usd = 0;                                        // millionths of a US dollar; above 0
  friend bool operator==(const Budget&, const Budget&) = default;
};

// The most pointers in costs.dimensions: each makes more rows in the ledger.
inline constexpr std::size_t kMostDimensions = 3;
// What stands in costs.dimensions for the host on which a record came in, which no member of the record says.
inline constexpr std::string_view kHostDimension = "host";
// The name of a dimension for `respand costs --by`: the pointer's last step, without its escapes.
[[nodiscard]] std::string dimension_name(std::string_view pointer);
// This machine's name: ${HOSTNAME} of the environment, else what the system calls it. Empty where neither says.
[[nodiscard]] std::string host_name();

// The keys under `costs`: the ledger.
struct Costs {
  // The folder, and how long rows are kept.
  std::string directory = "/var/lib/respand/costs";
  Duration retention = std::chrono::hours{24 * 400};
  std::vector<Budget> budgets;          // each is watched by itself
  std::vector<std::string> dimensions;  // JSON pointers, at most kMostDimensions, and perhaps kHostDimension
  Duration deduplicate{0};              // 0: off
  // The pointers among the dimensions, and whether the host is one of them.
  [[nodiscard]] std::vector<std::string> pointers() const;
  [[nodiscard]] bool by_host() const;
  friend bool operator==(const Costs&, const Costs&) = default;
};

// The keys under `control`: the socket of `respand status` and the like.
struct Control {
  // Where the socket is, and the permissions of its file.
  std::string path = "/run/respand/control.sock";
  std::uint32_t mode = 0600;
  friend bool operator==(const Control&, const Control&) = default;
};

// The keys under `metrics`.
struct Metrics {
  std::optional<Endpoint> listen;  // nothing: off
  friend bool operator==(const Metrics&, const Metrics&) = default;
};

// The keys under `log`.
struct Log {
  // The least that is logged, and how.
  log::Level level = log::Level::kInfo;
  log::Format format = log::Format::kAuto;
  friend bool operator==(const Log&, const Log&) = default;
};

// A whole configuration.
struct Config {
  // A section each.
  Api api;
  Destination destination = Destination::kApi;
  Source source = Source::kNone;
  Nats nats;
  Socket socket;
  Datagram datagram;
  Http http;
  Spool spool;
  Journal journal;
  Delivery delivery;
  DeadLetters dead_letters;
  Records records;
  Costs costs;
  Control control;
  Metrics metrics;
  Log log;
  std::vector<std::string> files;  // what it was read from, in order: the file, where it exists, then conf.d/*.yaml
  friend bool operator==(const Config&, const Config&) = default;
};

// What reading a configuration gives.
struct Loaded {
  Config config;                  // complete where `problems` is empty; else what could be read of it
  std::vector<Problem> problems;  // every mistake, in the order of the file
  std::vector<Problem> warnings;  // what is accepted but probably not meant, e.g. a key file that everybody can read
};

// What the functions below may see of the machine, so that tests need none of it.
struct Environment {
  std::function<std::optional<std::string>(const std::string& name)> variable;  // getenv
  std::function<Result<std::string>(const std::string& path)> read_file;        // whole file, bounded to 1 MiB
  std::function<bool(const std::string& path)> readable_by_all = nullptr;       // file mode o+r; may be left empty
  // Names in a folder, in any order; kNotFound where it does not exist. May be left empty: no folder exists then.
  std::function<Result<std::vector<std::string>>(const std::string& folder)> list_folder = nullptr;
  [[nodiscard]] static Environment process();  // the process's own
};

// Reads and checks a file and the parts beside it (conf.d/*.yaml), or a text that stands for one file. Parts are read
// in the order of their names, and each counts over what came before: maps merge, any other value is replaced. A file
// that can't be read is a Problem.
[[nodiscard]] Loaded load_file(const std::string& path, const Environment& environment);
[[nodiscard]] Loaded load_text(std::string_view yaml, const std::string& file_name, const Environment& environment);

// The effective configuration as YAML that load_text() takes back. The API key is shown as "********".
[[nodiscard]] std::string print(const Config& config);

// A running daemon's configuration after a reload.
struct Reloaded {
  Config config;                   // the fresh one, but for what needs a restart: that is as it was
  std::vector<std::string> taken;  // keys that differ and count from now on
  std::vector<std::string> kept;   // keys that differ and count from the next start on
};
// A configuration after its key files were read again.
struct Reread {
  std::optional<Config> config;   // nothing: all is as it was, or there are problems
  std::vector<Problem> problems;  // files that can't be read, or hold no key
};
// Reads again what key_files() names.
[[nodiscard]] Reread reread_keys(const Config& now, const Environment& environment);
// The files that hold keys: api_key_file, those of api.keys, http.token_file, nats.credentials_file, nats.nkey_file.
[[nodiscard]] std::vector<std::string> key_files(const Config& config);
// Which of the changes from `now` to `fresh` count without a restart.
[[nodiscard]] Reloaded reload(const Config& now, const Config& fresh);

// What a key is, for documentation.
struct KeyInfo {
  std::string path;          // "api.batch.max_bytes"
  std::string expects;       // "a size from 64KiB to 100MiB"
  std::string default_text;  // as it is written in YAML; empty where the default is off
  std::string about;         // one clause
  bool reloads = false;      // a change counts without a restart
};
// All keys in the order of config/REFERENCE.md, from the table that load and print go by.
[[nodiscard]] std::vector<KeyInfo> describe();

}  // namespace respand::config
