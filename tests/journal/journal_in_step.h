#pragma once
// JournalInStep: runs the journal and a model of it side by side: it does an operation with both and says what differs.
// The operations are in journal_model_test.cc. One thread.

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "journal/acknowledgements.h"
#include "tests/journal/bench_of_records.h"
#include "tests/journal/journal_model.h"

namespace respand::journal {

inline constexpr std::size_t kModelSegment = 2048;
inline constexpr std::size_t kLargestSegment = 3200;  // of one record that is larger than a segment should be
inline constexpr std::string_view kAttribute("\x01\x01\x00x", 4);

class JournalInStep {
 public:
  JournalInStep(const Settings& settings, bool fresh) : settings_(settings), fresh_(fresh), model_(settings) {
    open(Sequence{~0ULL});
  }
  JournalInStep(const JournalInStep&) = delete;
  JournalInStep& operator=(const JournalInStep&) = delete;
  ~JournalInStep() { life_.reset(); }

  // What differs after the operation; empty: nothing.
  std::string act(char letter, std::uint64_t digit) {
    life_->clock.advance(std::chrono::milliseconds{1});
    std::string wrong = do_it(letter, digit);
    return wrong.empty() ? compare() : wrong;
  }

 private:
  std::string do_it(char letter, std::uint64_t digit) {
    switch (letter) {
      case 'a':
      case 'o':
        offer(1 + digit % 3, 40 + 37 * digit, digit % 2 == 1);
        if (letter == 'o') {
          offer(1, 60 + 90 * digit, digit % 2 == 0);
        }
        break;
      case 'B':
        offer(1, digit == 9 ? 3000 : 1850, digit % 2 == 1);
        break;
      case 't':
        return take(1 + digit);
      case 's':
        return taken_.empty() ? "" : acknowledge(digit % taken_.size());
      case 'S':
        for (std::string wrong; !taken_.empty();) {
          if (wrong = acknowledge(taken_.size() - 1); !wrong.empty()) {
            return wrong;
          }
        }
        break;
      case 'd':
        return acknowledge_again(digit);
      case 'k':
        pass_time();
        break;
      case 'h':
        model_.keep_from = std::min(model_.keep_from, model_.next);
        held_from_ = std::min(held_from_, model_.keep_from);
        return life_->journal->retention().hold().value == model_.next ? "" : "hold() gives another floor";
      case 'f':
        model_.keep_from = held_from_ = ~0ULL;
        life_->journal->retention().keep_from(Sequence{~0ULL});
        break;
      case 'v':
        return look_back();
      default:
        return restart(letter, digit);
    }
    return {};
  }

  void offer(std::size_t count, std::size_t size, bool attribute) {
    JournalModel::Group group;
    std::vector<std::string> payloads;
    const std::string_view attributes = attribute ? kAttribute : std::string_view{};
    for (std::size_t i = 0; i < count; ++i) {
      payloads.push_back(cat("record ", ++number_, " "));
      payloads.back().resize(size, static_cast<char>('a' + number_ % 26));
      group.push_back({payloads.back(), std::string(attributes), life_->clock.wall()});
    }
    life_->offer(payloads, attributes);
    model_.offer(std::move(group));
  }

  std::string take(std::size_t count) {
    while (count-- > 0) {
      Ref ref;
      const bool first = fresh_ && count % 2 == 0;
      bool got = first ? life_->journal->reader().take_fresh(ref) : life_->journal->reader().take(ref);
      if (!got && fresh_) {
        got = first ? life_->journal->reader().take(ref) : life_->journal->reader().take_fresh(ref);
      }
      if (got != !untaken_.empty()) {
        return got ? cat("take() gives ", ref.sequence.value, " too many") : "take() gives nothing";
      }
      if (!got) {
        return {};
      }
      // With dispatch from two places any record may be the next one, but each only once.
      const auto next = fresh_ ? std::find(untaken_.begin(), untaken_.end(), ref.sequence.value) : untaken_.begin();
      if (next == untaken_.end()) {
        return cat("take() gives ", ref.sequence.value, " again");
      }
      const std::uint64_t expected = *next;
      untaken_.erase(next);
      JournalModel::Record& record = model_.records.at(expected);
      record.taken = true;
      if (ref.sequence.value != expected || ref.length != JournalModel::length(record) ||
          ref.received != record.received) {
        return cat("take() gives ", ref.sequence.value, " for ", expected);
      }
      std::string payload;
      const bool read = life_->journal->reader().read(ref, payload).has_value();
      if (read == record.dropped || (read && payload != record.payload)) {
        return cat("read(", expected, ") gives ", read ? payload.substr(0, 20) : "nothing");
      }
      taken_.push_back(expected);
    }
    return {};
  }

