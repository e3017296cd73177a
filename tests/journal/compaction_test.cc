// What the journal's files take is bounded by what is open, whatever one record, the spool or the ledger does; and a
// record that was moved is what it was.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>

#include "journal/repair.h"
#include "journal/survey.h"
#include "respand/journal/attributes.h"
#include "tests/journal/bench_of_records.h"
#include "tests/support/sanitized.h"

namespace respand::journal {
namespace {

using testing::ElementsAre;

constexpr std::string_view kOrigin("\x01\x02\x00xy", 5);  // where a record of the spool came from
constexpr std::string_view kAccount(
    "\x02\x03\x00"
    "abc",
    6);  // what the ledger counts

Settings tight_settings(WhenFull policy = WhenFull::kBlock) {
  Settings settings = small_settings();
  settings.max_size = Bytes{4 * kSmallSegment};
  settings.when_full = policy;
  return settings;
}

// A life whose reader leaves open what `poison` says, and acknowledges all else at once.
class Reader {
 public:
  Reader(fs::FileSystem& fs, const Settings& settings) : settings_(settings), life_(fs, settings) {}

  // Whether it was taken, and the journal's files are within the bound.
  testing::AssertionResult put(const std::string& payload, bool poison, std::string_view attributes = {}) {
    if (!life_.put({payload}, attributes)) {
      return testing::AssertionFailure() << "record " << number_ + 1
                                         << " is not taken: " << life_.journal->snapshot().issue;
    }
    ++number_;
    acknowledge(poison);
    while (life_.journal->step() <= life_.clock.mono()) {
    }
    const Snapshot now = life_.journal->snapshot();
    const std::uint64_t bound = 2 * now.open_bytes + 4 * settings_.segment_size.value;
    worst_ = std::max(worst_, static_cast<double>(now.file_bytes) / static_cast<double>(bound));
    return now.file_bytes <= bound ? testing::AssertionSuccess()
                                   : testing::AssertionFailure() << now.file_bytes << " bytes are held for "
                                                                 << now.open_bytes << " that are open";
  }
  void acknowledge_oldest() {
    done(open_.front());
    open_.pop_front();
  }
  [[nodiscard]] Life& life() { return life_; }
  [[nodiscard]] const std::deque<Ref>& open() const { return open_; }
  [[nodiscard]] double worst() const { return worst_; }
  [[nodiscard]] std::string read(const Ref& ref) {
    std::string payload;
    const Status read = life_.journal->read(ref, payload);
    return read ? payload : cat("can't be read: ", read.error().message);
  }

 private:
  void acknowledge(bool poison) {
    for (Ref ref; life_.journal->take(ref);) {
      if (poison) {
        open_.push_back(ref);
      } else {
        done(ref);
      }
    }
  }
  void done(const Ref& ref) {
    const Ack done{ref.sequence, ref.length};
    life_.journal->acknowledge({&done, 1});
  }

  const Settings settings_;
  Life life_;
  std::deque<Ref> open_;
  std::uint64_t number_ = 0;
  double worst_ = 0;
};

std::string text_of(std::uint64_t number, std::size_t size) {
  std::string text = cat("record ", number, " ");
  text.resize(std::max(size, text.size()), static_cast<char>('a' + number % 26));
  return text;
}

class CompactionTest : public testing::Test {
 protected:
  // One open record, and then so many segments of acknowledged ones that it must have been moved.
  void move_one(std::string_view attributes = {}, bool hold = false) {
    Reader reader(fs_, tight_settings());
    if (hold) {
      static_cast<void>(reader.life().journal->hold());
    }
    ASSERT_TRUE(reader.put(text_of(1, 300), true, attributes));
    for (std::uint64_t i = 2; i <= 60; ++i) {
      ASSERT_TRUE(reader.put(text_of(i, 700), false, attributes));
    }
    EXPECT_EQ(reader.read(reader.open().front()), text_of(1, 300)) << "through a reference from before";
    reader.life().journal->stop();
    fs_.crash_keeping_all();
  }
  [[nodiscard]] Survey survey_it() {
    auto found = survey(fs_, "/journal", {});
    EXPECT_TRUE(found);
    return std::move(*found);
  }

