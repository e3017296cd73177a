#pragma once
// SocketIntake: the listeners that writers connect to. Unix stream socket (lines, and HTTP on the same socket), TCP
// (HTTP only), Unix datagram socket. Used by app. All on the io thread: construct, start, stop and destroy it there.

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

// Of HTTP, and follows a reload.
struct HttpRules {
  std::vector<std::string> hosts{};          // that a request over TCP may be for, beside loopback names
  std::vector<std::string> allow_origins{};  // of web pages that may post
  bool refuse_otlp = false;                  // the rules for records can't be kept to in such a body
  bool masks = false;                        // there are rules that an operator has asked for
  std::vector<ApiRoute> routes{};            // that are served because they are named
  HttpKeys keys{};
  bool forward_reads = false;
};

class ConnectionHandoff;
struct RestoredConnection;

class SocketIntake {
 public:
  struct Settings {
    // The Unix stream socket: a path to bind (empty: off), or a listening descriptor that was handed over, which is
    // then owned by the SocketIntake and whose path is somebody else's.
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
    std::string key{};  // the name of that under which records of these sockets go out; empty: the configuration's

    // Memory for records that are not complete yet, beyond 16 KiB that each connection may hold: all together.
    Bytes partial_memory = mebibytes(28);
    // A connection that holds such memory, makes no progress for so long and keeps others waiting is disconnected.
    Duration stall_grace = std::chrono::seconds{10};
    Duration stall_check = std::chrono::seconds{1};
    // How long a stop waits for the journal to commit what was read, and then for slow clients to take their last acks,
    // and for reads of the API to be given up: libcurl asks for that once a second.
    Duration stop_commit = std::chrono::seconds{3};
    Duration stop_answer = std::chrono::seconds{3};
  };

  // Everything but `settings` is borrowed. Batches may still be on their way to the journal when stop() is done (its
  // time was up): destroy the SocketIntake only after the journal has ended, or is quiet them all.
  SocketIntake(boost::asio::io_context& loop, Settings settings, journal::JournalWriter& intake,
               metrics::Registry& registry, const Clock& clock);
  ~SocketIntake();

  // Opens the listeners, all or none: from here on writers can connect. Once.
  [[nodiscard]] Status start();
  // From now on records are changed by these.
  void reconfigure(std::shared_ptr<const record::Rules> rules, std::string key);
  // From now on these may hand in so much. Who is connected already stays.
  void reconfigure(net::Access access, const RateLimits& limits, const net::ConnectionLimits& connections);
  void reconfigure(const HttpRules& rules);
  // The last POST to a path that is not served.
  [[nodiscard]] Unserved unserved() const;
  // The path of a Unix socket whose file was taken away and can't be put back, and why; empty: none.
  [[nodiscard]] const std::string& lost() const;
  // Whether somebody finds no place.
  [[nodiscard]] net::Crowd crowd();
  // Who has handed in what since the start, most first.
  [[nodiscard]] std::vector<PeerCount> users();
  // Closes the listeners, takes in what has been sent already, waits until it is committed, sends the last acks,
  // closes. `done` is called from the loop when all that is over, or its time is up. Once. Where `handoff` is given,
  // open connections are put into it, and none of them is cut off; borrowed until then.
  void stop(std::function<void()> done, ConnectionHandoff* handoff = nullptr);
  // Connections of an earlier process, each with what it held, go on. Behind start().
  void take_back(std::vector<RestoredConnection> connections);

  // Where the HTTP listener listens; 0 where it is off.
  [[nodiscard]] std::uint16_t http_port() const;
  [[nodiscard]] std::size_t connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace respand::sockets
