#pragma once
// JournalFeed: a relay's producer. It puts records of messages into batches of the journal, and says what became of
// each batch. Records that are on their way are claimed, so that a copy in another message is told. The relay's thread,
// but for committed().

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fleet/batch_message.h"
#include "fleet/sequence_set.h"
#include "respand/base/units.h"
#include "respand/journal/writer.h"
#include "respand/queue/ring.h"

namespace respand::fleet {

class JournalFeed final : public journal::Producer {
 public:
  // Batches on their way, and bytes in them, above which nothing more is appended. A large record goes beyond.
  static constexpr std::size_t kMostBatches = 16;
  static constexpr std::size_t kMostBytes = std::size_t{16} << 20;

  // What became of a batch.
  struct Outcome {
    std::uint64_t number = 0;  // of the batch, from 1
    journal::CommitResult result = journal::CommitResult::kStopped;
    Sequence end;                                             // kDurable: behind its last record
    std::vector<std::pair<std::uint64_t, Sequence>> records;  // the edges' journals and sequences
    std::uint64_t bytes = 0;                                  // of their payloads
  };

  // `writer` is borrowed; `wake` is called on the journal's thread when there is an outcome. This must outlive the last
  // batch that was offered.
  JournalFeed(journal::JournalWriter& writer, std::function<void()> wake);
  ~JournalFeed() override;

  [[nodiscard]] bool has_room() const { return flights_.size() + 1 < kMostBatches && bytes_ < kMostBytes; }
  [[nodiscard]] bool idle() const { return flights_.empty() && open_ == nullptr; }
  // Appends a record. False where no segment can hold it, or its attributes are too long.
  [[nodiscard]] bool append(std::uint64_t journal, std::string_view host, const BatchRecord& record,
                            std::size_t max_record);
  [[nodiscard]] bool is_claimed(std::uint64_t journal, Sequence sequence) const;
  // The number of the newest batch that holds a record; 0: there was none yet.
  [[nodiscard]] std::uint64_t newest() const { return newest_ - (open_ == nullptr ? 1 : 0); }
  // Hands over what was appended. Call it again when there was an outcome.
  void flush();
  // The next outcome, in the order of the batches.
  [[nodiscard]] bool take(Outcome& out);

  // For the journal's thread.
  void committed(std::unique_ptr<journal::Batch> batch, journal::CommitResult outcome) noexcept override;

 private:
  struct Committed {
    std::unique_ptr<journal::Batch> batch;
    journal::CommitResult result = journal::CommitResult::kStopped;
  };
  struct Flight {
    std::uint64_t number = 0;
    std::size_t capacity = 0;
    std::uint64_t bytes = 0;
    std::vector<std::pair<std::uint64_t, Sequence>> records;
    std::unique_ptr<journal::Batch> unoffered;  // null: the journal has it
  };
  void open(std::size_t capacity);
  void close();

  journal::JournalWriter& writer_;
  const std::function<void()> wake_;
  queue::Ring<Committed> ring_;
  std::unique_ptr<journal::Batch> open_;
  Flight open_flight_;
  std::vector<Flight> flights_;  // in the order of their numbers
  std::unordered_map<std::uint64_t, SequenceSet> claims_;
  std::unique_ptr<journal::Batch> spare_;
  std::size_t bytes_ = 0;
  std::uint64_t newest_ = 1;
  std::string attributes_;  // memory that is used again for each record
};

}  // namespace respand::fleet
