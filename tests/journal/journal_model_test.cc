// The journal and a model of it in step: after every operation of a random script, power cuts, kills and clean restarts
// among them, all that can be seen of the journal is what the model says. A script is a word of a letter and a digit an
// operation; one that fails is made as short as it goes, and printed.
//
//   a  a batch of one to three records       o  two batches before the journal looks
//   B  a batch that fills a segment, 9: larger than one
//   t  take and read     s  acknowledge one that was taken     S  acknowledge all of them      d  acknowledge one again
//   k  time passes       r  clean restart    x  kill -9      c  power cut
//   h  hold for the spool    f  let go        v  look back at what was held

#include "tests/journal/journal_model.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <deque>

#include "tests/journal/bench_of_records.h"
#include "tests/support/sanitized.h"

namespace respand::journal {
namespace {

constexpr std::size_t kSegment = 2048;
constexpr std::size_t kLargestSegment = 3200;  // of one record that is larger than a segment should be
constexpr std::string_view kAttribute("\x01\x01\x00x", 4);

struct Setting {
  Sync sync;
  WhenFull when_full;
  std::size_t files;
  bool fresh = false;  // dispatch from two places
};

Settings settings_of(const Setting& setting) {
  Settings settings;
  settings.directory = "/journal";
  settings.segment_size = Bytes{kSegment};
  settings.max_size = Bytes{setting.files * kSegment};
  settings.sync = setting.sync;
  settings.when_full = setting.when_full;
  return settings;
}

std::string name_of(const testing::TestParamInfo<Setting>& info) {
  static constexpr std::string_view kSyncs[] = {"Always", "Interval", "Never"};
  static constexpr std::string_view kPolicies[] = {"Block", "Reject", "DropOldest"};
  return cat(kSyncs[static_cast<std::size_t>(info.param.sync)],
             kPolicies[static_cast<std::size_t>(info.param.when_full)], info.param.files,
             info.param.fresh ? "Fresh" : "");
}

class Pair {
 public:
  Pair(const Settings& settings, bool fresh) : settings_(settings), fresh_(fresh), model_(settings) {
    open(Sequence{~0ULL});
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() { life_.reset(); }

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
        return life_->journal->hold().value == model_.next ? "" : "hold() gives another floor";
      case 'f':
        model_.keep_from = held_from_ = ~0ULL;
        life_->journal->keep_from(Sequence{~0ULL});
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
      bool got = first ? life_->journal->take_fresh(ref) : life_->journal->take(ref);
      if (!got && fresh_) {
        got = first ? life_->journal->take(ref) : life_->journal->take_fresh(ref);
      }
      if (got != !untaken_.empty()) {
        return got ? cat("take() gives ", ref.sequence.value, " too many") : "take() gives nothing";
      }
      if (!got) {
        return {};
      }
      // From two places any may be the next one, but each once.
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
      const bool read = life_->journal->read(ref, payload).has_value();
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
    const std::uint64_t said = life_->journal->acknowledge({&done, 1});
    return said == fresh ? "" : cat("settle(", sequence, ") gives ", said);
  }

