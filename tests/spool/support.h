#pragma once
// What the spool's tests share: a journal that remembers what is durable over "restarts", a directory that is removed
// at the end, encoders, and a rig that drives Spool::step() by hand.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "journal/format.h"
#include "respand/base/text.h"
#include "spool/limits.h"
#include "spool/spool.h"
#include "tests/support/compress.h"
#include "tests/support/files.h"
#include "tests/support/fs/hooked_directories.h"

namespace respand::spool {

// Records that are durable stay so when a Spool is destroyed and another one made. What lies below the floor is
// forgotten at once: as strict as a journal may be.
class FakeJournal final : public journal::JournalWriter, public journal::RetentionPin, public journal::AttributeScan {
 public:
  struct Stored {
    Sequence sequence;
    std::string attributes;
    std::string payload;
  };

  bool offer(std::unique_ptr<journal::Batch>& batch) noexcept override {
    const std::lock_guard lock(mutex_);
    if (refuse_offers) {
      return false;
    }
    EXPECT_FALSE(batch->awaited()) << "nobody waits for a file";
    offered_.push_back(std::move(batch));
    most_outstanding = std::max(most_outstanding, offered_.size());
    changed_.notify_all();
    return true;
  }
  bool accepting() const noexcept override { return accepts; }
  void keep_from(Sequence floor) noexcept override {
    const std::lock_guard lock(mutex_);
    EXPECT_GE(floor, floor_) << "the floor only rises";
    holds_ = floor != Sequence{~0ULL};
    floor_ = holds_ ? floor : Sequence{disk_.size() + 1};
    changed_.notify_all();
  }
  Sequence hold() noexcept override {
    const std::lock_guard lock(mutex_);
    EXPECT_FALSE(holds_);
    holds_ = true;
    floor_ = Sequence{disk_.size() + 1};
    return floor_;
  }
  Sequence durable_end() const noexcept override {
    const std::lock_guard lock(mutex_);
    return Sequence{disk_.size() + 1};
  }
  Status visit(const std::function<bool(Sequence, std::string_view)>& visit) const override {
    ++visits;
    if (visit_fails) {
      return error(ErrorCode::kIo, "the disk is gone");
    }
    const std::lock_guard lock(mutex_);
    for (const Stored& record : disk_) {
      if (record.sequence >= floor() && !visit(record.sequence, record.attributes)) {
        break;
      }
    }
    return {};
  }

  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return offered_.size();
  }
  // Writes the oldest batch and says so to its producer, or says why not.
  bool commit_one(journal::CommitResult outcome = journal::CommitResult::kDurable) {
    std::unique_ptr<journal::Batch> batch = take();
    if (!batch) {
      return false;
    }
    if (outcome == journal::CommitResult::kDurable) {
      write(*batch);
    }
    journal::Producer& producer = batch->producer();
    producer.committed(std::move(batch), outcome);
    return true;
  }
  bool commit_all(journal::CommitResult outcome = journal::CommitResult::kDurable) {
    bool any = false;
    while (commit_one(outcome)) {
      any = true;
    }
    return any;
  }
  // The power goes: the first `written` batches had reached the disk, though nobody was told; the others had not.
  void crash(std::size_t written = 0) {
    while (std::unique_ptr<journal::Batch> batch = take()) {
      if (written > 0) {
        --written;
        write(*batch);
      }
    }
  }
  // Waits until a batch was offered.
  void await_offer() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !offered_.empty(); });
  }
  // Waits until at least `records` are durable and the evidence of none of them is needed any more.
  void await_release(std::size_t records) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return disk_.size() >= records && floor_.value > disk_.size(); });
  }
  // An empty journal.
  void renew() {
    disk_.clear();
    floor_ = {};
  }
  // A record of somebody else's.
  void other_record() {
    const std::lock_guard lock(mutex_);
    disk_.push_back({Sequence{disk_.size() + 1}, "", "{}"});
  }

  std::vector<std::string> payloads() const {
    std::vector<std::string> all;
    std::transform(disk_.begin(), disk_.end(), std::back_inserter(all),
                   [](const Stored& record) { return record.payload; });
    return all;
  }
  const std::vector<Stored>& disk() const { return disk_; }
  Sequence floor() const { return holds_ ? floor_ : Sequence{disk_.size() + 1}; }

  bool accepts = true;
  bool refuse_offers = false;
  bool visit_fails = false;
  mutable int visits = 0;
  std::size_t most_outstanding = 0;

 private:
  std::unique_ptr<journal::Batch> take() {
    const std::lock_guard lock(mutex_);
    if (offered_.empty()) {
      return nullptr;
    }
    std::unique_ptr<journal::Batch> batch = std::move(offered_.front());
    offered_.pop_front();
    return batch;
  }
  void write(journal::Batch& batch) {
    const std::lock_guard lock(mutex_);
    batch.set_first_sequence(Sequence{disk_.size() + 1});
    const auto encoded = batch.encoded();
    for (std::size_t at = 0; at < encoded.size();) {
      const journal::RecordHeader header = journal::decode_record(encoded.data() + at);
      const char* body = reinterpret_cast<const char*>(encoded.data() + at + journal::RecordHeader::kSize);
      disk_.push_back({Sequence{disk_.size() + 1}, std::string(body, header.attributes),
                       std::string(body + header.attributes, header.length - header.attributes)});
      at += journal::record_extent(header.length);
    }
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<journal::Batch>> offered_;
  std::vector<Stored> disk_;
  Sequence floor_;
  bool holds_ = true;
};

