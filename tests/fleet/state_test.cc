// What edges and relays keep on disk: sets of sequences, borders, and the file that they are in.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "fleet/borders.h"
#include "fleet/edge.h"
#include "fleet/sequence_set.h"
#include "fleet/state_file.h"
#include "respand/base/random.h"
#include "respand/base/text.h"
#include "tests/support/fs/fault_file_system.h"

namespace respand::fleet {
namespace {

using testing::ElementsAre;
using Range = SequenceSet::Range;

SequenceSet set_of(std::initializer_list<std::uint64_t> sequences) {
  SequenceSet set;
  for (const std::uint64_t sequence : sequences) {
    set.add(Sequence{sequence});
  }
  return set;
}

std::string encoded(const SequenceSet& set) {
  std::string bytes;
  set.encode(bytes);
  return bytes;
}

TEST(SequenceSets, JoinWhatTouches) {
  SequenceSet set = set_of({5, 1, 3, 2});
  EXPECT_THAT(set.ranges(), ElementsAre(Range{1, 3}, Range{5, 5}));
  EXPECT_FALSE(set.add(Sequence{2}));
  EXPECT_TRUE(set.add(Sequence{4}));
  EXPECT_THAT(set.ranges(), ElementsAre(Range{1, 5}));
  EXPECT_TRUE(set.remove(Sequence{3}));
  EXPECT_FALSE(set.remove(Sequence{3}));
  EXPECT_THAT(set.ranges(), ElementsAre(Range{1, 2}, Range{4, 5}));
  EXPECT_EQ(set.keep_highest(1), 1U);
  EXPECT_THAT(set.ranges(), ElementsAre(Range{4, 5}));
}

TEST(SequenceSets, AreWhatASetIs) {
  SeededRandom random(7);
  SequenceSet set;
  std::set<std::uint64_t> model;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t value = 1 + random.below(200);
    if (random.below(3) == 0) {
      EXPECT_EQ(set.remove(Sequence{value}), model.erase(value) == 1);
    } else {
      EXPECT_EQ(set.add(Sequence{value}), model.insert(value).second);
    }
    const std::uint64_t asked = 1 + random.below(200);
    ASSERT_EQ(set.contains(Sequence{asked}), model.contains(asked));
  }
  EXPECT_EQ(set.count(), model.size());
  const std::string bytes = encoded(set);
  std::string_view rest(bytes);
  EXPECT_TRUE(SequenceSet::decode(rest, 200) == set);
  EXPECT_TRUE(rest.empty());
}

TEST(SequenceSets, DamagedBytesAreRefused) {
  const std::string bytes = encoded(set_of({1, 2, 7, 300}));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    std::string_view cut = std::string_view(bytes).substr(0, size);
    EXPECT_FALSE(SequenceSet::decode(cut, 10)) << size;
  }
  std::string_view many(bytes);
  EXPECT_FALSE(SequenceSet::decode(many, 2));
  for (const std::string& bad : {std::string("\x01\x00\x00", 3), std::string("\x02\x01\x00\x01\x00", 5),
                                 std::string("\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01\x00", 12)}) {
    std::string_view view(bad);
    EXPECT_FALSE(SequenceSet::decode(view, 10));
  }
}

TEST(Borders, ComeBackAndDamageIsSeen) {
  Borders borders{7, 99, true, "2026-11-29T21:00:00.123456789Z", {set_of({1, 2, 3}), set_of({9, 11})}};
  const std::string bytes = borders.encode();
  EXPECT_TRUE(Borders::decode(bytes) == borders);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(Borders::decode(std::string_view(bytes).substr(0, size))) << size;
  }
  EXPECT_FALSE(Borders::decode(bytes + "x"));
}

TEST(MessageId, NamesTheSetOfRecords) {
  EXPECT_EQ(message_id(0xAB, set_of({1, 2, 3})), "00000000000000ab-1-3");
  EXPECT_EQ(message_id(0xAB, set_of({4})), "00000000000000ab-4-4");
  const std::string with_gap = message_id(0xAB, set_of({1, 3}));
  EXPECT_TRUE(with_gap.starts_with("00000000000000ab-1-3-2-")) << with_gap;
  EXPECT_NE(message_id(1, set_of({1, 2, 5})), message_id(1, set_of({1, 4, 5})));
}

TEST(StateFiles, HoldTheOldContentOrTheNewOneWhateverFails) {
  constexpr std::string_view kMagic = "MAGIC678";
  const auto file = [&](fs::FileSystem& fs) { return StateFile("/d/fleet", "f", kMagic, fs); };
  fs::FaultFileSystem undisturbed;
  ASSERT_TRUE(file(undisturbed).write("old", StateFile::Durable::kYes));
  const auto before = undisturbed.snapshot();
  const std::uint64_t first = undisturbed.operations();
  ASSERT_TRUE(file(undisturbed).write("new", StateFile::Durable::kYes));
  const std::uint64_t calls = undisturbed.operations() - first;
  SeededRandom random(3);
  for (std::uint64_t nth = 1; nth <= calls + 1; ++nth) {
    for (const bool power_cut : {false, true}) {
      fs::FaultFileSystem fs(before, nth);
      fs.power_off_at(nth);
      const bool written = file(fs).write("new", StateFile::Durable::kYes).has_value();
      power_cut ? fs.crash(random) : fs.crash_keeping_all();
      const auto found = file(fs).read();
      ASSERT_TRUE(found) << nth << found.error().message;
      EXPECT_TRUE(*found == "new" || (!written && *found == "old")) << nth << *found;
    }
    fs::FaultFileSystem fs(before, nth);
    fs.fail_at(nth);
    StateFile same = file(fs);
    const bool written = same.write("new", StateFile::Durable::kYes).has_value();
    EXPECT_EQ(written, nth > calls);
    fs.clear_faults();
    EXPECT_TRUE(same.write("again", StateFile::Durable::kYes)) << "the next try succeeds";
    EXPECT_EQ(*same.read(), "again");
    EXPECT_TRUE(fs.synced_after_failure().empty());
  }
}

