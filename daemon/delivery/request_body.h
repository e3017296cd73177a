#pragma once
// The bodies of requests: what stands around a record's bytes, and which of its attributes go into the request's
// headers. BodyReader reads a record from the journal and appends it to a body. Used by RequestSender, AnswerHandler
// and GiveUpHandler, on the worker's thread; the first and the last have a BodyReader each.

#include <string>
#include <string_view>

#include "delivery/retry_queue.h"
#include "respand/base/api_route.h"
#include "respand/base/result.h"
#include "respand/http/client.h"
#include "respand/journal/read_window.h"
#include "respand/journal/reader.h"

namespace respand::delivery {

// How a body is posted that goes to another route than that of records, or under a key of its own. All records of one
// batch have the same envelope.
struct Envelope {
  std::string query;    // behind the path's question mark; empty: none
  std::string headers;  // whole lines, each with its "\r\n"
  bool protobuf = false;
  friend bool operator==(const Envelope&, const Envelope&) = default;
};

// What stands before and after the records of one body.
struct BodyFrame {
  std::string_view front;
  std::string_view back;
};
// For several records: {"logs":[…]}; for spans: […].
[[nodiscard]] BodyFrame batch_frame(ApiRoute route);
// For one record: nothing; for a span: […].
[[nodiscard]] BodyFrame single_frame(ApiRoute route);
// Takes the frame of a single record off, so that the payload is again what the journal holds.
void strip_frame(ApiRoute route, std::string& payload);

// Whether the record goes to another route than that of records, or under another key than the configuration's.
[[nodiscard]] inline bool is_routed(const Record& record) { return record.ref.way != 0; }

// The address of a routed record under the key named `key`.
[[nodiscard]] http::Routed address_of(const Record& record, std::string_view key, Envelope envelope);

class BodyReader {
 public:
  explicit BodyReader(const journal::JournalReader& journal) : journal_(journal) {}

  // Appends the record to `body`. Sets `envelope` where the record is routed; otherwise it stays as it is. After a
  // failure `body` is unchanged. Errors: those of JournalReader::append().
  [[nodiscard]] Status append(const Record& record, std::string& body, Envelope& envelope);
  // The same, and sets `envelope` for every record.
  [[nodiscard]] Status append_with_envelope(const Record& record, std::string& body, Envelope& envelope);

 private:
  const journal::JournalReader& journal_;
  journal::ReadWindow window_;
  std::string attributes_;  // memory that is used again for each record's attributes
};

}  // namespace respand::delivery