  std::string acknowledge(std::size_t index) {
    const std::uint64_t sequence = taken_[index];
    taken_.erase(taken_.begin() + static_cast<std::ptrdiff_t>(index));
    return acknowledge_one(sequence);
  }
  std::string acknowledge_again(std::uint64_t digit) {
    auto acked = model_.records.lower_bound(model_.next > digit + 1 ? model_.next - digit - 1 : 1);
    return acked == model_.records.end() || !(acked->second.acked || acked->second.dropped)
               ? ""
               : acknowledge_one(acked->first);
  }
  std::string acknowledge_one(std::uint64_t sequence) {
    const bool was_dropped = model_.records.at(sequence).dropped;
    const std::uint64_t fresh = model_.acknowledge(sequence) && !was_dropped ? 1 : 0;
    const Ack done{Sequence{sequence}, JournalModel::length(model_.records.at(sequence))};
    const std::uint64_t said = life_->journal->reader().acknowledge({&done, 1});
    return said == fresh ? "" : cat("acknowledge(", sequence, ") gives ", said);
  }

  void pass_time() {
    for (int turn = 0; turn < 2; ++turn) {
      life_->clock.advance(Acknowledgements::kCursorDelay);
      run();
    }
    save();
  }
  // All of it is on the disk now.
  void save() {
    saved_.clear();
    for (const auto& [sequence, record] : model_.records) {
      if (record.acked) {
        saved_.push_back(sequence);
      }
    }
    unsynced_ = unsynced_ && settings_.sync == Sync::kNever;
  }

  void run() {
    for (int turn = 0; turn < 100 && life_->journal->step() <= life_->clock.mono(); ++turn) {
    }
    static_cast<void>(life_->journal->step());  // gives up segments that the last commit closed
  }

  // Tells the model what the journal has done since the last look. What was not called for; empty: nothing.
  std::string hear() {
    const std::uint64_t before = model_.next;
    bool refused = false;
    for (; heard_ < life_->producer.outcomes.size(); ++heard_) {
      refused = refused || life_->producer.outcomes[heard_] != CommitResult::kDurable;
      model_.hear(life_->producer.outcomes[heard_]);
    }
    for (std::uint64_t sequence = before; sequence < model_.next; ++sequence) {
      untaken_.push_back(sequence);
      unsynced_ = settings_.sync != Sync::kAlways;
    }
    const auto dropped = static_cast<std::uint64_t>(dropped_counter(*life_, "journal_full") + dropped_before_);
    const bool full =
        refused || model_.waiting() > 0 || dropped > model_.dropped || !life_->journal->writer().accepting();
    std::string wrong =
        full && !model_.may_be_full() ? cat("it is full with ", model_.kept_bytes(), " bytes kept") : "";
    const bool policy = refused ? settings_.when_full == WhenFull::kReject
                                : dropped == model_.dropped || settings_.when_full == WhenFull::kDropOldest;
    model_.drop(dropped);
    return wrong.empty() && !policy ? "it is full in another way than journal.when_full says" : wrong;
  }

  std::string compare() {
    run();
    if (std::string wrong = hear(); !wrong.empty()) {
      return wrong;
    }
    const Journal& journal = *life_->journal;
    const Snapshot books = journal.snapshot();
    const std::vector<std::uint64_t> backlog = model_.backlog();
    const auto oldest = journal.oldest();
    if (journal.durable_end().value != model_.next) {
      return cat("durable_end() is ", journal.durable_end().value, " for ", model_.next);
    }
    if (books.backlog_records != backlog.size() || books.backlog_bytes != model_.backlog_bytes()) {
      return cat("backlog is ", books.backlog_records, " records of ", books.backlog_bytes, " bytes for ",
                 backlog.size(), " of ", model_.backlog_bytes());
    }
    if (books.file_bytes > model_.bound() || books.file_bytes > bytes_of_segments(fs_) + kModelSegment) {
      return cat("file_bytes is ", books.file_bytes, ", ", bytes_of_segments(fs_), " on the disk, for at most ",
                 model_.bound());
    }
    if (bytes_of_segments(fs_) > settings_.max_size.value + kLargestSegment) {
      return cat("on the disk are ", bytes_of_segments(fs_));
    }
    if (books.issue.empty() == (model_.waiting() > 0 || !books.accepting)) {
      return cat("accepting is ", books.accepting ? "true" : "false", ", trouble: ", books.issue);
    }
    if (oldest.has_value() == backlog.empty() || (oldest && *oldest != model_.records.at(backlog.front()).received)) {
      return "oldest() is another";
    }
    return dropped_counter(*life_, "damaged") != 0 ? "records are counted as damaged" : "";
  }

