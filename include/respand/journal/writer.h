#pragma once
// The journal's interface for producers (sockets, spool). A producer encodes records straight into a Batch, in the form
// they have on disk, hands it over through a lock-free ring, and hears once what became of it, after the fdatasync.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "respand/base/api_route.h"
#include "respand/base/units.h"

namespace respand::journal {

// What a record is. Stored; an unknown kind is refused at start.
enum class Kind : std::uint8_t {
  kCompletion = 1,  // a record
  kSpan = 2,        // an element of what is posted to a route of spans
  kRequest = 3,     // a body as it came, for a route that takes such
  kKeyed = 4,       // a record that goes out under a key of api.keys
};

// Whether the record is for the API. One that is not is durable, and passes by the ledger, but no reference to it is
// given out: the journal acknowledges it as soon as it is durable, and counts it as dropped. Stored, as a flag.
enum class Deliver : bool { kNo, kYes };

// What became of a batch: one answer for all its records.
enum class CommitResult : std::uint8_t {
  kDurable,  // written, and covered by a successful fdatasync as journal.sync says: may be acknowledged
  kFull,     // refused: the journal is at its limit and journal.when_full is `reject`; nothing of it will be delivered
  kStopped,  // refused: the journal is shutting down
};

class Batch;

// Who handed a batch over. acknowledged() runs on the journal thread, once for each batch, in the order in which this
// producer offered them; it must be quick and must not call back into the journal.
class Producer {
 public:
  virtual ~Producer() = default;
  virtual void committed(std::unique_ptr<Batch> batch, CommitResult outcome) noexcept = 0;
};

// Records encoded one after the other in one block of memory. Owned by one thread at a time.
class Batch {
 public:
  // Room that suits a group of records; a batch for one larger record is made with what it needs.
  static constexpr std::size_t kUsualCapacity = 256 * 1024;

  // `producer` is borrowed until the batch is acknowledged.
  Batch(Producer& producer, std::size_t capacity);

  // Bytes that a record takes in a batch and on disk.
  [[nodiscard]] static std::size_t encoded_size(std::size_t attributes, std::size_t payload) noexcept;
  // Whether a record of at most these sizes fits behind those that are in.
  [[nodiscard]] bool fits(std::size_t attributes, std::size_t payload) const noexcept;

  // Begins a record and returns where its payload is to be written: up to `max_payload` bytes.
  // Requires: fits(attributes.size(), max_payload), no record begun.
  // `route` is of kinds kSpan and kRequest. A key is among the attributes (Tag::kKey); a record that has one is kKeyed.
  [[nodiscard]] char* begin(Kind kind, WallTime received, std::string_view attributes, std::size_t max_payload,
                            Deliver deliver = Deliver::kYes, ApiRoute route = ApiRoute::kRecords) noexcept;
  // Ends it with the length that was written. Requires: a record begun, 0 < payload <= max_payload.
  void end(std::size_t payload) noexcept;

  [[nodiscard]] std::uint32_t records() const noexcept { return records_; }
  // Of these, those that are for another route than that of records, or under another key.
  [[nodiscard]] std::uint32_t routed() const noexcept { return routed_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] Producer& producer() const noexcept { return *producer_; }
  // Known once the batch is acknowledged as kDurable: the sequence of its first record; the others follow without a
  // gap.
  [[nodiscard]] Sequence first_sequence() const noexcept { return first_sequence_; }
  // Whether somebody waits until it is durable. One that nobody waits for is written to its file at once like any
  // other, but its sync may wait for others (journal.sync_delay). Default: awaited.
  void set_awaited(bool awaited) noexcept { awaited_ = awaited; }
  [[nodiscard]] bool awaited() const noexcept { return awaited_; }
  // Empties the batch for another use; it is awaited again.
  void clear() noexcept;

  // For the journal: the encoded records, and the place to note the first sequence.
  [[nodiscard]] std::span<std::byte> encoded() noexcept { return {block_.get(), size_}; }
  void set_first_sequence(Sequence first) noexcept { first_sequence_ = first; }

 private:
  Producer* producer_;
  std::size_t capacity_;
  std::unique_ptr<std::byte[]> block_;
  std::size_t size_ = 0;
  std::size_t open_attributes_ = 0;
  std::uint32_t records_ = 0;
  std::uint32_t routed_ = 0;
  bool awaited_ = true;
  Sequence first_sequence_;
};

class JournalWriter {
 public:
  // Batches of all producers that may be on their way at once. A producer keeps its own smaller limit
  // (kMaxOutstanding), so that the ring never refuses.
  static constexpr std::size_t kRingCapacity = 128;
  static constexpr std::size_t kMaxOutstanding = 32;

  virtual ~JournalWriter() = default;
  // Hands the batch over; any thread, never blocks. Requires: batch->records() > 0. Where the ring is full it returns
  // false and leaves `batch` as it was: try again when one of the producer's earlier batches is acknowledged.
  [[nodiscard]] virtual bool offer(std::unique_ptr<Batch>& batch) noexcept = 0;
  // False while the journal refuses records (full under `reject`): a producer may say so at once. Any thread; a
  // hint.
  [[nodiscard]] virtual bool accepting() const noexcept = 0;
  // One past the last durable record: every batch offered after the call has its records at or above it. Any thread.
  [[nodiscard]] virtual Sequence durable_end() const noexcept = 0;
};

}  // namespace respand::journal
