#pragma once
// The configuration as values that can't be wrong: load() parses YAML, replaces ${NAME}, fills in defaults, and says
// every mistake with its line and column; what it returns needs no further check. Immutable after that. Main thread.
// Key names, defaults and meaning are those of config/REFERENCE.md. Runtime classes take values, not the Config.

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

namespace respand::config {

// A value that must not be shown. Printing it needs reveal(), which a reviewer can search for.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  [[nodiscard]] const std::string& reveal() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }
  friend bool operator==(const Secret&, const Secret&) = default;

 private:
  std::string value_;
};

enum class HttpVersion : std::uint8_t { kAuto, k11, k2, k2PriorKnowledge };
// The value of api.proxy that lets http_proxy, https_proxy and no_proxy count.
inline constexpr std::string_view kProxyOfEnvironment = "environment";

enum class Compression : std::uint8_t { kNone, kGzip };
enum class SyncMode : std::uint8_t { kAlways, kInterval, kNever };
enum class WhenFull : std::uint8_t { kBlock, kReject, kDropOldest };

// An IP address or "localhost" and a port.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// A key of an application, by a name of the operator's.
struct NamedKey {
  std::string name;  // letters, digits, '.', '-', '_'
  std::string file;
  Secret key{};  // what that holds
  friend bool operator==(const NamedKey&, const NamedKey&) = default;
};

// Which key records go out under: all that is set must hold.
struct KeyRoute {
  std::vector<std::pair<std::string, std::string>> match{};  // a member's name or a JSON pointer, and its value
  std::optional<std::uint32_t> uid{};
  std::string key{};  // its name
  friend bool operator==(const KeyRoute&, const KeyRoute&) = default;
};

// What becomes of a request over HTTP whose key is none that is known.
enum class UnknownKey : std::uint8_t { kDefault, kReject };
enum class ForwardedRequests : std::uint8_t { kOff, kReads };

// Where api.key came from.
struct KeyOrigin {
  enum class Kind : std::uint8_t {
    kNone,           // there is no key
    kFile,           // api_key_file, or kDefaultKeyFile
    kConfiguration,  // api_key in a file of the configuration
    kCredential,     // a file that systemd has handed over
    kEnvironment,
  };
  Kind kind = Kind::kNone;
  std::string place{};  // the path of the file; of kEnvironment the name of the variable
  // For people: "file /etc/respand/api_key", "api_key in /etc/respand/respand.yaml", "environment RESPAN_API_KEY".
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const KeyOrigin&, const KeyOrigin&) = default;
};

struct Api {
  struct Batch {
    std::string path;  // empty: one POST a record
    std::uint32_t max_records = 500;
    Bytes max_bytes = mebibytes(8);
    Duration linger = std::chrono::milliseconds{20};
    friend bool operator==(const Batch&, const Batch&) = default;
  };
  std::string base_url = "https://api.respan.ai/api";  // as written, without a slash at the end
  std::string path = "request-logs/create/";
  Secret key;  // from api_key, api_key_file, $CREDENTIALS_DIRECTORY/respan_api_key or $RESPAN_API_KEY
  KeyOrigin key_origin;
  std::vector<NamedKey> keys{};  // of applications
  std::string ca_file;           // empty: the system's
  std::string proxy;             // empty: none; or kProxyOfEnvironment
  HttpVersion http_version = HttpVersion::kAuto;
  Compression compression = Compression::kNone;
  Batch batch;
  Duration connect_timeout = std::chrono::seconds{5};
  Duration request_timeout = std::chrono::seconds{30};

  // base_url and path joined; "/api" is added to a base_url that does not end in it, as the official clients do.
  [[nodiscard]] std::string create_url() const { return url_of(path); }
  // What the paths of other routes are put behind.
  [[nodiscard]] std::string routes_url() const { return url_of(""); }
  // The same of batch.path; empty where there is none.
  [[nodiscard]] std::string batch_url() const { return batch.path.empty() ? std::string() : url_of(batch.path); }
  friend bool operator==(const Api&, const Api&) = default;

 private:
  [[nodiscard]] std::string url_of(std::string_view relative) const;
};

// Of each who hands records in, a second; 0: none.
struct IntakeLimit {
  std::uint32_t records = 0;
  Bytes bytes{0};
  friend bool operator==(const IntakeLimit&, const IntakeLimit&) = default;
};

struct Socket {
  std::string path = "/run/respand/respand.sock";
  std::uint32_t mode = 0660;
  std::string group;  // empty: the process's own
  Bytes max_record = mebibytes(20);
  std::uint32_t max_connections = 4096;
  std::uint32_t max_connections_per_user = 0;  // over the Unix socket; 0: half of max_connections
  // Both empty: whoever the file mode lets in; else who is in one of them.
  std::vector<std::uint32_t> allow_uids;
  std::vector<std::uint32_t> allow_gids;
  IntakeLimit rate_limit{};  // of each user
  std::string key{};         // the name of that under which its records go out; empty: api.api_key
  friend bool operator==(const Socket&, const Socket&) = default;
};

