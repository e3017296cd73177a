#pragma once
// A client of a NATS cluster, which one thread owns and polls, as it polls http/client.h. It keeps one connection and
// makes it anew where it breaks, to the next server of the list or of those that the cluster names. It knows messages,
// not JetStream: that is jetstream.h. In tests a scripted client takes its place. All calls are the owner's thread's,
// but for wake().

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/clock.h"
#include "respand/base/units.h"

namespace respand::nats {

// Where the cluster is and who we are. A value.
struct Target {
  std::vector<std::string> servers;  // "nats://host:port" or "tls://host:port"; tried in turn, beginning anywhere
  std::string credentials;           // the text of a .creds file or of an nkey seed; empty: none; never logged
  std::string ca_file;               // empty: the system's; else these alone are trusted
  std::string cert_file;             // the client's certificate and its key; empty: none
  std::string key_file;              // PEM, without a passphrase
  std::string name;                  // what the server's list of connections shows
  Duration connect_timeout = std::chrono::seconds{5};  // TLS and the greeting included
  Duration ping_interval = std::chrono::seconds{20};   // of silence; a second one without PONG ends the connection
  friend bool operator==(const Target&, const Target&) = default;
};

// What the connection is doing.
enum class Link : std::uint8_t { kConnecting, kUp };

// Why the last connection, or the last try to make one, failed. Of a connection that is up, kCredentials says that the
// server denied something, such as a subject.
enum class Failure : std::uint8_t {
  kNone,         // it is up, or nothing has failed yet
  kResolve,      // the host name is not known
  kConnect,      // refused, unreachable, timed out
  kCertificate,  // the certificate is not trusted or does not match
  kCredentials,  // the server refuses the credentials, or asks for some
  kProtocol,     // what came is not NATS, or too large
  kClosed,       // the server closed the connection, or it went silent
};

// What the server says of itself (INFO). Claims, bounded in length.
struct ServerInfo {
  std::string name;               // as people know it
  std::string version;            // "2.10.27"
  std::string cluster;            // its cluster's name; empty: it stands alone
  std::uint64_t max_payload = 0;  // bytes of headers and payload of one message
  bool headers = false;           // messages may have some
  bool jetstream = false;         // it is on
};

// The state as people and metrics see it.
struct State {
  Link link = Link::kConnecting;     // now
  Failure failure = Failure::kNone;  // of the connection before, or of the last try
  std::string detail;                // one clause for people, without credentials
  std::string server;                // "host:port" of the connection, or of the last try
  ServerInfo info;                   // of the connection; empty before the first
  std::uint64_t connections = 0;     // how many were made so far
  std::string denied;                // the subject that a server denied last, on this connection or one before
  std::uint64_t denials = 0;         // how often one was denied so far
  std::size_t servers = 0;           // how many are known: those of the target, and those that the cluster has named
};

// A message that came. The views point into the client's memory until the next call of poll().
struct Message {
  std::uint64_t subscription = 0;  // as subscribe() gave it
  std::string_view subject;        // where it was published
  std::string_view reply;          // empty: no answer is wanted
  std::string_view headers;        // the whole block from "NATS/1.0" on, or empty
  int status = 0;                  // of the block's first line: 503 no responders, 404, 408, 409, 100; 0: none
  std::string_view payload;        // any bytes
};

// How a request ended.
enum class ReplyResult : std::uint8_t {
  kReply,         // message holds the answer
  kNoResponders,  // nobody serves the subject (503): no stream, JetStream off, no quorum
  kTimeout,       // no answer in time: it may have been carried out, or not
  kBroken,        // the connection broke meanwhile: the same
  kTooLarge,      // over the server's max_payload; it was not sent
};
// The answer to a request.
struct Reply {
  std::uint64_t id = 0;                      // as given to request()
  ReplyResult result = ReplyResult::kReply;  // how it ended
  Message message;                           // where result is kReply
};

// Gets what poll() finds. A handler must not call poll(); it may call everything else.
class Handler {
 public:
  virtual ~Handler() = default;
  // The connection is up: subscriptions were made anew by the client. Or it went down: requests in flight were answered
  // with kBroken before.
  virtual void link_changed(Link link) = 0;
  // A message of a subscription; who subscribes to nothing gets none.
  virtual void message(const Message& message) { static_cast<void>(message); }
  // The answer to a request; each request gets exactly one.
  virtual void reply(const Reply& reply) = 0;
};

// The client.
class Client {
 public:
  virtual ~Client() = default;
  // Sends a message. While there is no connection, or too much is unsent, or where it is over the server's max_payload,
  // nothing is sent and false comes back. `headers` are whole lines, each with its "\r\n", without the version line.
  // Requires: no line break in `subject` and `reply`; headers are lines.
  virtual bool publish(std::string_view subject, std::string_view reply, std::string_view headers,
                       std::string_view payload) = 0;
  // publish() with a reply subject of its own; the answer comes to Handler::reply with `id`, also where nothing could
  // be sent (kBroken). `timeout` from now.
  virtual void request(std::uint64_t id, std::string_view subject, std::string_view headers, std::string_view payload,
                       Duration timeout) = 0;
  // Subscribes, over all connections to come. `queue_group` may be empty. Returns what Message::subscription says.
  virtual std::uint64_t subscribe(std::string_view subject, std::string_view queue_group) = 0;
  // Ends a subscription; messages of it that are on their way are dropped.
  virtual void unsubscribe(std::uint64_t subscription) = 0;
  // A subject of this client alone: "_INBOX.…", for use as a reply subject with a subscription of one's own.
  [[nodiscard]] virtual std::string new_inbox() = 0;
  // Works on the connection, waits until something comes, wake() is called or `deadline` has come, and tells the
  // handler. What was published in a turn goes out here, in as few writes as possible. `before_wait` is called right
  // before the wait, and forbids it by returning false.
  virtual void poll(MonoTime deadline, const std::function<bool()>& before_wait) = 0;
  // Ends the current or the next wait of poll(). Any thread.
  virtual void wake() = 0;
  // Bytes that were published and that the socket has not taken yet.
  [[nodiscard]] virtual std::size_t unsent() const = 0;
  // As of the last poll(). The owner's thread; it copies what others are to see.
  [[nodiscard]] virtual const State& state() const = 0;
  // The connection is made anew with this target, where it differs.
  virtual void set_target(const Target& target) = 0;
};

// `clock` and `handler` are borrowed for the client's life.
[[nodiscard]] std::unique_ptr<Client> make_client(const Target& target, const Clock& clock, Handler& handler);

// A short stable word ("refused", "credentials"), for logs and labels.
[[nodiscard]] std::string_view name_of(Failure failure) noexcept;

}  // namespace respand::nats
