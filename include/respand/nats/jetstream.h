#pragma once
// JetStream over a nats::Client: the subjects and JSON of its API, as values. Pure functions: they make what is to be
// sent and read what came. Everything that comes in is hostile: sizes and depth are bounded, and what is not understood
// is an error that says what was expected. Any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/result.h"
#include "respand/base/units.h"

namespace respand::nats {

// ApiError::code of kInProcess.
inline constexpr int kConflict = 409;
// The numbers of JetStream's errors that mean something here (server/errors.json of nats-server).
inline constexpr int kNoSuchConsumer = 10014;
inline constexpr int kInsufficientResources = 10023;  // the account or the server is at its limit
inline constexpr int kStorageFailed = 10047;          // no room on the server's disk
inline constexpr int kMessageTooLarge = 10054;        // over the stream's max_msg_size
inline constexpr int kNoSuchStream = 10059;
inline constexpr int kOtherStream = 10060;  // the subject belongs to another stream
inline constexpr int kStreamFull = 10077;   // max_bytes or max_msgs, with discard: new
inline constexpr int kInProcess = 10158;    // the first copy is still being stored

// An error of JetStream's API: {"code":400,"err_code":10077,"description":"…"}.
struct ApiError {
  int code = 0;             // as in HTTP
  int err_code = 0;         // one of the above, or another
  std::string description;  // bounded; for people
};

// The answer to a message that was published to a stream.
struct PubAck {
  std::string stream;             // that has stored it
  std::uint64_t sequence = 0;     // its place there
  bool duplicate = false;         // it was there already, by its Nats-Msg-Id
  std::optional<ApiError> error;  // where there is one, nothing above counts
};
// kInvalid: it is not a PubAck.
[[nodiscard]] Result<PubAck> read_pub_ack(std::string_view payload);

// What a stream is, as STREAM.INFO says, and as CREATE wants it.
struct StreamConfig {
  std::string name;                    // of the stream
  std::vector<std::string> subjects;   // that it takes, perhaps with wildcards
  std::string retention;               // "limits", "interest", "workqueue"
  std::string storage;                 // "file", "memory"
  std::string discard;                 // "old", "new"
  int replicas = 0;                    // servers that have it
  std::int64_t max_age_ns = 0;         // 0: none
  std::int64_t max_bytes = -1;         // -1: none
  std::int64_t max_messages = -1;      // the same
  std::int32_t max_message_size = -1;  // bytes; the same
  // The same, of one subject: over it the oldest message of the subject goes, also under discard: new.
  std::int64_t max_messages_of_subject = -1;
  bool refuses_over_subject = false;     // discard_new_per_subject: the new message is refused instead
  bool no_ack = false;                   // it sends no PubAcks
  std::int64_t duplicate_window_ns = 0;  // how long a Nats-Msg-Id is remembered
};
// What STREAM.INFO says.
struct StreamInfo {
  StreamConfig config;               // what it is
  std::string created;               // as the server wrote it; another one means another stream
  std::uint64_t messages = 0;        // that are stored now
  std::uint64_t bytes = 0;           // of them
  std::uint64_t first_sequence = 0;  // of the oldest message
  std::uint64_t last_sequence = 0;   // of the newest one that it ever took
  std::string first_time;            // of the oldest message; empty: unknown
  std::string leader;                // of the cluster; empty: none, or no cluster
  int current_replicas = 0;          // besides the leader
};
// What a consumer is, as CONSUMER.INFO says, and as CREATE wants it. Durable, pull, explicit acknowledgements.
struct ConsumerConfig {
  std::string name;                  // of the consumer
  std::string ack_policy;            // "explicit"
  std::string deliver_policy;        // "all"
  std::int64_t ack_wait_ns = 0;      // until a message is given out again
  std::int64_t max_deliver = -1;     // how often; -1: for ever
  std::int64_t max_ack_pending = 0;  // messages that are given out at a time
  bool push = false;                 // it has a deliver_subject
  bool filtered = false;             // it has a filter_subject or filter_subjects: it gives out some messages alone
  bool headers_only = false;         // it gives out messages without their payloads
};
// Whether one of a stream's subjects takes what is published to `subject`, as the server matches them.
[[nodiscard]] bool takes(const std::vector<std::string>& patterns, std::string_view subject);
// What CONSUMER.INFO says.
struct ConsumerInfo {
  ConsumerConfig config;          // what it is
  std::string created;            // as the server wrote it
  std::uint64_t pending = 0;      // messages that no one has got yet
  std::uint64_t ack_pending = 0;  // given out and not acknowledged
  std::uint64_t redelivered = 0;  // of those, given out more than once
};

// Subjects of the API: requests go there.
[[nodiscard]] std::string stream_info_subject(std::string_view stream);
[[nodiscard]] std::string stream_create_subject(std::string_view stream);
[[nodiscard]] std::string stream_update_subject(std::string_view stream);
[[nodiscard]] std::string consumer_info_subject(std::string_view stream, std::string_view consumer);
[[nodiscard]] std::string consumer_create_subject(std::string_view stream, std::string_view consumer);
[[nodiscard]] std::string next_subject(std::string_view stream, std::string_view consumer);
// Bodies of requests.
[[nodiscard]] std::string create_request(const StreamConfig& config);
[[nodiscard]] std::string create_request(std::string_view stream, const ConsumerConfig& config);
// Asks for up to `batch` messages and `max_bytes` (0: no limit); the server ends the request after `expires`, and sends
// a heartbeat each `heartbeat` of silence (0: none).
[[nodiscard]] std::string next_request(std::uint32_t batch, std::size_t max_bytes, Duration expires,
                                       Duration heartbeat);

// An API answer: either what was asked for or the API's error.
template <typename T>
struct Answered {
  std::optional<ApiError> error;  // where there is one, `value` does not count
  T value;                        // what was asked for
};
// kInvalid: it is no such answer.
[[nodiscard]] Result<Answered<StreamInfo>> read_stream_info(std::string_view payload);
[[nodiscard]] Result<Answered<ConsumerInfo>> read_consumer_info(std::string_view payload);

// What the reply subject of a message from a consumer says ("$JS.ACK.…", 9, 11 or 12 tokens).
struct Delivery {
  std::string_view stream;              // these point into the subject
  std::string_view consumer;            // that gave it out
  std::uint64_t delivered = 0;          // 1: the first time
  std::uint64_t stream_sequence = 0;    // the message's place in the stream
  std::uint64_t consumer_sequence = 0;  // how many the consumer has given out
  std::uint64_t pending = 0;            // messages that wait behind it
};
// Reads it; nothing where the subject is another one.
[[nodiscard]] std::optional<Delivery> read_delivery(std::string_view reply_subject);
// Payloads of acknowledgements, which go to the reply subject: "+ACK", "+WPI", "-NAK {"delay":ns}".
inline constexpr std::string_view kAck = "+ACK";
inline constexpr std::string_view kInProgress = "+WPI";
[[nodiscard]] std::string nak(Duration delay);

// The value of a header in a block (Message::headers); names are compared without case. Empty: there is none.
[[nodiscard]] std::string_view find_header(std::string_view headers, std::string_view name) noexcept;
// Whether a version ("2.10.27", "2.11.0-beta.1") is at least `wanted` ("2.10.23"); a pre-release is below its release.
[[nodiscard]] bool at_least(std::string_view version, std::string_view wanted) noexcept;

}  // namespace respand::nats