struct Datagram {
  std::string path;  // empty: off
  friend bool operator==(const Datagram&, const Datagram&) = default;
};

struct Http {
  std::optional<Endpoint> listen;               // none: off
  std::vector<std::string> hosts = {};          // that requests may be for, beside loopback names
  std::vector<std::string> allow_origins = {};  // of web pages that may post
  std::vector<std::string> routes = {};         // served on request only: v1/logs, v2/logs, v1/metrics
  UnknownKey unknown_key = UnknownKey::kDefault;
  ForwardedRequests forward = ForwardedRequests::kOff;
  std::string token_file{};
  Secret token{};            // what that holds: lets clients in that hold no key
  IntakeLimit rate_limit{};  // of each address
  friend bool operator==(const Http&, const Http&) = default;
};

struct Spool {
  std::string directory = "/var/spool/respand";
  bool directory_given = false;  // written in the file: it must exist; else the spool is off where it does not
  Duration quiet_period = std::chrono::seconds{1};
  Bytes rejected_max_size = mebibytes(256);
  std::string key{};  // as socket.key
  friend bool operator==(const Spool&, const Spool&) = default;
};

struct Journal {
  std::string directory = "/var/lib/respand/journal";
  Bytes max_size = gibibytes(4);
  Bytes segment_size = mebibytes(64);
  SyncMode sync = SyncMode::kAlways;
  Duration sync_interval = std::chrono::milliseconds{100};
  Duration sync_delay = std::chrono::milliseconds{10};
  WhenFull when_full = WhenFull::kBlock;
  friend bool operator==(const Journal&, const Journal&) = default;
};

struct Delivery {
  struct Retry {
    Duration initial = std::chrono::milliseconds{250};
    Duration max = std::chrono::seconds{60};
    Duration max_age{0};             // 0: for ever
    std::uint32_t max_attempts = 0;  // 0: the same
    // Whose fault an answer is, where the operator knows better. From 300 to 599, none in both.
    struct Statuses {
      std::vector<std::uint16_t> permanent;  // to the dead letters
      std::vector<std::uint16_t> transient;  // tried again
      friend bool operator==(const Statuses&, const Statuses&) = default;
    };
    Statuses statuses;
    friend bool operator==(const Retry&, const Retry&) = default;
  };
  std::uint32_t workers = 2;
  std::uint32_t max_in_flight = 256;
  std::uint32_t max_connections = 64;
  std::uint32_t rate_limit = 0;  // requests a second; 0: none
  double fresh_share = 0.5;      // of what the API takes, for records that come in while a backlog drains
  Retry retry;
  Duration drain_timeout = std::chrono::seconds{10};
  friend bool operator==(const Delivery&, const Delivery&) = default;
};

struct DeadLetters {
  std::string directory = "/var/lib/respand/dead-letters";
  Bytes max_size = gibibytes(1);
  friend bool operator==(const DeadLetters&, const DeadLetters&) = default;
};

// Which missing fields are filled in.
struct Add {
  bool timestamp = true;
  bool custom_identifier = true;
  bool generation_time = true;
  bool cost = true;
  friend bool operator==(const Add&, const Add&) = default;
};

// What is masked in prompt and answer text.
struct RedactText {
  bool email = false;
  bool api_key = false;
  bool bearer = false;
  bool credit_card = false;
  friend bool operator==(const RedactText&, const RedactText&) = default;
};

struct Records {
  // Which records are delivered.
  struct Sample {
    double rate = 1;  // 0 … 1, of traces
    bool keep_errors = true;
    Duration keep_slower_than{0};  // 0: a slow record is like any other
    friend bool operator==(const Sample&, const Sample&) = default;
  };
  std::string defaults = "{}";  // one JSON object, compact
  Add add;
  std::vector<std::string> redact = {"/customer_credentials", "/credential_override"};  // JSON pointers (RFC 6901)
  std::vector<std::string> prices = {"/etc/respand/prices.yaml"};                       // later ones win
  bool prices_given = false;  // written in the file: they must exist
  RedactText redact_text{};
  std::vector<std::string> redact_attributes{};  // of OTLP, by key, with * and ?
  Sample sample{};
  std::vector<KeyRoute> route{};
  friend bool operator==(const Records&, const Records&) = default;
};

enum class BudgetPeriod : std::uint8_t { kHour, kDay, kMonth };

