#pragma once
// The journal's interface for producers (sockets, spool). A producer encodes records straight into a Batch, in the form
// that they have on disk, and hands it over through a lock-free ring. After the fdatasync it is told, once, what became
// of the batch.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "respand/base/api_route.h"
#include "respand/base/units.h"

namespace respand::journal {

// What a record is. The number is stored. A record of an unknown kind is left alone: a start refuses a journal whose
// newest segment holds one, and in older segments it waits for a version that knows it.
enum class Kind : std::uint8_t {
  kCompletion = 1,  // a record
  kSpan = 2,        // an element of what is posted to a route of spans
  kRequest = 3,     // a body as it came, for a route that takes such
  kKeyed = 4,       // a record that goes out under a key of api.keys
};

// Whether a record is for the API. One that is not becomes durable, and the ledger sees it, but no reference to it is
// given out: the journal acknowledges it as soon as it is durable, and counts it as dropped. Stored, as a flag.
enum class Deliver : bool { kNo, kYes };

// What became of a batch, and so of all its records.
enum class CommitResult : std::uint8_t {
  kDurable,  // written, and covered by a successful fdatasync as journal.sync says: may be acknowledged
  kFull,     // refused: the journal is at its limit and journal.when_full is `reject`; nothing of it will be delivered
  kStopped,  // refused: the journal is shutting down
};

class Batch;

// Whoever hands batches over.
class Producer {
 public:
  virtual ~Producer() = default;
  // Gives a batch back. Called on the journal's thread, once for each batch, in the order in which this producer
  // offered them. It must be quick, and must not call back into the journal.
  virtual void committed(std::unique_ptr<Batch> batch, CommitResult outcome) noexcept = 0;
};

// Records encoded one after the other in one block of memory. Owned by one thread at a time.
class Batch {
 public:
  // The usual capacity, which suits a group of records; a batch for one larger record is made with what that needs.
  static constexpr std::size_t kUsualCapacity = 256 * 1024;

  // `capacity` in bytes. `producer` is borrowed until it has the batch back.
  Batch(Producer& producer, std::size_t capacity);

  // Bytes that a record takes in a batch, and on disk.
  [[nodiscard]] static std::size_t encoded_size(std::size_t attributes, std::size_t payload) noexcept;
  // Whether a record of at most these sizes fits behind the records of the batch.
  [[nodiscard]] bool fits(std::size_t attributes, std::size_t payload) const noexcept;

  // Begins a record and returns where its payload is to be written: up to `max_payload` bytes. `route` is for kSpan and
  // kRequest. The name of a key is among the attributes (Tag::kKey); a record of the route of records that has one is
  // kKeyed. Requires: fits(attributes.size(), max_payload), no record begun.
  [[nodiscard]] char* begin(Kind kind, WallTime received, std::string_view attributes, std::size_t max_payload,
                            Deliver deliver = Deliver::kYes, ApiRoute route = ApiRoute::kRecords) noexcept;
  // Ends the record with the length that was written. Requires: a record begun, 0 < payload <= max_payload.
  void end(std::size_t payload) noexcept;

  // The number of records that were ended.
  [[nodiscard]] std::uint32_t records() const noexcept { return records_; }
  // How many of them are for another route than that of records, or under another key.
  [[nodiscard]] std::uint32_t routed() const noexcept { return routed_; }
  // Bytes of the encoded records, and how many there may be; and who gets the batch back.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] Producer& producer() const noexcept { return *producer_; }
  // The most bytes that it has had of encoded records: so much of its memory is in use, whatever it holds now.
  [[nodiscard]] std::size_t touched() const noexcept { return std::max(touched_, size_); }
  // The sequence of the first record, known once the batch came back as kDurable; the others follow without a gap.
  [[nodiscard]] Sequence first_sequence() const noexcept { return first_sequence_; }
  // Whether somebody waits until the batch is durable; a batch is awaited unless this says otherwise. One that nobody
  // waits for is written to its file at once like any other, but its sync may wait for others (journal.sync_delay).
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
  std::size_t touched_ = 0;  // before the last clear()
  std::size_t open_attributes_ = 0;
  std::uint32_t records_ = 0;
  std::uint32_t routed_ = 0;
  bool awaited_ = true;
  Sequence first_sequence_;
};

// The interface. The journal outlives its producers' use of it.
class JournalWriter {
 public:
  // How many batches of all producers may be on their way at once. Each producer keeps to a smaller limit of its own,
  // kMaxOutstanding, so that the ring never refuses.
  static constexpr std::size_t kRingCapacity = 128;
  static constexpr std::size_t kMaxOutstanding = 32;

  virtual ~JournalWriter() = default;
  // Hands the batch over, and never blocks. Where the ring is full it returns false and leaves `batch` as it was: the
  // producer tries again when one of its earlier batches came back. Any thread. Requires: batch->records() > 0.
  [[nodiscard]] virtual bool offer(std::unique_ptr<Batch>& batch) noexcept = 0;
  // False while the journal refuses records (it is full, and journal.when_full is `reject`), so that a producer may say
  // so at once. A hint, which may be late. Any thread.
  [[nodiscard]] virtual bool accepting() const noexcept = 0;
  // One past the last durable record: every batch offered after the call has its records at or above it. Any thread.
  [[nodiscard]] virtual Sequence durable_end() const noexcept = 0;
};

}  // namespace respand::journal
