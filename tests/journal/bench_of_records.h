#pragma once
// Life: a journal on a FaultFileSystem, with a producer and a reader that remember everything. Most tests of the
// journal use it. One thread; time stands still unless it is moved.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/journal.h"
#include "respand/base/clock.h"
#include "respand/base/random.h"
#include "respand/base/text.h"
#include "tests/support/fs/fault_file_system.h"
#include "tests/support/sanitized.h"

namespace respand::journal {

class Recorder final : public Producer {
 public:
  void committed(std::unique_ptr<Batch> batch, CommitResult outcome) noexcept override {
    outcomes.push_back(outcome);
    if (outcome == CommitResult::kDurable) {
      durable_records += batch->records();
      last_first_sequence = batch->first_sequence();
    }
  }
  std::vector<CommitResult> outcomes;
  std::uint64_t durable_records = 0;
  Sequence last_first_sequence;
};

inline constexpr std::size_t kSmallSegment = 4096;
// At hand in small journals, which hold fewer records. Under sanitizers the usual number takes most of a start's time;
// without them the allocator keeps so large a ring from start to start, but gives smaller ones back to the system.
inline constexpr std::size_t kFewReferences = test::kSanitized ? 1024 : kReferencesAtHand;

inline Settings small_settings() {
  Settings settings;
  settings.directory = "/journal";
  settings.segment_size = Bytes{kSmallSegment};
  settings.max_size = Bytes{16 * kSmallSegment};
  return settings;
}

// A journal from its opening to the end of its process.
class Life {
 public:
  explicit Life(fs::FileSystem& fs, const Settings& settings = small_settings(), Sequence keep_from = Sequence{~0ULL})
      : awaited(settings.sync_delay == Duration{0}) {
    auto opened = Journal::open(settings, fs, registry, clock, random);
    if (opened) {
      journal = std::move(*opened);
      journal->retention().keep_from(keep_from);
    } else {
      failure = opened.error();
    }
  }

  // Offers one batch with these payloads and lets the journal work on it. Whether it became durable.
  bool put(const std::vector<std::string>& payloads, std::string_view attributes = {}) {
    offer(payloads, attributes);
    const std::size_t before = producer.outcomes.size();
    static_cast<void>(journal->step());
    return producer.outcomes.size() > before && producer.outcomes.back() == CommitResult::kDurable;
  }

  void offer(const std::vector<std::string>& payloads, std::string_view attributes = {}) {
    std::size_t size = 0;
    for (const std::string& payload : payloads) {
      size += Batch::encoded_size(attributes.size(), payload.size());
    }
    auto batch = std::make_unique<Batch>(producer, size);
    for (const std::string& payload : payloads) {
      payload.copy(batch->begin(Kind::kCompletion, clock.wall(), attributes, payload.size()), payload.size());
      batch->end(payload.size());
    }
    batch->set_awaited(awaited);
    if (!journal->writer().offer(batch)) {
      std::abort();
    }
  }

  // Takes all records that can be taken now, in order. Unreadable ones are reported as lost, unless `again` says that
  // they are to be read once more.
  std::map<std::uint64_t, std::string> take_all(const std::function<bool(const Error&)>& again = {}) {
    std::map<std::uint64_t, std::string> taken;
    for (;;) {
      Ref ref;
      if (!journal->reader().take(ref)) {
        static_cast<void>(journal->step());
        if (!journal->reader().take(ref)) {
          return taken;
        }
      }
      std::string payload;
      Status read = journal->reader().read(ref, payload);
      if (!read && again && again(read.error())) {
        read = journal->reader().read(ref, payload);
      }
      if (read) {
        taken[ref.sequence.value] = payload;
        lengths[ref.sequence.value] = ref.length;
      } else {
        journal->reader().lost(ref, "test");
      }
    }
  }

  std::uint64_t acknowledge(std::uint64_t sequence) {
    const Ack done{Sequence{sequence}, lengths[sequence]};
    return journal->reader().acknowledge({&done, 1});
  }

  metrics::Registry registry;
  ManualClock clock;
  SeededRandom random{7};
  Recorder producer;
  bool awaited;  // somebody waits for what is offered from now on
  std::map<std::uint64_t, std::uint32_t> lengths;
  std::optional<Error> failure;
  std::unique_ptr<Journal> journal;
};

// kill -9: the process can do nothing any more, and another may start.
inline void kill_process(fs::FaultFileSystem& fs, std::unique_ptr<Life> life) {
  fs.clear_faults();
  const auto left = fs.snapshot();
  life.reset();
  fs.restore(left);
}

// The bytes of all segment files, live or spare.
inline std::uint64_t bytes_of_segments(const fs::FaultFileSystem& fs) {
  std::uint64_t sum = 0;
  for (const std::string& path : fs.files()) {
    sum += path.starts_with("/journal/seg-") ? fs.content(path).size() : 0;
  }
  return sum;
}

// Records that were accepted and will not be delivered, as the metrics have it.
inline double dropped_counter(Life& life, std::string_view reason) {
  return life.registry
      .counter("respand_records_dropped_total", "Accepted records that will not be delivered", {{"reason", reason}})
      .value();
}

}  // namespace respand::journal
