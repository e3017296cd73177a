#pragma once
// The keys that put a NATS cluster between hosts and the API: `destination`, `source` and those under `nats`. Fields
// are named after their keys; config/REFERENCE.md says what each key means. Values; any thread.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/units.h"
#include "respand/config/secret.h"

namespace respand::config {

// The values of destination (who gets what the journal holds) and source (what is read beside the usual inputs).
enum class Destination : std::uint8_t { kApi, kNats };
enum class Source : std::uint8_t { kNone, kNats };
// The values of nats.batch.compression and nats.require.sync.
enum class BatchCompression : std::uint8_t { kZstd, kNone };
enum class ServerSync : std::uint8_t { kAlways, kAny };

// The durable consumer that all relays of a stream share; `respand nats setup` makes it.
inline constexpr std::string_view kNatsConsumer = "respand";

// The keys under `nats`.
struct Nats {
  // The keys under `nats.batch`: how many records and bytes go into one message, and how long it waits for them.
  struct Batch {
    // Bytes are of records, before compression.
    std::uint32_t max_records = 500;
    Bytes max_bytes = kibibytes(512);
    Duration linger = std::chrono::milliseconds{20};
    BatchCompression compression = BatchCompression::kZstd;
    friend bool operator==(const Batch&, const Batch&) = default;
  };
  // The keys under `nats.require`: what the cluster must promise.
  struct Require {
    // The least number of copies; whether a server must sync before it answers.
    std::uint32_t replicas = 3;
    ServerSync sync = ServerSync::kAlways;
    std::string server = "2.10.23";  // the least version
    friend bool operator==(const Require&, const Require&) = default;
  };
  // The keys under `nats.keep`: how long an edge keeps what the cluster has taken, in case the cluster loses it.
  struct Keep {
    // For how long, and how much; 0 of either: nothing is kept.
    Duration age = std::chrono::hours{24};
    Bytes size = gibibytes(2);
    friend bool operator==(const Keep&, const Keep&) = default;
  };
  std::vector<std::string> servers{};  // "nats://host:port" or "tls://host:port"
  std::string credentials_file{};      // a .creds file; empty: none
  std::string nkey_file{};             // a file with an nkey seed; empty: none
  // What one of the two holds, or $CREDENTIALS_DIRECTORY/nats_creds; empty: none.
  Secret credentials{};
  std::string ca_file{};    // empty: the system's
  std::string cert_file{};  // of the client, with key_file; empty: none
  std::string key_file{};
  std::string stream{};
  std::string subject{};  // where it is not set, "respand." and the host's name, once destination is nats
  std::string host{};     // the host's name, which travels with its records; known where destination is nats
  Batch batch{};
  std::uint32_t max_in_flight = 8;  // batches
  Require require{};
  bool strict = false;  // nothing is published while the cluster does not promise what `require` wants
  Keep keep{};
  friend bool operator==(const Nats&, const Nats&) = default;
};

}  // namespace respand::config