using test::gzipped;
using test::zstandard;

// A folder that goes with the test, and what the tests do in it by a file's name.
class TemporaryDirectory {
 public:
  const std::string& path() const { return folder_.path(); }
  std::string operator/(const std::string& name) const { return folder_ / name; }
  void write(const std::string& name, std::string_view content) const {
    std::ofstream(*this / name, std::ios::binary) << content;
  }
  void append(const std::string& name, std::string_view content) const {
    std::ofstream(*this / name, std::ios::binary | std::ios::app) << content;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(*this / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  bool has(const std::string& name) const {
    return std::filesystem::exists(std::filesystem::symlink_status(*this / name));
  }
  // What stands in it, folders left out, in order.
  std::vector<std::string> files(const std::string& folder = ".") const {
    std::vector<std::string> names;
    if (has(folder)) {
      for (const auto& entry : std::filesystem::directory_iterator(*this / folder)) {
        if (!entry.is_directory() || entry.is_symlink()) {
          names.push_back(entry.path().filename());
        }
      }
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  const test::TempDir folder_;
};

class SpoolTest : public testing::Test {
 protected:
  SpoolTest() {
    settings_.directory = directory_.path();
    settings_.encoder.additions = {.timestamp = false, .custom_identifier = false};
  }

  void start() {
    spool_ = std::make_unique<Spool>(settings_, directories_, journal_, journal_, journal_, registry_, clock_);
    const Status opened = spool_->open();
    ASSERT_TRUE(opened) << opened.error().message;
  }
  // As after kill -9: the first `written` of the batches on their way had reached the disk.
  void crash(std::size_t written = 0) {
    journal_.crash(written);
    spool_.reset();
  }
  // One step; true where it did not want to run again at once.
  bool step() { return spool_->step() > clock_.mono(); }
  // Steps and commits until nothing moves any more at this time.
  void run_until_idle() {
    for (int i = 0; i < 100'000; ++i) {
      const bool idle = step();
      if (!journal_.commit_all() && idle && step()) {
        return;
      }
    }
    FAIL() << "it never comes to rest";
  }
  // The same, and the clock moves: all waits of up to `span` are over.
  void pass(Duration span) {
    run_until_idle();
    clock_.advance(span);
    run_until_idle();
  }
  // As if the last write to the file had been now, by the test's clock.
  void touch(const std::string& name) {
    const std::int64_t micros = clock_.wall().time_since_epoch().count();
    const timespec now{.tv_sec = micros / 1'000'000, .tv_nsec = micros % 1'000'000 * 1000};
    const std::array<timespec, 2> times{now, now};
    ASSERT_EQ(::utimensat(AT_FDCWD, (directory_ / name).c_str(), times.data(), 0), 0);
  }
  double rejected(record::Reason reason) {
    return registry_.counter("respand_records_rejected_total", "", {{"input", "spool"}, {"reason", name_of(reason)}})
        .value();
  }
  double received() { return registry_.counter("respand_records_received_total", "", {{"input", "spool"}}).value(); }

  TemporaryDirectory directory_;
  ManualClock clock_{system_clock().wall()};
  metrics::Registry registry_;
  FakeJournal journal_;
  Spool::Settings settings_;
  fs::DirectoryHooks hooks_;
  fs::HookedDirectories directories_{fs::posix_directories(), hooks_};
  std::unique_ptr<Spool> spool_;
};

inline std::string numbered(std::uint64_t i) { return cat("{\"i\":", i, "}"); }
inline std::string numbered_lines(std::uint64_t first, std::uint64_t end) {
  std::string text;
  for (std::uint64_t i = first; i < end; ++i) {
    text += numbered(i) + "\n";
  }
  return text;
}
// How often each of them is durable.
inline std::map<std::string, int> tally(const FakeJournal& journal) {
  std::map<std::string, int> counts;
  for (const std::string& payload : journal.payloads()) {
    ++counts[payload];
  }
  return counts;
}

}  // namespace respand::spool
