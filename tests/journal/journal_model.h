#pragma once
// JournalModel: what a journal is for its users, in a few lines without a disk: records in order, acknowledged one by
// one, and how much room its files may take. The model does not know segments or compaction: it is told what became of
// a batch and how many records were dropped, and says whether that was justified. For journal_model_test.cc, which asks
// the model and the journal the same things.

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "journal/compaction_plan.h"
#include "journal/format.h"
#include "journal/journal.h"

namespace respand::journal {

class JournalModel {
 public:
  struct Record {
    std::string payload;
    std::string attributes;
    WallTime received;
    bool acked = false;
    bool dropped = false;
    bool taken = false;  // in this life: nothing refers to it any more
  };
  using Group = std::vector<Record>;

  explicit JournalModel(const Settings& settings) : settings_(settings) {}

  std::map<std::uint64_t, Record> records;  // all that ever became durable
  std::uint64_t next = 1;
  std::uint64_t dropped = 0;
  std::uint64_t keep_from = ~0ULL;

  void offer(Group batch) { waiting_.push_back(std::move(batch)); }

  // What became of the batch that was offered first of those that wait.
  void hear(CommitResult outcome) {
    if (outcome == CommitResult::kDurable) {
      for (Record& record : waiting_.front()) {
        records[next++] = std::move(record);
      }
    }
    waiting_.pop_front();
  }
  // The oldest ones are gone.
  void drop(std::uint64_t count) {
    for (auto& entry : records) {
      if (dropped < count && is_open(entry)) {
        entry.second.dropped = true;
        ++dropped;
      }
    }
  }

  bool acknowledge(std::uint64_t sequence) { return !std::exchange(records.at(sequence).acked, true); }

  // Another process starts: batches that waited got no answer.
  void restart() { waiting_.clear(); }

  [[nodiscard]] std::vector<std::uint64_t> backlog() const {
    std::vector<std::uint64_t> open;
    for (const auto& entry : records) {
      if (is_open(entry)) {
        open.push_back(entry.first);
      }
    }
    return open;
  }
  [[nodiscard]] std::uint64_t backlog_bytes() const {
    std::uint64_t sum = 0;
    for (const auto& entry : records) {
      sum += is_open(entry) ? length(entry.second) : 0;
    }
    return sum;
  }
  // Bytes that must be on the disk: open records, and what the spool looks for of the others.
  [[nodiscard]] std::uint64_t kept_bytes() const {
    std::uint64_t sum = 0;
    for (const auto& entry : records) {
      const Record& record = entry.second;
      if (is_open(entry)) {
        sum += record_extent(length(record));
      } else if (entry.first >= keep_from && !record.attributes.empty()) {
        sum += record_extent(record.attributes.size());
      }
    }
    return sum;
  }
  // The most that live segments may take.
  [[nodiscard]] std::uint64_t bound() const { return 2 * kept_bytes() + 4 * settings_.segment_size.value; }
  // Whether there may be no room: where old segments are written anew without what is acknowledged, none is larger than
  // twice what it keeps.
  [[nodiscard]] bool may_be_full() const {
    const std::uint64_t least = 2 * kept_bytes() + kMostSegments * 2 * kCompactedOverhead;
    const std::uint64_t most = settings_.max_size.value;
    // Under `reject` it accepts again at half of it.
    const std::uint64_t reopen = settings_.when_full == WhenFull::kReject ? most / 2 : most;
    return least > reopen || least + settings_.segment_size.value > most;
  }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  static std::uint32_t length(const Record& record) {
    return static_cast<std::uint32_t>(record.attributes.size() + record.payload.size());
  }

 private:
  static constexpr std::uint64_t kMostSegments = 3;  // of those that keep anything, while there is room
  static bool is_open(const std::pair<const std::uint64_t, Record>& entry) {
    return !entry.second.acked && !entry.second.dropped;
  }

  const Settings settings_;
  std::deque<Group> waiting_;
};

}  // namespace respand::journal
