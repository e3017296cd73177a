#pragma once
// JournalModel: what a journal is to those who use it, in a few lines without a disk: records in order, in segments
// that hold so many bytes, settled one by one. For journal_model_test.cc, which asks it and the journal the same
// things.

#include <algorithm>
#include <deque>
#include <map>
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
    accepting = accepting || live_.size() <= max_files() / 2;
    while (accepting && !waiting_.empty()) {
      if (open_ && live_.back().used + size(waiting_.front()) > settings_.segment_size.value) {
        open_ = false;
      }
      if (!open_ && live_.size() == max_files() && !make_room()) {
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
  [[nodiscard]] std::size_t files() const { return live_.size(); }
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
  [[nodiscard]] std::size_t max_files() const { return settings_.max_size.value / settings_.segment_size.value; }

  // As many batches as fit behind each other are one group; at least one.
  void commit() {
    if (!open_) {
      live_.push_back({next, SegmentHeader::kSize});
      open_ = true;
    }
    do {
      live_.back().used += size(waiting_.front());
      for (Record& record : waiting_.front()) {
        records[next++] = std::move(record);
      }
      waiting_.pop_front();
      outcomes.push_back(Outcome::kDurable);
    } while (!waiting_.empty() && live_.back().used + size(waiting_.front()) <= settings_.segment_size.value);
  }

  void retire() {
    while (live_.size() > 1 && live_[1].first <= std::min(floor(), keep_from)) {
      live_.pop_front();
    }
  }

  bool make_room() {
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
    live_.pop_front();
    return true;
  }

  const Settings settings_;
  std::deque<Live> live_;
  bool open_ = false;  // the newest segment is being written
  std::deque<Group> waiting_;
};

}  // namespace respand::journal