  fs::FaultFileSystem fs_;
};

TEST_F(CompactionTest, OneOpenRecordCostsNobodyAPlaceUnderAnyPolicy) {
  for (const WhenFull policy : {WhenFull::kBlock, WhenFull::kReject, WhenFull::kDropOldest}) {
    for (const std::size_t files : {2U, 4U}) {
      if (test::kSanitized && files > 2 && policy != WhenFull::kBlock) {
        continue;  // sanitizers are after other mistakes
      }
      fs::FaultFileSystem fs;
      Settings settings = tight_settings(policy);
      settings.max_size = Bytes{files * kSmallSegment};
      for (std::uint64_t run = 0; run < 2; ++run) {
        Reader reader(fs, settings);
        ASSERT_FALSE(reader.life().failure);
        ASSERT_TRUE(reader.put(text_of(1, 300), true));
        for (std::uint64_t i = 2; i <= 1000; ++i) {
          ASSERT_TRUE(reader.put(text_of(i, 500), false)) << "of " << files << " segments, run " << run;
        }
        EXPECT_EQ(reader.read(reader.open().front()), text_of(1, 300));
        EXPECT_EQ(dropped_counter(reader.life(), "journal_full"), 0);
        EXPECT_EQ(dropped_counter(reader.life(), "damaged"), 0);
        EXPECT_EQ(reader.life().journal->snapshot().backlog_records, run + 1);
        reader.life().journal->stop();
      }
    }
  }
}

TEST_F(CompactionTest, AMovedRecordIsWhatItWas) {
  move_one(kAccount);
  Life life(fs_, tight_settings());
  Ref ref;
  static_cast<void>(life.journal->step());
  ASSERT_TRUE(life.journal->take(ref));
  EXPECT_EQ(ref.sequence, Sequence{1});
  EXPECT_EQ(ref.received, ManualClock().wall());
  EXPECT_EQ(ref.length, 300 + kAccount.size());
  std::string payload;
  ASSERT_TRUE(life.journal->read(ref, payload));
  EXPECT_EQ(payload, text_of(1, 300));
  EXPECT_FALSE(life.journal->take(ref)) << "each once";
  EXPECT_EQ(life.journal->oldest(), ManualClock().wall());
  EXPECT_EQ(life.journal->snapshot().backlog_bytes, 300 + kAccount.size());
}

TEST_F(CompactionTest, ReferencesHoldOverManyMovesAndNoDescriptorOfWhatIsGone) {
  Reader reader(fs_, tight_settings());
  for (std::uint64_t i = 1; i <= 600; ++i) {
    ASSERT_TRUE(reader.put(text_of(i, 400), i % 50 == 1));
    for (const Ref& ref : reader.open()) {
      ASSERT_EQ(reader.read(ref), text_of(ref.sequence.value, 400)) << "after " << i;
    }
    if (reader.open().size() > 6) {
      reader.acknowledge_oldest();
    }
  }
  EXPECT_LE(fs_.used().value, tight_settings().max_size.value + fs_.content("/journal/cursor").size() + 128)
      << "files that are only held open take room, too";
}

// Calls `on_renamed` between a rename and the sync of its folder: what another thread may do meanwhile.
class SlowToRename final : public fs::FileSystem {
 public:
  explicit SlowToRename(fs::FileSystem& fs) : fs_(fs) {}
  std::function<void()> on_renamed;

  Result<std::unique_ptr<fs::File>> open(const std::string& path, fs::OpenMode mode) override {
    return fs_.open(path, mode);
  }
  Status rename(const std::string& from, const std::string& to) override {
    const Status renamed = fs_.rename(from, to);
    if (on_renamed) {
      on_renamed();
    }
    return renamed;
  }
  Status remove(const std::string& path) override { return fs_.remove(path); }
  Status sync_directory(const std::string& path) override { return fs_.sync_directory(path); }
  Result<std::vector<std::string>> list(const std::string& path) override { return fs_.list(path); }
  Status make_directories(const std::string& path) override { return fs_.make_directories(path); }
  Result<std::unique_ptr<fs::Lock>> lock(const std::string& path) override { return fs_.lock(path); }
  Result<Bytes> free_space(const std::string& path) override { return fs_.free_space(path); }

