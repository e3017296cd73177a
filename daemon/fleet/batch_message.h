#pragma once
// The form of a message between an edge and a relay: a batch of records, in constants and values. FORMAT.md says the
// same in words, and tests/fleet/batch_message_test.cc in golden bytes. What comes in is hostile: it is read within
// limits, and nothing of it is believed before its checksum holds. Pure; any thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/api_route.h"
#include "respand/base/result.h"
#include "respand/base/units.h"
#include "respand/journal/writer.h"

namespace respand::fleet {

inline constexpr std::uint8_t kBatchVersion = 1;
// The most records of a batch, and the most bytes of all its records with their heads. nats.batch.max_records and
// max_bytes are below; one record alone may be as large as the journal takes.
inline constexpr std::uint32_t kMostBatchRecords = 10'000;
inline constexpr std::size_t kMostBody = std::size_t{65} << 20;
// A host's name is one of the DNS, or an operator's word.
inline constexpr std::size_t kLongestHost = 255;

// What stands in front of the records.
struct BatchHead {
  static constexpr std::string_view kMagic = "RSPNDBAT";
  static constexpr std::size_t kSize = 32;
  static constexpr std::size_t kChecksum = 8;  // behind all else
  static constexpr std::uint8_t kZstd = 1;     // a flag: the records are compressed
};

// A record of a batch.
struct BatchRecord {
  static constexpr std::size_t kHead = 24;
  Sequence sequence;    // in the edge's journal
  WallTime received{};  // by the edge
  journal::Kind kind = journal::Kind::kCompletion;
  ApiRoute route = ApiRoute::kRecords;
  std::string_view attributes{};
  std::string_view payload{};
};

// The kind of a record that is posted to this route. One with a key of its own becomes kKeyed in the journal.
[[nodiscard]] constexpr journal::Kind kind_for(ApiRoute route) {
  return route == ApiRoute::kRecords ? journal::Kind::kCompletion
         : is_spans(route)           ? journal::Kind::kSpan
                                     : journal::Kind::kRequest;
}

// Encodes batches, one after the other, in memory that is used again.
class BatchWriter {
 public:
  BatchWriter();
  ~BatchWriter();
  BatchWriter(const BatchWriter&) = delete;
  BatchWriter& operator=(const BatchWriter&) = delete;

  // Begins a batch. Requires: host has at most kLongestHost bytes.
  void begin(std::uint64_t journal, std::string_view host);
  // Appends a record. Requires: attributes of at most 65,535 bytes, kMostBatchRecords and kMostBody are kept.
  void add(const BatchRecord& record);
  [[nodiscard]] std::uint32_t records() const { return records_; }
  [[nodiscard]] std::size_t body_size() const { return body_.size(); }
  // The message. Where compression makes it no smaller, it is left out. Requires: records() > 0.
  [[nodiscard]] std::string finish(bool compress);

 private:
  // What zstd writes into packed_; none where that would be no smaller.
  [[nodiscard]] std::string_view pack();

  std::uint64_t journal_ = 0;
  std::string host_;
  std::string body_;
  std::uint32_t records_ = 0;
  std::vector<char> packed_;
  struct Compressor;  // zstd's
  std::unique_ptr<Compressor> compressor_;
};

// A batch that was read. The records' views point into `body`, so it can be moved but not copied.
struct BatchMessage {
  BatchMessage() = default;
  BatchMessage(const BatchMessage&) = delete;
  BatchMessage& operator=(const BatchMessage&) = delete;
  BatchMessage(BatchMessage&&) = default;
  BatchMessage& operator=(BatchMessage&&) = default;
  ~BatchMessage() = default;

  std::uint64_t journal = 0;  // of the edge
  std::string host;
  std::vector<BatchRecord> records;  // in the order of their sequences, which all differ
  std::vector<char> body;
};

// Reads a message. kUnsupported: a newer version's, or records of a kind that this version does not know; kCorrupt: it
// is not what an edge has sent; kNoSpace: it would take more memory than `most_body` allows, whatever it says.
[[nodiscard]] Result<BatchMessage> read_batch(std::string_view message, std::size_t most_body = kMostBody);

}  // namespace respand::fleet
