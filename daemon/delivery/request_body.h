#pragma once
// The bodies of requests: what stands around a record's bytes, and what of its attributes goes into the request's
// headers. BodyReader reads a record from the journal behind what a body has already. Used by RequestSender,
// AnswerHandler and GiveUpHandler; one BodyReader each, on the worker's thread.

#include <string>
#include <string_view>

#include "delivery/retry_queue.h"
#include "respand/base/api_route.h"
#include "respand/base/result.h"
#include "respand/http/client.h"
#include "respand/journal/reader.h"

namespace respand::delivery {

// How a body that goes to another route than that of records, or under a key of its own, is posted. Records that travel
// together have the same.
struct Envelope {
  std::string query;    // behind the path's question mark; empty: none
  std::string headers;  // whole lines, each with its "\r\n"
  bool protobuf = false;
  friend bool operator==(const Envelope&, const Envelope&) = default;
};

// What stands before and behind the records of one body.
struct BodyFrame {
  std::string_view front;
  std::string_view back;
};
// Of several records: {"logs":[…]}, of spans […].
[[nodiscard]] BodyFrame batch_frame(ApiRoute route);
// Of one record: nothing, of a span […].
[[nodiscard]] BodyFrame single_frame(ApiRoute route);
// Takes the frame of a single record off again, so that the payload is what the journal holds.
void strip_frame(ApiRoute route, std::string& payload);

// Whether the record goes elsewhere than to the route of records with the configuration's key.
[[nodiscard]] inline bool is_routed(const Record& record) { return record.ref.way != 0; }

// The address of such a record under the key named `key`.
[[nodiscard]] http::Routed address_of(const Record& record, std::string_view key, Envelope envelope);

class BodyReader {
 public:
  explicit BodyReader(const journal::JournalReader& journal) : journal_(journal) {}

  // Puts the record behind what is in `body`, and says in `envelope` how it is posted; that of a record that is not
  // routed stays as it is. After a failure `body` is unchanged. Errors: those of JournalReader::read().
  [[nodiscard]] Status append(const Record& record, std::string& body, Envelope& envelope);
  // The same, with the envelope of every record.
  [[nodiscard]] Status append_with_envelope(const Record& record, std::string& body, Envelope& envelope);

 private:
  const journal::JournalReader& journal_;
  std::string attributes_;  // memory for those of the next record
};

}  // namespace respand::delivery
