#pragma once
// SocketIntake: everything that writers connect to: the Unix stream socket (lines, and HTTP on the same socket), TCP
// (HTTP only), and the Unix datagram socket. Used by `app`, on the io thread: it is made, started, stopped and
// destroyed there.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "respand/base/clock.h"
#include "respand/base/result.h"
#include "respand/base/snapshot_cell.h"
#include "respand/encode/counters.h"
#include "respand/journal/settlement.h"
#include "respand/journal/writer.h"
#include "respand/metrics/metrics.h"
#include "respand/net/crowd.h"
#include "respand/record/enricher.h"
#include "respand/record/record_parser.h"
#include "respand/record/rules.h"
#include "sockets/http_keys.h"
#include "sockets/http_reads.h"
#include "sockets/http_refusals.h"
#include "sockets/patience.h"
#include "sockets/peer_quotas.h"
#include "sockets/readiness.h"

namespace boost::asio {
class io_context;
}

namespace respand::sockets {

// The rules of HTTP that a reload changes.
struct HttpRules {
  std::vector<std::string> hosts{};          // hosts that a request over TCP may name, beside loopback names
  std::vector<std::string> allow_origins{};  // origins of web pages that may post
  bool refuse_otlp = false;                  // the masks for records can't be applied to OTLP bodies
  bool masks = false;                        // the operator has set masks
  std::vector<ApiRoute> routes{};            // optional routes that are served (http.routes)
  HttpKeys keys{};
  bool forward_reads = false;
};

class ConnectionHandoff;
struct RestoredConnection;

class SocketIntake {
 public:
  struct Settings {
    // The Unix stream socket: a path to bind (empty: off), or a listening descriptor that was handed over. The
    // SocketIntake owns that descriptor, but not its path.
    std::string socket_path;
    std::optional<int> socket_fd;
    std::uint32_t mode = 0660;
    std::string group;  // empty: the process's own
    // HTTP over TCP: an IP address or "localhost" (none: off), or a listening descriptor.
    std::optional<std::string> http_host;
    std::uint16_t http_port = 0;
    std::optional<int> http_fd;
    // The datagram socket, with the same mode, group and users as the stream socket.
    std::string datagram_path;
    std::optional<int> datagram_fd;

    HttpRules http_rules;
    // What /readyz and /readyz/intake answer. None: always ready. Called on the io thread.
    std::function<Readiness(bool intake_only)> readiness;
    AskApi ask_api;  // for http.forward; none: nothing is forwarded

    Bytes max_record = record::kMaxRecord;
    net::ConnectionLimits connections;
    Patience::Limits patience;
    // Who may hand records in over the Unix sockets, among those whom the file mode lets in; and how much each of them.
    net::Access access;
    RateLimits rate_limits;
    record::Additions additions;
    const SnapshotCell<record::PriceTable>* prices = nullptr;  // as in RecordEncoder::Settings
    const encode::MissingCounters* missing = nullptr;
    std::shared_ptr<const record::Rules> rules = nullptr;  // null: records stay as they are
    std::string key{};  // the name of the key under which records of these sockets go out; empty: the configuration's

    // Memory for records that are not complete yet, of all connections together, beyond 16 KiB that each may hold.
    Bytes partial_memory = mebibytes(28);
    // A connection that holds such memory while others wait for it, and makes no progress for so long, is closed.
    Duration stall_grace = std::chrono::seconds{10};
    Duration stall_check = std::chrono::seconds{1};
    // How long lines of writers that wait for no answer, and write often, may gather in their sockets; 0: not at all.
    Duration gather_reads{0};
    // Where writers are told of records only once these are acknowledged (socket.ack: published); borrowed. Null: once
    // they are durable.
    journal::Settlement* settlement = nullptr;
    // How long a stop waits until what was read is committed, or acknowledged where that is told; and after that, until
    // slow clients have taken their last acks and reads of the API have ended (libcurl notices about once a second that
    // it should).
    Duration stop_commit = std::chrono::seconds{3};
    Duration stop_answer = std::chrono::seconds{3};
  };

  // Everything but `settings` is borrowed. If the time of a stop is up, batches may still be in flight to the journal
  // when stop() is done: destroy the SocketIntake only after the journal has ended or has returned them all.
  SocketIntake(boost::asio::io_context& loop, Settings settings, journal::JournalWriter& intake,
               metrics::Registry& registry, const Clock& clock);
  ~SocketIntake();

  // Opens the listeners, all or none: from here on writers can connect. Called once.
  [[nodiscard]] Status start();
  // Replaces the rules and the key for records from now on.
  void reconfigure(std::shared_ptr<const record::Rules> rules, std::string key);
  // Replaces who may hand in records, and how much. Open connections stay.
  void reconfigure(net::Access access, const RateLimits& limits, const net::ConnectionLimits& connections);
  void reconfigure(const HttpRules& rules);
  // The last POST to a path that is not served.
  [[nodiscard]] Unserved unserved() const;
  // The path of a Unix socket whose file was taken away and can't be put back, and why; empty: none.
  [[nodiscard]] const std::string& lost() const;
  // Whether some writers find no place, and why.
  [[nodiscard]] net::Crowd crowd();
  // What each peer has handed in since the start, the most first.
  [[nodiscard]] std::vector<PeerCount> users();
  // Closes the listeners, takes in what has been sent already, waits until it is committed, sends the last acks, and
  // closes. `done` is called from the loop when all that is over, or its time is up. Called once. Where `handoff` is
  // given, open connections are put into it instead of being closed; it is borrowed until `done`.
  void stop(std::function<void()> done, ConnectionHandoff* handoff = nullptr);
  // Goes on with connections of an earlier process, each with what it held. To be called after start().
  void take_back(std::vector<RestoredConnection> connections);

  // Where the HTTP listener listens; 0 where it is off.
  [[nodiscard]] std::uint16_t http_port() const;
  [[nodiscard]] std::size_t connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace respand::sockets
