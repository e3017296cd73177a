#pragma once
// Batches: the records of spool files on their way to the journal, and the evidence of them that it has to keep. A
// batch that the journal had no room for is offered again; when one is durable, the files of its records learn of it.
// Spool thread, but for committed().

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "respand/base/fd.h"
#include "respand/base/mutex.h"
#include "respand/journal/retention_pin.h"
#include "respand/journal/writer.h"
#include "spool/shared.h"

namespace respand::spool {

class Batches final : public journal::Producer {
 public:
  // A record in a batch.
  struct Entry {
    SpoolFile* file;
    std::uint64_t ordinal;
    std::uint32_t crc;
    std::uint32_t size;  // as it stands in the file
  };

  // All are borrowed. Requires at the end: every batch is committed, or the journal will commit none any more.
  Batches(journal::JournalWriter& intake, journal::RetentionPin& evidence, Shared& shared);

  // Makes the eventfd that wakes the spool's thread when a batch is committed.
  [[nodiscard]] Status open();
  [[nodiscard]] int wake_fd() const { return wake_.get(); }

  // Whether one more record may be appended: the bytes and batches on their way are limited.
  [[nodiscard]] bool has_room() const;
  // The batch for the next record; a new one is made where the open batch has no room for it.
  [[nodiscard]] journal::Batch& batch_for(std::size_t attributes, std::size_t room);
  // A record was appended to it, which takes `size` bytes there.
  void note(const Entry& entry, std::size_t size);
  // Hands the open batch to the journal, as no further record is going to share it.
  void offer(MonoTime now);
  // Offers the batches again that the journal had no room for, once retry_at() has come.
  void offer_refused(MonoTime now);
  [[nodiscard]] MonoTime retry_at() const { return retry_at_; }
  // Takes note of what the journal has committed.
  void take_committed(MonoTime now);

  // Tells the journal what it must keep: the records of files that are not removed yet, and all that is on its way.
  void raise_floor();
  // Tells the journal that no evidence is needed.
  void give_up_evidence();

  // The journal's thread.
  void committed(std::unique_ptr<journal::Batch> batch, journal::CommitResult outcome) noexcept override;

 private:
  struct InFlightBatch {                    // a batch and what is in it
    std::unique_ptr<journal::Batch> batch;  // null while the journal has it
    std::vector<Entry> entries{};
    std::size_t bytes = 0;
  };
  struct CommittedBatch {
    std::unique_ptr<journal::Batch> batch;
    journal::CommitResult outcome;
  };

  void send(InFlightBatch flight, MonoTime now);
  void note_durable(const InFlightBatch& flight, Sequence first);

  journal::JournalWriter& intake_;
  journal::RetentionPin& evidence_;
  Shared& shared_;
  UniqueFd wake_;
  LockGuarded<std::vector<CommittedBatch>> inbox_;  // the journal's thread puts in, the spool's takes out

  // Spool thread only.
  std::optional<InFlightBatch> current_;  // being filled
  std::deque<InFlightBatch> flights_;     // with the journal, in the order of offers
  std::deque<InFlightBatch> refused_;     // to be offered again
  std::size_t bytes_ = 0;                 // of all three
  std::vector<CommittedBatch> committed_;
  bool journal_stopped_ = false;
  MonoTime retry_at_ = MonoTime::max();
  Sequence bound_;     // lower bound of the sequences of all that is on its way
  Sequence floor_;     // given to evidence_.keep_from()
  bool holds_ = true;  // the journal keeps what it has from floor_ on; else nothing is needed
};

}  // namespace respand::spool