  void pass_time() {
    for (int turn = 0; turn < 2; ++turn) {
      life_->clock.advance(Journal::kCursorDelay);
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
    const bool full = refused || model_.waiting() > 0 || dropped > model_.dropped || !life_->journal->accepting();
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
    if (books.file_bytes > model_.bound() || books.file_bytes > bytes_of_segments(fs_) + kSegment) {
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
    const Status visited = life_->journal->visit([&](Sequence sequence, std::string_view attributes) {
      const auto record = model_.records.find(sequence.value);
      if (record == model_.records.end() || record->second.attributes != attributes ||
          (!seen.empty() && seen.back() >= sequence.value)) {
        wrong = cat("visit() gives ", sequence.value);
      }
      seen.push_back(sequence.value);
      return true;
    });
    for (const auto& [sequence, record] : model_.records) {
      // With records that were dropped went what is left of others.
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
    life_->journal->keep_from(Sequence{~0ULL});
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
        return cat(sequence, " was settled and saved, or dropped, and comes again");
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
      life_->journal->give_fresh(fresh_);
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

// Nothing, or what went wrong and where.
std::string run_word(const Settings& settings, bool fresh, std::string_view word) {
  Pair pair(settings, fresh);
  for (std::size_t at = 0; at + 1 < word.size(); at += 2) {
    const std::string wrong = pair.act(word[at], static_cast<std::uint64_t>(word[at + 1] - '0'));
    if (!wrong.empty()) {
      return cat("operation ", at / 2 + 1, ", ", word.substr(at, 2), ": ", wrong);
    }
  }
  return {};
}

// Leaves out every operation without which it fails as well.
std::string shortened(const Settings& settings, bool fresh, std::string word) {
  for (bool shorter = true; shorter;) {
    shorter = false;
    for (std::size_t at = word.size(); at >= 2; at -= 2) {
      std::string without = word;
      without.erase(at - 2, 2);
      if (!run_word(settings, fresh, without).empty()) {
        word = std::move(without);
        shorter = true;
      }
    }
  }
  return word;
}

std::string random_word(std::uint64_t seed, std::size_t operations) {
  static constexpr std::string_view kLetters = "aaaaaaooBBBttttttsssssSSSdkkkrxcchfv";
  SeededRandom random(seed);
  std::string word;
  for (std::size_t i = 0; i < operations; ++i) {
    word.push_back(kLetters[random.below(kLetters.size())]);
    word.push_back(static_cast<char>('0' + random.below(10)));
  }
  return word;
}

// RESPAND_SCRIPTS=N: so many scripts a setting.
std::uint64_t scripts() {
  const char* wanted = std::getenv("RESPAND_SCRIPTS");
  const std::uint64_t usual = test::kSanitized ? 10 : 100;
  return wanted == nullptr ? usual : std::strtoull(wanted, nullptr, 10);
}

class InStep : public testing::TestWithParam<Setting> {};

TEST_P(InStep, WithTheModelAfterEveryOperation) {
  constexpr std::size_t kOperations = 120;
  const Settings settings = settings_of(GetParam());
  const bool fresh = GetParam().fresh;
  for (std::uint64_t seed = 1; seed <= scripts(); ++seed) {
    const std::string word = random_word(seed, kOperations);
    const std::string wrong = run_word(settings, fresh, word);
    if (!wrong.empty()) {
      const std::string shorter = shortened(settings, fresh, word);
      FAIL() << "seed " << seed << ", " << wrong << "\nshorter: " << shorter << ": "
             << run_word(settings, fresh, shorter);
    }
  }
  std::printf("%llu scripts of %zu operations\n", static_cast<unsigned long long>(scripts()), kOperations);
}

// Words that were wrong once: what each showed is in its name.
TEST(InStepOnce, AMergedSegmentCameBackWithoutTheOneBehindIt) {
  const Settings settings = settings_of({Sync::kAlways, WhenFull::kDropOldest, 3});
  EXPECT_EQ(run_word(settings, false, "o5a5o8a1a2a3B1B8B3o9a2o3B4a8B0B4B6a9c8a7a0B1a8r1t7S9a6B0o0c3a6t3s9o4c2"), "");
}

INSTANTIATE_TEST_SUITE_P(
    JournalModel, InStep,
    testing::Values(Setting{Sync::kAlways, WhenFull::kBlock, 3}, Setting{Sync::kAlways, WhenFull::kReject, 4},
                    Setting{Sync::kAlways, WhenFull::kDropOldest, 3}, Setting{Sync::kInterval, WhenFull::kBlock, 2},
                    Setting{Sync::kInterval, WhenFull::kDropOldest, 2}, Setting{Sync::kNever, WhenFull::kReject, 2},
                    Setting{Sync::kAlways, WhenFull::kBlock, 6, true},
                    Setting{Sync::kInterval, WhenFull::kDropOldest, 4, true}),
    name_of);

}  // namespace
}  // namespace respand::journal
