#pragma once
// POSTs of one worker to one server. The interface does not speak of libcurl; behind it is one multi handle that
// one thread drives (daemon/http/curl_client.cc). Every request started gets exactly one answer. In tests a scripted
// client stands in. All calls on the owner's thread, but for wake().

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/clock.h"
#include "respand/base/units.h"

namespace respand::http {

enum class Version : std::uint8_t { kAuto, k11, k2, k2PriorKnowledge };

// An API's answer to a log is below 1 KiB; more than this is not kept in memory.
inline constexpr std::size_t kMaxAnswerBody = 64 * 1024;

// What a request is that does not go to the target's url with the target's key.
struct Routed {
  std::string path;       // behind the target's routes_url; with a query where there is one; empty: to its url
  bool protobuf = false;  // the payload is application/x-protobuf, else application/json
  std::string key{};      // the name of its key among the target's; empty: the target's bearer
  std::string headers{};  // more of them: whole lines, each with its "\r\n"
  bool batch = false;     // to the target's batch_url, where path is empty
  std::size_t max_body = kMaxAnswerBody;
};

// Where requests go and how. A value; a changed one makes new connections.
struct Target {
  std::string url;
  std::string batch_url;              // of start_batch(); empty: none
  std::string bearer;                 // the API key; never logged
  std::string user_agent;             // "respand/VERSION"
  std::string ca_file;                // empty: the system's; else these alone are trusted
  std::string proxy;                  // empty: none
  bool proxy_of_environment = false;  // proxy is empty, and http_proxy, https_proxy, no_proxy count; else never
  Version version = Version::kAuto;
  Duration connect_timeout = std::chrono::seconds{5};
  Duration request_timeout = std::chrono::seconds{30};  // more for a large body: see kFreeOfTime
  // A connection in use is left for a new one after this, so that a load balancer and DNS can move us.
  Duration connection_life = std::chrono::minutes{5};
  bool compress = false;               // bodies go out in gzip
  std::uint32_t max_connections = 64;  // of this client
  std::string routes_url{};            // what a path of start_routed() is put behind; empty: `url` is posted to
  std::map<std::string, std::string, std::less<>> keys{};  // by name; never logged
  friend bool operator==(const Target&, const Target&) = default;
};

// A body up to this size has request_timeout for all; a larger one a second more for each kSlowestUpload of it, as long
// as it moves at all.
inline constexpr std::size_t kFreeOfTime = 1024 * 1024;
inline constexpr std::size_t kSlowestUpload = 128 * 1024;

// How an attempt ended, in terms of what the caller may conclude.
enum class Failure : std::uint8_t {
  kNone,         // an answer arrived whole: status is set
  kConnect,      // no connection: refused, unreachable, TLS handshake broken off
  kResolve,      // the host name is not known
  kCertificate,  // the certificate is not trusted or does not match
  kTimeout,      // connect or request time-out
  kBroken,       // reset, closed early, not HTTP, half an answer
};
// A short stable word ("timeout"), for logs and as the label of respand_requests_total{code}.
[[nodiscard]] std::string_view name_of(Failure failure) noexcept;

// What the API says in the headers of an answer of its limit on requests (RateLimit, X-RateLimit-…). A claim, not a
// fact: each may be missing or wrong.
struct RateLimitHint {
  std::optional<double> limit;      // requests in a window; 0 to 1e9
  std::optional<Duration> window;   // its length: over 0, at most a day
  std::optional<double> remaining;  // requests that are left now; 0 to 1e9
  std::optional<Duration> reset;    // until there are more: at most a day
  friend bool operator==(const RateLimitHint&, const RateLimitHint&) = default;
};

struct Answer {
  std::uint64_t id = 0;
  Failure failure = Failure::kNone;
  int status = 0;         // HTTP status where failure is kNone
  std::string body;       // the first kMaxAnswerBody bytes; the key, should it be echoed, as "********"
  bool body_cut = false;  // there was more
  std::string message;    // of a refusal in JSON: what is wrong, in the API's own words; may be empty
  std::string detail;     // for a failure: one clause for people, without the key
  std::optional<Duration>
      retry_after;       // Retry-After; of a 429 also retry_after in its JSON, or X-RateLimit-Reset; at most a day
  RateLimitHint limits;  // of any answer
  std::optional<Duration> clock_offset;  // this host's clock less the server's, at least, by the answer's Date
  bool compressed = false;               // the body went out in gzip
  Duration elapsed{0};                   // this attempt, connecting included: from start() to the last byte
  Duration latency{0};  // of it, from when the request could leave to the answer's first byte; 0 where none came
  std::string payload;  // what was posted, handed back with its memory for the next one
};

class Client {
 public:
  virtual ~Client() = default;
  // Begins a POST of `payload` (JSON). `id` comes back with the answer.
  virtual void start(std::uint64_t id, std::string payload) = 0;
  // The same to the target's batch_url, with `max_body` for kMaxAnswerBody. Requires: the target has one.
  virtual void start_batch(std::uint64_t id, std::string payload, std::size_t max_body) = 0;
  // The same to another path, with another key, perhaps with another content. Requires: has_key(to.key).
  // NOLINTNEXTLINE(performance-unnecessary-value-param): who posts there keeps it.
  virtual void start_routed(std::uint64_t id, std::string payload, Routed to) {
    static_cast<void>(to);
    start(id, std::move(payload));
  }
  // Whether the target has a key of that name; it has the one without a name.
  [[nodiscard]] virtual bool has_key(std::string_view name) const {
    static_cast<void>(name);
    return true;
  }
  // Works on the transfers, waits until one ends, wake() is called or `deadline` has come, and appends what ended to
  // `out`. `before_wait` is called right before the wait and may forbid it by returning false (the look-once-more of a
  // Doorbell).
  virtual void poll(MonoTime deadline, const std::function<bool()>& before_wait, std::vector<Answer>& out) = 0;
  // Requests that can be on the wire at once; a request beyond them would wait for a connection while its time-out
  // runs. Grows when the server turns out to speak HTTP/2.
  [[nodiscard]] virtual std::size_t capacity() const = 0;
  // Any thread: ends the current or the next wait of poll().
  virtual void wake() = 0;
  // Requests started and not answered.
  [[nodiscard]] virtual std::size_t in_flight() const = 0;
  // From now on new requests go there. Those in flight end where they are.
  virtual void set_target(const Target& target) = 0;
};

// Call once before threads start (curl_global_init); idempotent.
void start_library();
[[nodiscard]] std::string library_version();
// `clock` is borrowed for the client's life: dates in Retry-After of an answer without a Date are measured by it.
// Requires: start_library() was called.
[[nodiscard]] std::unique_ptr<Client> make_client(const Target& target, const Clock& clock);

}  // namespace respand::http
