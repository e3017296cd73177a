#pragma once
// The HTTP client of one worker, which posts to one server. The interface mentions no library; behind it are two
// engines that one thread drives: one for HTTP/2 over TLS (daemon/http/h2_engine.h), and libcurl for all else
// (daemon/http/curl_client.h). Every request that is started gets exactly one answer. In tests a scripted client takes
// its place. All calls are the owner's thread's, but for wake().

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

// The version of HTTP. kAuto: HTTP/2 over TLS where the server speaks it, else 1.1.
enum class Version : std::uint8_t { kAuto, k11, k2, k2PriorKnowledge };

// What makes the requests. kAuto: HTTP/2 over TLS without a proxy by nghttp2, where the server chooses it; all else by
// libcurl.
enum class Engine : std::uint8_t { kAuto, kLibcurl };

// An API's answer to a log is below 1 KiB; more than this is not kept in memory.
inline constexpr std::size_t kMaxAnswerBody = 64 * 1024;

// How a request differs from one to the target's url with the target's key.
struct Routed {
  std::string path;       // appended to the target's routes_url, with a query where there is one; empty: the url itself
  bool protobuf = false;  // the payload is application/x-protobuf, else application/json
  std::string key{};      // the name of its key among the target's; empty: the target's bearer
  std::string headers{};  // further headers: whole lines, each with its "\r\n"
  bool batch = false;     // it goes to the target's batch_url, where path is empty
  std::size_t max_body = kMaxAnswerBody;  // bytes of the answer's body that are kept
};

// Where requests go, and how. A value; with another one, connections are made anew.
struct Target {
  std::string url;                    // where start() posts
  std::string batch_url;              // where start_batch() posts; empty: nowhere
  std::string bearer;                 // the API key; never logged
  std::string user_agent;             // "respand/VERSION"
  std::string ca_file;                // empty: the system's; else these alone are trusted
  std::string proxy;                  // empty: none
  bool proxy_of_environment = false;  // proxy is empty, and http_proxy, https_proxy, no_proxy count; else never
  Version version = Version::kAuto;   // what is spoken
  Engine engine = Engine::kAuto;      // by what
  Duration connect_timeout = std::chrono::seconds{5};   // TLS included
  Duration request_timeout = std::chrono::seconds{30};  // more for a large body: see kFreeOfTime
  // A connection is used no longer than this, so that a load balancer or DNS can move the client to another server.
  Duration connection_life = std::chrono::minutes{5};
  bool compress = false;               // bodies go out in gzip
  std::uint32_t max_connections = 64;  // of this client
  std::string routes_url{};            // what Routed::path is appended to; empty: requests go to `url`
  std::map<std::string, std::string, std::less<>> keys{};  // by name; never logged
  friend bool operator==(const Target&, const Target&) = default;
};

// A request whose body has up to this size has request_timeout for all of it. A larger one has a second more for each
// kSlowestUpload bytes of its body, as long as the upload moves at all.
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

// What the headers of an answer (RateLimit, X-RateLimit-…) say of the API's limit on requests. They are claims: each
// may be missing or wrong.
struct RateLimitHint {
  std::optional<double> limit;      // requests in a window; 0 to 1e9
  std::optional<Duration> window;   // the window's length: over 0, at most a day
  std::optional<double> remaining;  // requests that are left now; 0 to 1e9
  std::optional<Duration> reset;    // from now until there are more: at most a day
  friend bool operator==(const RateLimitHint&, const RateLimitHint&) = default;
};

// How a request ended.
struct Answer {
  std::uint64_t id = 0;              // as given to start()
  Failure failure = Failure::kNone;  // kNone: an answer arrived
  int status = 0;                    // HTTP status where failure is kNone
  std::string body;                  // the first kMaxAnswerBody bytes; the key, should it be echoed, as "********"
  bool body_cut = false;             // the answer's body was longer
  std::string message;               // what is wrong, in the words of a refusal in JSON; may be empty
  std::string detail;                // why there was a failure: one clause for people, without the key
  std::optional<Duration>
      retry_after;       // Retry-After; of a 429 also retry_after in its JSON, or X-RateLimit-Reset; at most a day
  RateLimitHint limits;  // from the headers of any answer
  std::optional<Duration> clock_offset;  // this host's clock less the server's, at least; from the answer's Date
  bool compressed = false;               // the body went out in gzip
  Duration elapsed{0};                   // this attempt, connecting included: from start() to the last byte
  Duration latency{0};  // part of `elapsed`: from when the request could leave to the answer's first byte; 0: none came
  std::string payload;  // what was posted, handed back with its memory for the next one
};

// The client. It is polled: answers come from poll() only.
class Client {
 public:
  virtual ~Client() = default;
  // Begins a POST of `payload` (JSON). `id` comes back with the answer.
  virtual void start(std::uint64_t id, std::string payload) = 0;
  // The same to the target's batch_url; up to `max_body` bytes of the answer's body are kept. Requires: the target has
  // a batch_url.
  virtual void start_batch(std::uint64_t id, std::string payload, std::size_t max_body) = 0;
  // The same to another path, or with another key or content type. Requires: has_key(to.key).
  // NOLINTNEXTLINE(performance-unnecessary-value-param): who posts there keeps it.
  virtual void start_routed(std::uint64_t id, std::string payload, Routed to) {
    static_cast<void>(to);
    start(id, std::move(payload));
  }
  // Whether the target has a key of that name. The key without a name, the bearer, is always there.
  [[nodiscard]] virtual bool has_key(std::string_view name) const {
    static_cast<void>(name);
    return true;
  }
  // Works on the transfers, waits until one ends, wake() is called or `deadline` has come, and appends the answers to
  // `out`. `before_wait` is called right before the wait, and forbids it by returning false: a consumer with a Doorbell
  // looks at its queue once more there.
  virtual void poll(MonoTime deadline, const std::function<bool()>& before_wait, std::vector<Answer>& out) = 0;
  // The number of requests that can be on the wire at once; a further one would wait for a connection while its
  // time-out runs. It grows when the server turns out to speak HTTP/2.
  [[nodiscard]] virtual std::size_t capacity() const = 0;
  // Ends the current or the next wait of poll(). Any thread.
  virtual void wake() = 0;
  // The number of requests that were started and not answered.
  [[nodiscard]] virtual std::size_t in_flight() const = 0;
  // New requests go to this target from now on. Those in flight end where they are.
  virtual void set_target(const Target& target) = 0;
};

// Initialises libcurl, and OpenSSL with it (curl_global_init). Called before threads start; a second call does nothing.
void start_library();
// What libcurl says of itself, its version and those of its libraries, and those of the other engine; for people.
[[nodiscard]] std::string library_version();
// `clock` is borrowed for the client's life: dates in Retry-After of an answer without a Date are measured by it.
// Requires: start_library() was called.
[[nodiscard]] std::unique_ptr<Client> make_client(const Target& target, const Clock& clock);

}  // namespace respand::http
