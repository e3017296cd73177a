// The offline reader and repair: damage is found and its place is reported. After a repair, however often it was cut,
// the journal is sound, holds every record that was not hit, and keeps a copy of its old files.

#include "journal/repair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "journal/format.h"
#include "journal/survey.h"
#include "tests/journal/damaged_world.h"
#include "tests/support/sanitized.h"

namespace respand::journal {
namespace {

constexpr const char* kFolder = "/journal";

// Every so many bytes; fewer under sanitizers, which look for other mistakes.
constexpr std::uint64_t kStep = test::kSanitized ? 37 : 3;

Survey look(fs::FileSystem& fs) {
  auto found = survey(fs, kFolder, {});
  EXPECT_TRUE(found) << found.error().message;
  return found ? std::move(*found) : Survey{};
}

std::map<std::uint64_t, std::string> open_records(fs::FileSystem& fs) {
  std::map<std::uint64_t, std::string> out;
  const auto found = survey(fs, kFolder, {.record = [&](const Sound& sound) {
                              if (sound.open) {
                                out[sound.header.sequence.value] = sound.payload;
                              }
                            }});
  EXPECT_TRUE(found);
  return out;
}

std::map<std::uint64_t, std::string> started(fs::FileSystem& fs, double* dropped = nullptr) {
  Life life(fs, tiny_settings());
  EXPECT_FALSE(life.failure) << life.failure->message;
  auto taken = life.take_all();
  if (dropped != nullptr) {
    *dropped = life.registry
                   .counter("respand_records_dropped_total", "Accepted records that will not be delivered",
                            {{"reason", "damaged"}})
                   .value();
  }
  return taken;
}

// Repairs, and checks that it is sound then and lost no more than it may.
void check_repair(const World& world, fs::FaultFileSystem& fs, const Sequences& may_be_lost, bool acked_too = false) {
  ManualClock clock;
  const auto repaired = repair(fs, kFolder, clock, {});
  ASSERT_TRUE(repaired) << repaired.error().message;
  const Survey after = look(fs);
  ASSERT_TRUE(after.damage.empty()) << after.damage[0].file << ": " << after.damage[0].what;
  const auto again = repair(fs, kFolder, clock, {});
  ASSERT_TRUE(again);
  ASSERT_TRUE(again->backup.empty()) << "it is not idempotent";
  double dropped = 1;
  const auto found = started(fs, &dropped);
  ASSERT_EQ(dropped, 0) << "a repaired journal has nothing to lose";
  for (const auto& [sequence, payload] : world.open) {
    ASSERT_TRUE(found.contains(sequence) || may_be_lost.contains(sequence)) << "lost: " << sequence;
  }
  for (const auto& [sequence, payload] : found) {
    ASSERT_TRUE(world.all.contains(sequence)) << "invented: " << sequence;
    ASSERT_EQ(world.all.at(sequence), payload) << "altered: " << sequence;
    ASSERT_TRUE(acked_too || world.open.contains(sequence)) << "sent again: " << sequence;
  }
}

class Repair : public testing::TestWithParam<End> {
 protected:
  World world_ = make_world(GetParam());
};

INSTANTIATE_TEST_SUITE_P(After, Repair, testing::Values(End::kStopped, End::kKilled), [](const auto& param_info) {
  return std::string(param_info.param == End::kStopped ? "Stop" : "Kill");
});

TEST_P(Repair, ASoundJournalIsReadAndLeftAlone) {
  fs::FaultFileSystem fs(world_.disk);
  const Survey found = look(fs);
  EXPECT_TRUE(found.damage.empty());
  EXPECT_EQ(found.open_records, world_.open.size());
  EXPECT_EQ(found.next.value, world_.all.rbegin()->first + 1);
  EXPECT_EQ(open_records(fs), world_.open);
  ManualClock clock;
  const auto repaired = repair(fs, kFolder, clock, {});
  ASSERT_TRUE(repaired);
  EXPECT_TRUE(repaired->backup.empty());
  for (const auto& [path, content] : world_.files) {
    EXPECT_EQ(fs.content(path), content) << path;
  }
  EXPECT_EQ(fs.files().size(), world_.files.size());
}

TEST_P(Repair, AfterAnyByte) {
  int cases = 0;
  for (const std::string& path : segments_of(world_)) {
    for (std::uint64_t at = 0; at < world_.files[path].size(); at += kStep) {
      fs::FaultFileSystem fs(world_.disk);
      fs.flip(path, at, 0x55);
      const bool in_header = at < SegmentHeader::kSize;
      const Sequences lost = hit(world_, path, at, at + 1);
      const Survey found = look(fs);
      if (!lost.empty() || (in_header && found.spare.empty())) {
        ASSERT_FALSE(found.damage.empty()) << path << " at " << at;
      }
      ++cases;
      check_repair(world_, fs, lost);
      ASSERT_FALSE(HasFatalFailure()) << path << " at " << at;
    }
  }
  std::printf("journals repaired: %d\n", cases);
}

TEST_P(Repair, AfterAnyFileIsGoneOrEmpty) {
  for (const auto& [path, content] : world_.files) {
    const bool state = path == "/journal/cursor";
    for (const bool gone : {true, false}) {
      fs::FaultFileSystem fs(world_.disk);
      if (gone) {
        ASSERT_TRUE(fs.remove(path));
      } else {
        fs.cut(path, 0);
      }
      check_repair(world_, fs, hit(world_, path, 0, content.size()), state);
      ASSERT_FALSE(HasFatalFailure()) << path;
    }
  }
}

TEST_P(Repair, NamesCopiesAndStrangers) {
  for (const std::string& path : segments_of(world_)) {
    const std::string other = "/journal/" + segment_name({SegmentId{900}, Sequence{900}});
    for (const bool copy : {true, false}) {
      fs::FaultFileSystem fs(world_.disk);
      if (copy) {
        fs.set_content(other, fs.content(path));
      } else {
        ASSERT_TRUE(fs.rename(path, other));
      }
      check_repair(world_, fs, {});
      ASSERT_FALSE(HasFatalFailure()) << path;
    }
  }
}

// Nothing tells which journal it is: no cursor, and every header damaged.
void lose_identity(const World& world, fs::FaultFileSystem& fs) {
  for (const std::string& path : segments_of(world)) {
    fs.flip(path, 20, 0x55);
  }
  ASSERT_TRUE(fs.remove("/journal/cursor"));
}

TEST_P(Repair, WithoutCursorAndHeaders) {
  fs::FaultFileSystem fs(world_.disk);
  ASSERT_NO_FATAL_FAILURE(lose_identity(world_, fs));
  EXPECT_FALSE(look(fs).known);
  check_repair(world_, fs, {}, true);
}

TEST_P(Repair, AStartWithoutCursorAndHeadersLosesNothing) {
  fs::FaultFileSystem fs(world_.disk);
  ASSERT_NO_FATAL_FAILURE(lose_identity(world_, fs));
  const auto found = started(fs);
  for (const auto& [sequence, payload] : world_.open) {
    ASSERT_TRUE(found.contains(sequence)) << "lost: " << sequence;
  }
}

TEST_P(Repair, KeepsACopyOfWhatItChanges) {
  fs::FaultFileSystem fs(world_.disk);
  const Extent& extent = world_.where.begin()->second;
  fs.flip(extent.file, extent.begin + RecordHeader::kSize, 0x55);
  const std::string damaged = fs.content(extent.file);
  const std::string cursor = fs.content("/journal/cursor");
  ManualClock clock;
  const auto repaired = repair(fs, kFolder, clock, {});
  ASSERT_TRUE(repaired);
  EXPECT_EQ(repaired->lost, 1U);
  const std::string backup = cat("/journal/", repaired->backup);
  EXPECT_EQ(fs.content(cat(backup, extent.file.substr(std::string(kFolder).size()))), damaged);
  EXPECT_EQ(fs.content(backup + "/cursor"), cursor);
}

TEST_P(Repair, CutAtEveryCallAndRunAgain) {
  std::uint64_t cuts = 0;
  for (const bool identity : {true, false}) {
    fs::FaultFileSystem damaged(world_.disk);
    const std::string first = segments_of(world_).front();
    const std::string last = segments_of(world_).back();
    const Sequences lost = hit(world_, last, 120, 121);
    damaged.flip(last, 120, 0x55);
    damaged.flip(first, 10, 0x55);
    if (!identity) {
      ASSERT_NO_FATAL_FAILURE(lose_identity(world_, damaged));
    }
    const auto disk = damaged.snapshot();
    for (std::uint64_t cut = 1;; cut += test::kSanitized ? 5 : 1) {
      fs::FaultFileSystem fs(disk, cut);
      ManualClock clock;
      fs.power_off_at(cut);
      const bool done = repair(fs, kFolder, clock, {}).has_value();
      SeededRandom random(cut);
      fs.crash(random);
      if (cut % 2 == 0) {
        // The daemon starts on what the cut left: nothing more is lost then either.
        const auto found = started(fs);
        for (const auto& [sequence, payload] : world_.open) {
          ASSERT_TRUE(found.contains(sequence) || lost.contains(sequence)) << "lost: " << sequence << ", cut " << cut;
        }
      } else {
        check_repair(world_, fs, lost, !identity);
        ASSERT_FALSE(HasFatalFailure()) << "cut at call " << cut << (identity ? "" : " without identity");
      }
      ++cuts;
      if (done) {
        break;
      }
    }
  }
  std::printf("cuts of a repair: %llu\n", static_cast<unsigned long long>(cuts));
}

}  // namespace
}  // namespace respand::journal
