#pragma once
// The parts of a journal as it wires them (journal_parts.h), without the order in which it has them work: a test calls
// each by itself. On a FaultFileSystem, with an empty folder. One thread; time stands still unless it is moved.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "journal/journal_parts.h"
#include "respand/base/random.h"
#include "tests/journal/bench_of_records.h"

namespace respand::journal {

class WiredParts {
 public:
  // So many records of so many bytes fill a small segment.
  static constexpr std::size_t kPayload = 1000;
  static constexpr std::uint64_t kInSegment = 3;

  explicit WiredParts(const Settings& settings = small_settings())
      : parts(settings, fs, std::move(*open_folder(settings, fs, clock, random)), registry, clock) {
    parts.pins.keep_from(Sequence{~0ULL});
  }
  WiredParts(const WiredParts&) = delete;
  WiredParts& operator=(const WiredParts&) = delete;

  [[nodiscard]] MonoTime now() const { return clock.mono(); }
  // A batch of one record waits in the queue.
  void offer(std::size_t payload = kPayload, bool awaited = true, Deliver deliver = Deliver::kYes) {
    auto batch = std::make_unique<Batch>(producer, Batch::encoded_size(0, payload));
    std::string(payload, 'x').copy(batch->begin(Kind::kCompletion, clock.wall(), {}, payload, deliver), payload);
    batch->end(payload);
    batch->set_awaited(awaited);
    ASSERT_TRUE(parts.queue.offer(batch));
  }
  // The group of a batch of one record.
  WriteOutcome commit(Deliver deliver = Deliver::kYes) {
    offer(kPayload, true, deliver);
    parts.group.collect(now());
    return parts.group.commit();
  }
  // Fills so many segments; the last one stays open.
  void fill(std::uint64_t segments) {
    for (std::uint64_t i = 0; i < segments * kInSegment; ++i) {
      ASSERT_EQ(commit(), WriteOutcome::kDone);
    }
  }
  void acknowledge(std::uint64_t first, std::uint64_t last) {
    for (; first <= last; ++first) {
      const Ack done{Sequence{first}, kPayload};
      parts.dispatch.acknowledge({&done, 1});
    }
  }
  // The references that can be taken now.
  std::vector<Ref> take_all() {
    std::vector<Ref> all;
    while (parts.dispatch.publish(now())) {
    }
    for (Ref ref; parts.dispatch.take(ref);) {
      all.push_back(ref);
    }
    return all;
  }
  // Under journal.sync: interval: a record whose sync fails.
  void come_to_doubt() {
    ASSERT_EQ(commit(), WriteOutcome::kDone);
    fs.fail_at(1, {.calls = fs::calls::kSyncData});
    clock.advance(parts.settings.sync_interval);
    parts.writer.sync_if_due(now());
    ASSERT_TRUE(parts.tail.exists());
  }
  // Somebody removes all files of the journal.
  void remove_files() {
    for (const std::string& path : fs.files()) {
      ASSERT_TRUE(fs.remove(path));
    }
    ASSERT_TRUE(fs.sync_directory("/journal"));
  }
  // Records that were accepted and will not be delivered.
  [[nodiscard]] double dropped(std::string_view reason) {
    return registry
        .counter("respand_records_dropped_total", "Accepted records that will not be delivered", {{"reason", reason}})
        .value();
  }
  [[nodiscard]] Condition condition() const { return parts.availability.issue().condition; }

  fs::FaultFileSystem fs;
  ManualClock clock;
  SeededRandom random{11};
  metrics::Registry registry;
  Recorder producer;
  JournalParts parts;
};

// Records in a small segment.
inline constexpr std::uint64_t kInOne = WiredParts::kInSegment;

// Small segments, and room for so many of them.
inline Settings room_for(std::uint64_t segments, WhenFull policy = WhenFull::kBlock) {
  Settings settings = small_settings();
  settings.max_size = Bytes{segments * kSmallSegment};
  settings.when_full = policy;
  return settings;
}

inline Settings synced_by_interval(Settings settings = small_settings()) {
  settings.sync = Sync::kInterval;
  return settings;
}

}  // namespace respand::journal
