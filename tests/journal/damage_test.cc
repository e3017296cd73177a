// Damage, systematically. A small journal with segments in every state (spare, half acknowledged, live, being written)
// is damaged in one place after the other: every byte, every stretch, every length and every file. Each time it must
// start, give out everything that was not hit, invent nothing, count what is lost, have correct counts, and start
// again.

#include <gtest/gtest.h>

#include <cstdio>

#include "journal/cursor.h"
#include "journal/end_mark.h"
#include "journal/format.h"
#include "tests/journal/damaged_world.h"
#include "tests/support/sanitized.h"

namespace respand::journal {
namespace {

constexpr std::size_t kMostTaken = 1000;

// Every byte; only some of them under sanitizers, which look for other mistakes.
constexpr std::uint64_t kByteStep = test::kSanitized ? 13 : 1;

double dropped(Life& life) {
  return life.registry
      .counter("respand_records_dropped_total", "Accepted records that will not be delivered", {{"reason", "damaged"}})
      .value();
}

double received(Life& life) {
  return life.registry
      .counter("respand_records_received_total", "Records that came in, accepted or not", {{"input", "journal"}})
      .value();
}

struct Expected {
  Sequences may_be_lost{};
  bool may_come_again = false;  // acknowledged ones too
  bool counted = true;          // what is lost is said
};

// Starts on a damaged disk and compares what the journal gives out with what was there.
void check_start(const World& world, fs::FaultFileSystem& fs, const Expected& expected) {
  std::map<std::uint64_t, std::string> found;
  {
    Life life(fs, tiny_settings());
    ASSERT_FALSE(life.failure) << life.failure->message;
    found = life.take_all();
    ASSERT_LT(found.size(), kMostTaken);
    std::uint64_t gone = 0;
    for (const auto& [sequence, payload] : world.open) {
      if (!found.contains(sequence)) {
        ++gone;
        ASSERT_TRUE(expected.may_be_lost.contains(sequence)) << "lost: " << sequence;
      }
    }
    for (const auto& [sequence, payload] : found) {
      ASSERT_TRUE(world.all.contains(sequence)) << "invented: " << sequence;
      ASSERT_EQ(world.all.at(sequence), payload) << "altered: " << sequence;
      ASSERT_TRUE(expected.may_come_again || world.open.contains(sequence)) << "sent again: " << sequence;
    }
    if (expected.counted && !expected.may_come_again) {
      ASSERT_EQ(dropped(life), static_cast<double>(gone));
    }
    ASSERT_EQ(received(life), dropped(life) + static_cast<double>(found.size()));
    ASSERT_EQ(life.journal->snapshot().backlog_records, found.size());
    // It goes on.
    ASSERT_TRUE(life.put({"new"}));
    const auto fresh = life.take_all();
    ASSERT_EQ(fresh.size(), 1U);
    ASSERT_EQ(fresh.begin()->second, "new");
    ASSERT_GT(fresh.begin()->first, world.all.rbegin()->first - expected.may_be_lost.size());
    life.acknowledge(fresh.begin()->first);
    life.journal->stop();
  }
  Life again(fs, tiny_settings());
  ASSERT_FALSE(again.failure) << again.failure->message;
  ASSERT_EQ(again.take_all(), found) << "a second start finds something else";
  ASSERT_EQ(dropped(again), 0) << "counted twice";
}

class DamageTest : public testing::TestWithParam<End> {
 protected:
  // Runs `damage` on a fresh copy of the disk.
  template <typename F>
  void with(const std::string& what, const Expected& expected, F&& damage) {
    ++cases_;
    fs::FaultFileSystem fs(world_.disk);
    damage(fs);
    check_start(world_, fs, expected);
    ASSERT_FALSE(HasFatalFailure()) << what;
  }
  [[nodiscard]] std::vector<std::string> segments() const { return segments_of(world_); }
  void TearDown() override { std::printf("damaged journals started: %d\n", cases_); }

