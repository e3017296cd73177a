#pragma once
// JournalModel: what a journal is to those who use it, in a few lines without a disk: records in order, in segments
// that hold so many bytes, settled one by one; and what its files take of journal.max_size. For journal_model_test.cc,
// which asks it and the journal the same things.

#include <algorithm>
#include <deque>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "journal/journal.h"

namespace respand::journal {

class JournalModel {
 public:
  struct Record {
    std::string payload;
    std::string attributes;
    WallTime received;
    bool settled = false;
    bool dropped = false;
    bool taken = false;  // in this life: nothing refers to it any more
  };
  using Group = std::vector<Record>;

  explicit JournalModel(const Settings& settings) : settings_(settings) {}

  // What each batch that was offered has come to, in order.
  std::vector<Outcome> outcomes;
  std::map<std::uint64_t, Record> records;  // all that ever became durable
  std::uint64_t next = 1;
  std::uint64_t dropped = 0;
  std::uint64_t keep_from = ~0ULL;
  bool accepting = true;
  bool full = false;

  void offer(Group batch) { waiting_.push_back(std::move(batch)); }

  // The journal's turns until nothing more happens by itself.
  void run() {
    retire();
    accepting = accepting || live_.size() <= 1 || live_bytes() <= settings_.max_size.value / 2;
    while (accepting && !waiting_.empty()) {
      if (open_ && live_.back().used + size(waiting_.front()) > segment()) {
        open_ = false;
      }
      if (!open_ && !make_room()) {
        break;
      }
      commit();
      retire();
    }
    full = !waiting_.empty() || !accepting;
    while (!accepting && !waiting_.empty()) {
      waiting_.pop_front();
      outcomes.push_back(Outcome::kFull);
    }
  }

  bool settle(std::uint64_t sequence) { return !std::exchange(records.at(sequence).settled, true); }

  // Another process: the newest segment is closed, and who waited was not heard.
  void restart() {
    open_ = false;
    accepting = true;
    waiting_.clear();
  }

  [[nodiscard]] std::uint64_t floor() const {
    const auto open = std::find_if(records.begin(), records.end(), [](const auto& entry) { return is_open(entry); });
    return open == records.end() ? next : open->first;
  }
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
  // What counts for journal.max_size: the segment that is written as what it may grow to, the others as they are.
  [[nodiscard]] std::uint64_t live_bytes() const {
    std::uint64_t sum = 0;
    for (const Live& live : live_) {
      sum += open_ && &live == &live_.back() ? segment() : live.size();
    }
    return sum;
  }
  // What is on the disk, with the files that are kept to be written over.
  [[nodiscard]] std::uint64_t disk_bytes() const {
    std::uint64_t sum = std::accumulate(spare_.begin(), spare_.end(), std::uint64_t{0});
    for (const Live& live : live_) {
      sum += live.size();
    }
    return sum;
  }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  // The first record that is still on the disk.
  [[nodiscard]] std::uint64_t oldest_kept() const { return live_.empty() ? next : live_.front().first; }
  static std::uint32_t length(const Record& record) {
    return static_cast<std::uint32_t>(record.attributes.size() + record.payload.size());
  }

 private:
  struct Live {
    std::uint64_t first;
    std::uint64_t used;
    std::uint64_t recycled;  // size of the file before
    [[nodiscard]] std::uint64_t size() const { return std::max(used, recycled); }
  };
  static bool is_open(const std::pair<const std::uint64_t, Record>& entry) {
    return !entry.second.settled && !entry.second.dropped;
  }
  static std::uint64_t size(const Group& batch) {
    std::uint64_t sum = 0;
    for (const Record& record : batch) {
      sum += record_extent(length(record));
    }
    return sum;
  }
  [[nodiscard]] std::uint64_t segment() const { return settings_.segment_size.value; }
  [[nodiscard]] bool room() const { return live_.size() < 2 || live_bytes() + segment() <= settings_.max_size.value; }

  // As many batches as fit behind each other are one group; at least one.
  void commit() {
    if (!open_) {
      live_.push_back({next, SegmentHeader::kSize, next_file()});
      open_ = true;
    }
    do {
      live_.back().used += size(waiting_.front());
      for (Record& record : waiting_.front()) {
        records[next++] = std::move(record);
      }
      waiting_.pop_front();
      outcomes.push_back(Outcome::kDurable);
    } while (!waiting_.empty() && live_.back().used + size(waiting_.front()) <= segment());
  }

  // The oldest spare file, and how large it is; 0: a new one. What there is no room for goes.
  std::uint64_t next_file() {
    std::uint64_t size = 0;
    if (!spare_.empty()) {
      size = spare_.front();
      spare_.pop_front();
    }
    std::uint64_t sum = live_bytes() + segment();
    std::erase_if(spare_, [&](std::uint64_t spare) { return (sum += spare) > settings_.max_size.value; });
    return size;
  }

  void retire() {
    while (live_.size() > 1 && live_[1].first <= std::min(floor(), keep_from)) {
      free_oldest();
    }
  }

  // Its file is kept for a later segment, where nobody refers to a record in it.
  void free_oldest() {
    const auto end = records.lower_bound(live_[1].first);
    const bool free =
        std::all_of(records.lower_bound(live_[0].first), end, [](const auto& entry) { return entry.second.taken; });
    if (free && spare_.size() < Segments::kMaxSpare && live_.front().size() <= segment()) {
      spare_.push_back(live_.front().size());
    }
    live_.pop_front();
  }

  bool make_room() {
    while (!room()) {
      if (!drop_oldest()) {
        return false;
      }
    }
    return true;
  }

  bool drop_oldest() {
    switch (settings_.when_full) {
      case WhenFull::kBlock:
        return false;
      case WhenFull::kReject:
        accepting = false;
        return false;
      case WhenFull::kDropOldest:
        break;
    }
    for (std::uint64_t sequence = live_[0].first; sequence < live_[1].first; ++sequence) {
      dropped += is_open(*records.find(sequence)) ? 1U : 0U;
      records.at(sequence).dropped = true;
    }
    free_oldest();
    retire();
    return true;
  }

  const Settings settings_;
  std::deque<Live> live_;
  std::deque<std::uint64_t> spare_;  // sizes
  bool open_ = false;                // the newest segment is being written
  std::deque<Group> waiting_;
};

}  // namespace respand::journal