  std::string look_back() {
    std::vector<std::uint64_t> seen;
    std::string wrong;
    const Status visited = life_->journal->history().visit([&](Sequence sequence, std::string_view attributes) {
      const auto record = model_.records.find(sequence.value);
      if (record == model_.records.end() || record->second.attributes != attributes ||
          (!seen.empty() && seen.back() >= sequence.value)) {
        wrong = cat("visit() gives ", sequence.value);
      }
      seen.push_back(sequence.value);
      return true;
    });
    for (const auto& [sequence, record] : model_.records) {
      // A dropped segment may have held what was left of other records.
      const bool went = model_.dropped > 0 && (seen.empty() || sequence < seen.front());
      if (sequence >= held_from_ && !record.attributes.empty() && !record.dropped && !went &&
          std::find(seen.begin(), seen.end(), sequence) == seen.end()) {
        wrong = cat("visit() does not give ", sequence);
      }
    }
    return visited ? wrong : "visit() fails";
  }

  std::string restart(char letter, std::uint64_t digit) {
    const bool kill = letter == 'x' || (letter == 'c' && unsynced_);
    if (letter == 'r') {
      life_->journal->stop();
      save();
    }
    dropped_before_ += dropped_counter(*life_, "journal_full");
    kill_process(fs_, std::move(life_));
    if (letter == 'c' && !kill) {
      SeededRandom random(digit * 1000 + number_);
      fs_.crash(random);
    }
    open(Sequence{0});
    if (life_->failure) {
      return life_->failure->message;
    }
    std::string wrong = look_back();
    life_->journal->retention().keep_from(Sequence{~0ULL});
    model_.keep_from = held_from_ = ~0ULL;
    if (letter == 'c' && !kill && wrong.empty()) {
      wrong = forget_unsaved();
    }
    return wrong;
  }

  // A power cut may have taken back what was acknowledged since the cursor was saved, no more and nothing else.
  std::string forget_unsaved() {
    Life other(copy_of_disk(), settings_);
    if (other.failure) {
      return other.failure->message;
    }
    std::map<std::uint64_t, std::string> left = other.take_all();
    for (auto& [sequence, record] : model_.records) {
      const bool was_saved = std::find(saved_.begin(), saved_.end(), sequence) != saved_.end();
      if (left.contains(sequence) && (was_saved || record.dropped)) {
        return cat(sequence, " was acknowledged and saved, or dropped, and comes again");
      }
      record.acked = record.acked && !left.contains(sequence);
    }
    requeue();
    return {};
  }
  fs::FaultFileSystem& copy_of_disk() {
    copy_.emplace(fs_.snapshot());
    return *copy_;
  }

  void open(Sequence keep_from) {
    life_ = std::make_unique<Life>(fs_, settings_, keep_from);
    if (life_->journal) {
      life_->journal->reader().give_fresh(fresh_);
    }
    unsynced_ = unsynced_ && settings_.sync == Sync::kNever;  // what a start finds it makes durable
    model_.restart();
    heard_ = 0;
    taken_.clear();
    requeue();
  }
  void requeue() {
    const std::vector<std::uint64_t> backlog = model_.backlog();
    untaken_.assign(backlog.begin(), backlog.end());
    for (auto& entry : model_.records) {
      entry.second.taken = entry.second.acked || entry.second.dropped;
    }
  }

  const Settings settings_;
  const bool fresh_;
  fs::FaultFileSystem fs_;
  std::optional<fs::FaultFileSystem> copy_;
  JournalModel model_;
  std::unique_ptr<Life> life_;
  std::uint64_t number_ = 0;
  std::deque<std::uint64_t> untaken_;
  std::vector<std::uint64_t> taken_;
  std::vector<std::uint64_t> saved_;  // acknowledged, and so on the disk
  std::uint64_t held_from_ = ~0ULL;
  bool unsynced_ = false;
  std::size_t heard_ = 0;  // of the outcomes in this life
  double dropped_before_ = 0;
};

}  // namespace respand::journal