TEST(EdgeId, TellsCopiesOfAJournalApart) {
  const std::uint64_t id = edge_id(7, "web-1", 100);
  EXPECT_EQ(edge_id(7, "web-1", 100), id);
  EXPECT_NE(edge_id(7, "web-2", 100), id) << "an image of a machine";
  EXPECT_NE(edge_id(7, "web-1", 101), id) << "a copied folder";
  EXPECT_NE(edge_id(8, "web-1", 100), id);
}

// Without a sync a frame is appended, and whatever fails, what is found is the last one that was written.
TEST(StateFiles, AppendedContentsAreFoundWhateverFails) {
  constexpr std::string_view kMagic = "MAGIC678";
  constexpr auto kNo = StateFile::Durable::kNo;
  const std::vector<std::string> contents{"one", std::string(5000, '2'), "three", "", "five"};
  for (std::uint64_t nth = 1;; ++nth) {
    for (const bool killed : {false, true}) {
      fs::FaultFileSystem fs;
      StateFile file("/d/fleet", "f", kMagic, fs);
      ASSERT_TRUE(file.write("zero", StateFile::Durable::kYes));
      const std::uint64_t first = fs.operations();
      killed ? fs.power_off_at(nth) : fs.fail_at(nth);
      std::string last = "zero";
      std::string tried = last;
      for (const std::string& content : contents) {
        tried = content;
        if (!file.write(content, kNo)) {
          break;
        }
        last = content;
      }
      const bool reached = fs.operations() - first >= nth;
      fs.clear_faults();
      if (killed) {
        fs.crash_keeping_all();
      }
      const auto found = StateFile("/d/fleet", "f", kMagic, fs).read();
      ASSERT_TRUE(found) << nth;
      EXPECT_THAT(*found, ::testing::AnyOf(last, tried)) << nth;
      if (!killed) {
        EXPECT_TRUE(file.write("and on", kNo));
        EXPECT_EQ(*file.read(), "and on");
      }
      if (!reached) {
        EXPECT_GE(nth, contents.size()) << "each write is a call at least";
        return;
      }
    }
  }
}

TEST(StateFiles, AnAppendedFrameThatIsCutOrDamagedLeavesTheOneBefore) {
  fs::FaultFileSystem fs;
  StateFile file("/d", "f", "MAGIC678", fs);
  ASSERT_TRUE(file.write("before", StateFile::Durable::kNo));
  const std::uint64_t whole = fs.content("/d/f").size();
  ASSERT_TRUE(file.write("behind it", StateFile::Durable::kNo));
  const std::uint64_t end = fs.content("/d/f").size();
  EXPECT_EQ(*file.read(), "behind it");
  for (std::uint64_t at = whole; at < end; ++at) {
    fs.flip("/d/f", at);
    EXPECT_EQ(*file.read(), "before") << at;
    fs.flip("/d/f", at);
  }
  for (std::uint64_t size = end - 1; size >= whole; --size) {
    fs.cut("/d/f", size);
    EXPECT_EQ(*StateFile("/d", "f", "MAGIC678", fs).read(), "before") << size;
  }
}

TEST(StateFiles, AFileThatIsFullOrGoneIsMadeAnew) {
  fs::FaultFileSystem fs;
  StateFile file("/d", "f", "MAGIC678", fs);
  std::uint64_t largest = 0;
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(file.write(cat(std::string(100'000, 'x'), i), StateFile::Durable::kNo));
    largest = std::max<std::uint64_t>(largest, fs.content("/d/f").size());
    EXPECT_EQ(*file.read(), cat(std::string(100'000, 'x'), i));
  }
  EXPECT_LE(largest, StateFile::kMostAppended);
  EXPECT_GT(largest, StateFile::kMostAppended / 2) << "it is not made anew each time";
  ASSERT_TRUE(fs.remove("/d/f"));
  ASSERT_TRUE(file.write("again", StateFile::Durable::kNo));
  EXPECT_EQ(*file.read(), "again");
}

TEST(StateFiles, SayWhatIsMissingAndWhatIsDamaged) {
  fs::FaultFileSystem fs;
  StateFile file("/d", "f", "MAGIC678", fs);
  EXPECT_EQ(file.read().error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(file.write("content", StateFile::Durable::kNo));
  EXPECT_EQ(*file.read(), "content");
  EXPECT_EQ(StateFile("/d", "f", "OTHER678", fs).read().error().code, ErrorCode::kCorrupt);
  for (std::uint64_t at = 0; at < fs.content("/d/f").size(); ++at) {
    fs.flip("/d/f", at);
    EXPECT_EQ(file.read().error().code, ErrorCode::kCorrupt) << at;
    fs.flip("/d/f", at);
  }
  fs.cut("/d/f", 3);
  EXPECT_EQ(file.read().error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace respand::fleet