  World world_ = make_world(GetParam());
  int cases_ = 0;
};

INSTANTIATE_TEST_SUITE_P(After, DamageTest, testing::Values(End::kStopped, End::kKilled), [](const auto& param_info) {
  return std::string(param_info.param == End::kStopped ? "Stop" : "Kill");
});

TEST_P(DamageTest, TheWorldIsWhatItIsMeantToBe) {
  EXPECT_GE(segments().size(), 4U);
  fs::FaultFileSystem fs(world_.disk);
  check_start(world_, fs, {});
}

TEST_P(DamageTest, AnyByteOfASegment) {
  for (const std::string& path : segments()) {
    for (std::uint64_t at = 0; at < world_.files[path].size(); at += kByteStep) {
      for (const unsigned bits : {0x01U, 0xFFU}) {
        ASSERT_NO_FATAL_FAILURE(with(cat(path, " at ", at, " bits ", bits), {hit(world_, path, at, at + 1)},
                                     [&](auto& fs) { fs.flip(path, at, static_cast<std::uint8_t>(bits)); }));
      }
    }
  }
}

TEST_P(DamageTest, AnyStretchZeroed) {
  for (const std::string& path : segments()) {
    const std::uint64_t size = world_.files[path].size();
    for (const std::uint64_t length : {8U, 64U, 200U, 512U}) {
      for (std::uint64_t at = 0; at < size; at += 8 * kByteStep) {
        const std::uint64_t end = std::min(at + length, size);
        ASSERT_NO_FATAL_FAILURE(with(cat(path, " from ", at, " to ", end), {hit(world_, path, at, end)},
                                     [&](auto& fs) { fs.zero(path, at, end - at); }));
      }
    }
  }
}

TEST_P(DamageTest, AnyLength) {
  for (const std::string& path : segments()) {
    const std::uint64_t size = world_.files[path].size();
    for (std::uint64_t length = 0; length < size; length += kByteStep) {
      ASSERT_NO_FATAL_FAILURE(with(cat(path, " cut to ", length), {hit(world_, path, length, size)},
                                   [&](auto& fs) { fs.cut(path, length); }));
    }
  }
}

TEST_P(DamageTest, AnyFileMissingOrOfOtherBytes) {
  for (const auto& [path, content] : world_.files) {
    const bool state = path == "/journal/cursor";
    Expected expected{.may_come_again = state};
    expected.may_be_lost = hit(world_, path, 0, content.size());
    ASSERT_NO_FATAL_FAILURE(with(path + " missing", expected, [&](auto& fs) { ASSERT_TRUE(fs.remove(path)); }));
    std::string noise(content.size() + 100, '\0');
    SeededRandom random(content.size());
    for (char& c : noise) {
      c = static_cast<char>(random.below(256));
    }
    for (const std::string& other : {std::string(), std::string(content.size(), '\0'), std::string(3, 'x'), noise}) {
      ASSERT_NO_FATAL_FAILURE(with(cat(path, " replaced by ", other.size(), " bytes"), expected,
                                   [&](auto& fs) { fs.set_content(path, other); }));
    }
  }
}

TEST_P(DamageTest, AnyByteOfTheState) {
  const std::string cursor = "/journal/cursor";
  for (std::uint64_t slot = 0; slot < Cursor::kSlots; ++slot) {
    for (std::uint64_t at = 0; at < Cursor::kHeaderSize + 16; ++at) {
      ASSERT_NO_FATAL_FAILURE(with(cat("cursor slot ", slot, " at ", at), {.may_come_again = true},
                                   [&](auto& fs) { fs.flip(cursor, slot * Cursor::kSlotSize + at, 0x10); }));
    }
  }
  for (const std::uint64_t length : {std::uint64_t{1}, std::uint64_t{55}, std::uint64_t{Cursor::kSlotSize},
                                     std::uint64_t{2 * Cursor::kSlotSize}, std::uint64_t{2 * Cursor::kSlotSize + 60}}) {
    ASSERT_NO_FATAL_FAILURE(
        with(cat("cursor cut to ", length), {.may_come_again = true}, [&](auto& fs) { fs.cut(cursor, length); }));
  }
  for (std::uint64_t at = 0; at < EndMark::kSize; ++at) {
    ASSERT_NO_FATAL_FAILURE(with(cat("end at ", at), {}, [&](auto& fs) { fs.flip("/journal/end", at, 0x10); }));
    ASSERT_NO_FATAL_FAILURE(with(cat("end cut to ", at), {}, [&](auto& fs) { fs.cut("/journal/end", at); }));
  }
}

TEST_P(DamageTest, AnyFileCopiedOrRenamed) {
  for (const std::string& path : segments()) {
    const std::string content = world_.files[path];
    for (const SegmentName& name : {SegmentName{SegmentId{900}, Sequence{900}},
                                    SegmentName{SegmentId{900}, Sequence{10}}, SegmentName{SegmentId{1}, Sequence{900}},
                                    SegmentName{SegmentId{0}, Sequence{0}}, SegmentName{SegmentId{3}, Sequence{3}}}) {
      const std::string other = "/journal/" + segment_name(name);
      if (world_.files.contains(other)) {
        continue;
      }
      ASSERT_NO_FATAL_FAILURE(
          with(path + " copied to " + other, {}, [&](auto& fs) { fs.set_content(other, content); }));
      ASSERT_NO_FATAL_FAILURE(
          with(path + " renamed to " + other, {}, [&](auto& fs) { ASSERT_TRUE(fs.rename(path, other)); }));
    }
  }
}

TEST_P(DamageTest, FilesOfAnotherJournal) {
  fs::FaultFileSystem stranger(5);
  {
    metrics::Registry registry;
    ManualClock clock;
    SeededRandom random(99);
    Recorder producer;
    auto journal = std::move(Journal::open(tiny_settings(), stranger, registry, clock, random).value());
    for (int i = 0; i < 30; ++i) {
      auto batch = std::make_unique<Batch>(producer, 256);
      std::memcpy(batch->begin(Kind::kCompletion, WallTime{}, {}, 8), "stranger", 8);
      batch->end(8);
      ASSERT_TRUE(journal->writer().offer(batch));
      static_cast<void>(journal->step());
    }
    const std::vector<Ack> done{{Sequence{1}, 8}, {Sequence{2}, 8}, {Sequence{30}, 8}};
    journal->reader().acknowledge(done);
    journal->stop();
  }
  for (const std::string& path : stranger.files()) {
    const bool state = path == "/journal/cursor";
    const bool replaces = world_.files.contains(path);
    Expected expected{.may_come_again = state};
    expected.may_be_lost = replaces ? hit(world_, path, 0, world_.files[path].size()) : Sequences{};
    ASSERT_NO_FATAL_FAILURE(
        with(path + " of another journal", expected, [&](auto& fs) { fs.set_content(path, stranger.content(path)); }));
  }
}

TEST_P(DamageTest, AtRandomInManyPlaces) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SeededRandom random(seed);
    fs::FaultFileSystem fs(world_.disk);
    Sequences lost;
    const auto files = segments();
    for (std::uint64_t i = 0; i <= random.below(6); ++i) {
      const std::string& path = files[random.below(files.size())];
      const std::uint64_t size = fs.content(path).size();
      const std::uint64_t at = random.below(size);
      const std::uint64_t length = std::min(size - at, 1 + random.below(100));
      lost.merge(hit(world_, path, at, at + length));
      for (std::uint64_t byte = at; byte < at + length; ++byte) {
        fs.flip(path, byte, static_cast<std::uint8_t>(1 + random.below(255)));
      }
    }
    ++cases_;
    check_start(world_, fs, {.may_be_lost = lost});
    ASSERT_FALSE(HasFatalFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace respand::journal