 private:
  fs::FileSystem& fs_;
};

TEST_F(CompactionTest, WhoReadsWhileASegmentIsReplacedFindsTheRecord) {
  SlowToRename fs(fs_);
  Reader reader(fs, tight_settings());
  int read = 0;
  fs.on_renamed = [&] {
    for (const Ref& ref : reader.open()) {
      ASSERT_EQ(reader.read(ref), text_of(ref.sequence.value, 400));
      ++read;
    }
  };
  for (std::uint64_t i = 1; i <= 600; ++i) {
    ASSERT_TRUE(reader.put(text_of(i, 400), i % 50 == 1));
    if (reader.open().size() > 6) {
      reader.acknowledge_oldest();
    }
  }
  EXPECT_GT(read, 50);
}

TEST_F(CompactionTest, TheSpoolFindsWhatItLooksForWithoutPayloads) {
  move_one(kOrigin, true);
  const Survey found = survey_it();
  EXPECT_TRUE(found.damage.empty());
  EXPECT_EQ(found.open_records, 1U);
  Life life(fs_, tight_settings(), Sequence{0});
  std::uint64_t seen = 0;
  ASSERT_TRUE(life.journal->visit([&](Sequence sequence, std::string_view attributes) {
    EXPECT_EQ(sequence.value, ++seen);
    EXPECT_EQ(attributes, kOrigin);
    return true;
  }));
  EXPECT_EQ(seen, 60U);
  EXPECT_EQ(life.take_all().size(), 1U);
  life.journal->keep_from(Sequence{~0ULL});
  for (int turn = 0; turn < 20; ++turn) {
    static_cast<void>(life.journal->step());
  }
  EXPECT_LE(life.journal->snapshot().file_bytes, 4 * kSmallSegment);
}

TEST_F(CompactionTest, OfWhatTheSpoolLooksForOnlyItsOwnAttributeStays) {
  const std::string both = cat(kOrigin, kAccount);
  move_one(both, true);
  Life life(fs_, tight_settings(), Sequence{0});
  std::uint64_t short_ones = 0;
  ASSERT_TRUE(life.journal->visit([&](Sequence, std::string_view attributes) {
    EXPECT_EQ(find_attribute(attributes, Tag::kSpoolOrigin), "xy");
    short_ones += attributes == kOrigin ? 1U : 0U;
    return true;
  }));
  EXPECT_GT(short_ones, 40U);
}

TEST_F(CompactionTest, WhatTheSpoolAloneKeepsIsGoneForALedgerThatComesLater) {
  move_one(cat(kOrigin, kAccount), true);
  Life life(fs_, tight_settings(), Sequence{0});
  queue::Doorbell durable([] {});
  queue::Doorbell filled([] {});
  life.journal->attach_tailer(durable, filled);
  static_cast<void>(life.journal->begin(Sequence{}));
  std::uint64_t whole = 0;
  TailProgress turn;
  ASSERT_TRUE(life.journal->read_on(
      1000,
      [&](const TailedRecord& tailed) {
        EXPECT_FALSE(find_attribute(tailed.attributes, static_cast<Tag>(kAccount[0])).empty());
        ++whole;
      },
      turn));
  EXPECT_EQ(turn.unsound, 0U);
  EXPECT_GT(turn.gone, 40U);
  EXPECT_EQ(turn.gone + whole, 60U);
}

TEST_F(CompactionTest, TheLedgerReadsWhatWasMovedOnceAndGivesWayInTheEnd) {
  Settings settings = tight_settings();
  Life life(fs_, settings);
  queue::Doorbell durable([] {});
  queue::Doorbell filled([] {});
  life.journal->attach_tailer(durable, filled);
  static_cast<void>(life.journal->begin(Sequence{}));
  std::vector<std::uint64_t> seen;
  TailProgress turn;
  const auto read_on = [&](std::size_t most) {
    ASSERT_TRUE(life.journal->read_on(
        most,
        [&](const TailedRecord& tailed) {
          EXPECT_EQ(tailed.attributes, kAccount);
          seen.push_back(tailed.sequence.value);
        },
        turn));
  };
  const auto put_and_acknowledge = [&](std::uint64_t number) {
    ASSERT_TRUE(life.put({text_of(number, 900)}, kAccount));
    life.take_all();
    if (number != 1) {
      life.acknowledge(number);
    }
    while (life.journal->step() <= life.clock.mono()) {
    }
  };
  for (std::uint64_t i = 1; i <= 60; ++i) {
    put_and_acknowledge(i);
    if (i == 5 || i == 30) {
      read_on(3);  // stops amid a segment that is compacted later
    }
  }
  read_on(1000);
  ASSERT_EQ(seen.size(), 60U) << turn.gone << " are gone";
  for (std::uint64_t i = 0; i < 60; ++i) {
    EXPECT_EQ(seen[i], i + 1);
  }
  life.journal->unpin(Sequence{61});
  // It reads no more: what it has not read takes no more room than the bound leaves, and is counted.
  for (std::uint64_t i = 61; i <= 1000; ++i) {
    put_and_acknowledge(i);
    const Snapshot now = life.journal->snapshot();
    ASSERT_LE(now.file_bytes, 2 * now.open_bytes + 4 * kSmallSegment);
  }
  seen.clear();
  read_on(10'000);
  EXPECT_GT(turn.gone, 0U);
  EXPECT_EQ(turn.unsound, 0U);
  EXPECT_EQ(turn.gone + seen.size(), 940U);
  EXPECT_EQ(seen.back(), 1000U);
}

TEST_F(CompactionTest, ACursorThatIsLostBringsBackNothingThatIsGoneAndLosesNothing) {
  move_one(kOrigin, true);
  ASSERT_TRUE(fs_.remove("/journal/cursor"));
  ASSERT_TRUE(fs_.remove("/journal/end"));
  Life life(fs_, tight_settings());
  ASSERT_FALSE(life.failure);
  const auto left = life.take_all();
  ASSERT_TRUE(left.contains(1));
  EXPECT_EQ(left.at(1), text_of(1, 300));
  for (const auto& [sequence, payload] : left) {
    EXPECT_EQ(payload.substr(0, payload.find(' ', 7)), cat("record ", sequence)) << "no record without its payload";
  }
  EXPECT_EQ(dropped_counter(life, "damaged"), 0) << "what is not there was settled";
  EXPECT_EQ(life.journal->snapshot().backlog_records, left.size());
}

TEST_F(CompactionTest, RepairKeepsWhatWasMoved) {
  move_one(kOrigin, true);
  const Survey before = survey_it();
  EXPECT_TRUE(before.damage.empty());
  fs_.zero("/journal/cursor", 0, fs_.content("/journal/cursor").size());
  fs_.flip("/journal/" + segment_name(before.segments.back().name), SegmentHeader::kSize + 60);
  ManualClock clock;
  ASSERT_TRUE(repair(fs_, "/journal", clock, {}));
  EXPECT_TRUE(survey_it().damage.empty());
  Life life(fs_, tight_settings());
  const auto left = life.take_all();
  ASSERT_TRUE(left.contains(1));
  EXPECT_EQ(left.at(1), text_of(1, 300));
  EXPECT_EQ(dropped_counter(life, "damaged"), 0);
}

TEST_F(CompactionTest, ADamagedOpenRecordIsLostAndHoldsUpNothing) {
  Reader reader(fs_, tight_settings());
  ASSERT_TRUE(reader.put(text_of(1, 300), true));
  ASSERT_TRUE(reader.put(text_of(2, 300), true));
  fs_.flip("/journal/" + segment_name({SegmentId{1}, Sequence{1}}), SegmentHeader::kSize + 100);
  for (std::uint64_t i = 3; i <= 60; ++i) {
    ASSERT_TRUE(reader.put(text_of(i, 700), false));
  }
  EXPECT_EQ(dropped_counter(reader.life(), "damaged"), 1);
  EXPECT_EQ(reader.read(reader.open()[1]), text_of(2, 300));
  std::string payload;
  const Status read = reader.life().journal->read(reader.open()[0], payload);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  reader.life().journal->lost(reader.open()[0], "its reader says so, too");
  EXPECT_EQ(dropped_counter(reader.life(), "damaged"), 1) << "counted once";
}

TEST_F(CompactionTest, ACopyThatCantBeWrittenIsTriedAgainAndLosesNothing) {
  for (const fs::Calls kind : {fs::calls::kRename, fs::calls::kWrite, fs::calls::kSyncData, fs::calls::kSyncDirectory,
                               fs::calls::kRead, fs::calls::kOpen}) {
    fs::FaultFileSystem fs;
    Reader reader(fs, small_settings());
    ASSERT_TRUE(reader.put(text_of(1, 300), true));
    for (std::uint64_t i = 2; i <= 200; ++i) {
      fs.fail_at(3 + i % 7, {.calls = kind});
      static_cast<void>(reader.put(text_of(i, 700), false));
      fs.clear_faults();
      reader.life().clock.advance(Journal::kRetryInterval);
      static_cast<void>(reader.life().journal->step());
    }
    for (std::uint64_t i = 201; i <= 260; ++i) {
      ASSERT_TRUE(reader.put(text_of(i, 700), false));
    }
    EXPECT_EQ(reader.read(reader.open().front()), text_of(1, 300));
    EXPECT_EQ(dropped_counter(reader.life(), "damaged"), 0);
  }
}

TEST_F(CompactionTest, WhatIsLeftOfAnAbandonedCopyIsRemovedByTheNextStart) {
  fs_.set_content("/journal/compacted", "junk");
  const Life life(fs_);
  ASSERT_FALSE(life.failure);
  EXPECT_FALSE(fs_.exists("/journal/compacted"));
}

// What a compacted segment looks like, byte by byte: FORMAT.md tells the same.
TEST_F(CompactionTest, HasTheFormThatIsWrittenDown) {
  move_one(kOrigin, true);
  const Survey found = survey_it();
  ASSERT_GE(found.segments.size(), 2U);
  const SurveyedSegment& first = found.segments.front();
  EXPECT_EQ(first.name.id, SegmentId{1}) << "it keeps the name of the first one of its run";
  EXPECT_EQ(first.found.header.first, Sequence{1});
  const std::string bytes = fs_.content("/journal/" + segment_name(first.name));
  const auto* at = reinterpret_cast<const std::byte*>(bytes.data()) + SegmentHeader::kSize;
  RecordHeader header = decode_record(at);
  EXPECT_EQ(header.flags, 0) << "an open record is what it was";
  EXPECT_EQ(header.sequence, Sequence{1});
  at += record_extent(header.length);
  header = decode_record(at);
  EXPECT_EQ(header.sequence, Sequence{2});
  EXPECT_EQ(header.flags, kPayloadGone);
  EXPECT_EQ(header.length, kOrigin.size());
  EXPECT_EQ(header.attributes, kOrigin.size());
  EXPECT_TRUE(intact(at));
}

TEST_F(CompactionTest, TheLastRecordSaysUpToWhereARunReached) {
  move_one();
  const Survey found = survey_it();
  const SurveyedSegment& first = found.segments.front();
  EXPECT_EQ(first.records, 1U) << "of the other there is no more than its sequence";
  EXPECT_EQ(first.next, first.limit);
  const std::string bytes = fs_.content("/journal/" + segment_name(first.name));
  ASSERT_EQ(bytes.size(), SegmentHeader::kSize + record_extent(300) + record_extent(0));
  const RecordHeader last =
      decode_record(reinterpret_cast<const std::byte*>(bytes.data()) + SegmentHeader::kSize + record_extent(300));
  EXPECT_EQ(last.flags, kPayloadGone | kAccountGone | kGapAcked);
  EXPECT_EQ(last.length, 0U);
  EXPECT_EQ(last.sequence.value + 1, first.limit.value);
  // The header's sum and the bytes that are there lead to what had been written by then.
  EXPECT_EQ(first.found.header.appended + first.bytes, found.segments[1].found.header.appended);
}

TEST(CompactionPlan, WritesNoMoreThanItFrees) {
  SeededRandom random(3);
  for (int i = 0; i < 20'000; ++i) {
    std::vector<SegmentLoad> loads;
    for (std::uint64_t n = 1 + random.below(8); n > 0; --n) {
      const std::uint64_t size = 200 + random.below(4000);
      loads.push_back({size, random.below(size)});
    }
    const auto run = choose_run(loads, 4096);
    std::uint64_t size = 0;
    std::uint64_t kept = kCompactedOverhead;
    for (std::size_t at = 0; run && at < run->count; ++at) {
      size += loads[run->first + at].size;
      kept += loads[run->first + at].kept;
    }
    if (run) {
      ASSERT_LE(2 * kept, size);
      ASSERT_TRUE(kept <= 4096 || run->count == 1);
      continue;
    }
    for (const SegmentLoad& load : loads) {
      ASSERT_GT(2 * (load.kept + kCompactedOverhead), load.size) << "there was one";
    }
  }
}

TEST(CompactionPlan, MakesFewFilesRatherThanManySmallOnes) {
  const std::uint64_t segment = 64U << 20;
  // A small one that was compacted before, and one that is full: together, while the small one is small.
  const std::vector<SegmentLoad> small{{1U << 20, 1U << 20}, {segment, 1U << 20}};
  ASSERT_TRUE(choose_run(small, segment));
  EXPECT_EQ(choose_run(small, segment)->count, 2U);
  const std::vector<SegmentLoad> large{{segment / 2, segment / 2}, {segment, 1U << 20}};
  ASSERT_TRUE(choose_run(large, segment));
  EXPECT_EQ(choose_run(large, segment)->first, 1U);
  EXPECT_EQ(choose_run(large, segment)->count, 1U);
  EXPECT_FALSE(choose_run({}, segment));
  EXPECT_FALSE(choose_run(std::vector<SegmentLoad>{{segment, segment}}, segment));
}

// The bound over a random life with 1 % of poison, which is given up late. RESPAND_SOAK_SECONDS=600: so long; a few
// seconds else. Prints the worst ratio.
TEST(CompactionSoak, HoldsTheBoundWithOnePercentOfPoison) {
  const char* const wanted = std::getenv("RESPAND_SOAK_SECONDS");
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::seconds{wanted == nullptr ? 2 : std::strtoll(wanted, nullptr, 10)};
  SeededRandom random(11);
  double worst = 0;
  std::uint64_t number = 0;
  std::uint64_t lives = 0;
  fs::FaultFileSystem fs;
  Settings settings = small_settings();
  settings.segment_size = kibibytes(64);
  settings.max_size = mebibytes(16);
  do {
    ++lives;
    Reader reader(fs, settings);
    ASSERT_FALSE(reader.life().failure);
    for (std::uint64_t i = 0; i < 4000; ++i) {
      const bool poison = random.below(100) == 0;
      ASSERT_TRUE(reader.put(text_of(++number, 20 + random.below(random.below(50) == 0 ? 20'000 : 1500)), poison));
      reader.life().clock.advance(std::chrono::milliseconds{3});
      if (reader.open().size() > 500) {
        reader.acknowledge_oldest();
      }
    }
    for (const Ref& ref : reader.open()) {
      ASSERT_EQ(reader.read(ref).substr(0, 7), "record ");
    }
    worst = std::max(worst, reader.worst());
    if (random.below(2) == 0) {
      reader.life().journal->stop();
    } else {
      fs.crash_keeping_all();
    }
  } while (std::chrono::steady_clock::now() < end);
  std::printf("%llu records in %llu lives; held at most %.3f of 2 x open + 4 segments\n",
              static_cast<unsigned long long>(number), static_cast<unsigned long long>(lives), worst);
  EXPECT_LE(worst, 1.0);
}

}  // namespace
}  // namespace respand::journal