// What may be spent in a period. It warns, it never drops.
struct Budget {
  std::optional<std::string> model, provider, customer, environment;  // none: any
  BudgetPeriod per = BudgetPeriod::kDay;
  std::uint64_t micro_usd = 0;  // millionths of a US dollar; above 0
  friend bool operator==(const Budget&, const Budget&) = default;
};

inline constexpr std::size_t kMostDimensions = 3;
// What `respand costs --by` calls a dimension: the pointer's last step, without its escapes.
[[nodiscard]] std::string dimension_name(std::string_view pointer);

struct Costs {
  std::string directory = "/var/lib/respand/costs";
  Duration retention = std::chrono::hours{24 * 400};
  std::vector<Budget> budgets;
  std::vector<std::string> dimensions;  // JSON pointers, at most kMostDimensions
  Duration deduplicate{0};              // 0: off
  friend bool operator==(const Costs&, const Costs&) = default;
};

struct Control {
  std::string path = "/run/respand/control.sock";
  std::uint32_t mode = 0600;
  friend bool operator==(const Control&, const Control&) = default;
};

struct Metrics {
  std::optional<Endpoint> listen;  // none: off
  friend bool operator==(const Metrics&, const Metrics&) = default;
};

struct Log {
  log::Level level = log::Level::kInfo;
  log::Format format = log::Format::kAuto;
  friend bool operator==(const Log&, const Log&) = default;
};

struct Config {
  Api api;
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
  std::vector<std::string> files;  // what it was read from, in order: the file, where it is there, then conf.d/*.yaml
  friend bool operator==(const Config&, const Config&) = default;
};

// A mistake, to be shown as "file:line:column: message". Line and column count from 1; 0 where there is none.
struct Problem {
  enum class About : std::uint8_t {
    kConfiguration,
    kKey,            // the API key is missing, or is none
    kExposedSecret,  // every user of this host can read a key or a token
  };
  std::string file;
  int line = 0;
  int column = 0;
  std::string message;  // what is wrong and what would be right; never a secret
  About about = About::kConfiguration;
  ErrorCode code = ErrorCode::kInvalid;  // of what the system refused; kPermission: this user may not read a file
  [[nodiscard]] std::string to_string() const;
};

struct Loaded {
  Config config;                  // as a whole meaningful only where `problems` is empty; else what could be read of it
  std::vector<Problem> problems;  // every mistake, in the order of the file
  std::vector<Problem> warnings;  // what is accepted but probably not meant, e.g. a key file that everybody can read
};

// What load() may see of the world, so that tests need none of it.
struct Environment {
  std::function<std::optional<std::string>(const std::string& name)> variable;  // getenv
  std::function<Result<std::string>(const std::string& path)> read_file;        // whole file, bounded to 1 MiB
  std::function<bool(const std::string& path)> readable_by_all = nullptr;       // file mode o+r; may be left empty
  // Names in a folder, in any order; kNotFound where it is not there. May be left empty: there are no folders.
  std::function<Result<std::vector<std::string>>(const std::string& folder)> list_folder = nullptr;
  [[nodiscard]] static Environment process();  // the real ones
};

// Reads and checks a file and the parts beside it (conf.d/*.yaml, in the order of their names, each over what came
// before: maps merge, all else is replaced), or a text that stands for one file. What can't be read is a Problem.
[[nodiscard]] Loaded load_file(const std::string& path, const Environment& environment);
[[nodiscard]] Loaded load_text(std::string_view yaml, const std::string& file_name, const Environment& environment);

// The effective configuration as YAML that load_text() takes back; the key as "********".
[[nodiscard]] std::string print(const Config& config);

// A running daemon's configuration behind a reload.
struct Reloaded {
  Config config;                   // `fresh`, but for what needs a restart: that stays as it was
  std::vector<std::string> taken;  // keys that differ and count from now on
  std::vector<std::string> kept;   // those that count from the next start on
};
// The same configuration with what its key files hold now: api_key_file, those of api.keys, http.token_file. Where one
// can't be read, or is no key, `problems` say so. Nothing where all is as it was.
struct Reread {
  std::optional<Config> config;
  std::vector<Problem> problems;
};
[[nodiscard]] Reread reread_keys(const Config& now, const Environment& environment);
// These files.
[[nodiscard]] std::vector<std::string> key_files(const Config& config);
[[nodiscard]] Reloaded reload(const Config& now, const Config& fresh);

// What a key is, for documentation: from the same table that drives load and print, in the order of
// config/REFERENCE.md.
struct KeyInfo {
  std::string path;          // "api.batch.max_bytes"
  std::string expects;       // "a size from 64KiB to 100MiB"
  std::string default_text;  // as it is written in YAML; empty where the default is off
  std::string about;         // one clause
  bool reloads = false;      // a change counts without a restart
};
[[nodiscard]] std::vector<KeyInfo> describe();

}  // namespace respand::config
