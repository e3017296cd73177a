// Each kind of file-system call fails at its 1st, 2nd, … Nth turn, once and for good, with each error, under each
// policy, while the journal starts, writes, rolls, recycles, saves its cursor, stops and starts again. The journal must
// not die and not acknowledge what is not durable; it must say what is wrong, and go on by itself when the fault is
// over.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "journal/format.h"
#include "tests/journal/story.h"
#include "tests/support/sanitized.h"

namespace respand::journal {
namespace {

constexpr std::uint64_t kStride = test::kSanitized ? 17 : 1;  // of the turns

constexpr fs::Calls kKinds[] = {fs::calls::kOpen,
                                fs::calls::kRead,
                                fs::calls::kWrite,
                                fs::calls::kSyncData,
                                fs::calls::kTruncate,
                                fs::calls::kSize,
                                fs::calls::kRename,
                                fs::calls::kRemove,
                                fs::calls::kList,
                                fs::calls::kLock,
                                fs::calls::kSyncDirectory,
                                fs::calls::kFreeSpace,
                                fs::calls::kMakeDirectories,
                                fs::calls::kIdentity};

// What the words do. First: a full journal, a roll, a recycled segment, a saved cursor, what the spool holds, a kill.
// Second: a start with a backlog and a clean stop. Third: another start. Fourth: one open record in each of two old
// segments, which are compacted because there is no other room. Turns are counted from each restart on, because an
// armed fault ends with its process.
constexpr std::string_view kWords[] = {"apsBkBsBBsshafx", "sssBkBr", "aksBB",
                                       "ssssfraaaaaaaaaaaaaSSSSSSSSSSSSaaaaaaaaaaaaSSSSSSSSSSSBBa"};

struct Case {
  Sync sync;
  WhenFull when_full;
  int os_error;
  bool for_good;
  bool gathers = false;  // nobody waits for a batch: its sync waits for others
};

class JournalNth : public testing::TestWithParam<Case> {
 protected:
  // What must hold at any time.
  static void check_now(const Story& story, fs::Calls kind) {
    const Snapshot now = story.snapshot();
    if (story.waiting() > 0 && !GetParam().gathers) {
      EXPECT_FALSE(now.issue.empty()) << "writers wait, and nobody says why";
    }
    if (!now.accepting) {
      EXPECT_FALSE(now.issue.empty()) << "writers are refused, and nobody says why";
    }
    // Where the cursor can never be written and the room of acknowledged segments is needed, a start does not know that
    // those were acknowledged or dropped, and counts them.
    std::uint64_t acked = 0;
    for (const auto& [payload, told] : story.told()) {
      acked += told.acked ? 1U : 0U;
    }
    const bool unsaved = GetParam().for_good && kind == fs::calls::kWrite;
    EXPECT_LE(story.damaged(), unsaved ? static_cast<double>(acked + story.dropped()) : 0)
        << "a call that failed is not damage";
  }

  // After the fault is over the journal must go on without anybody's help, given time.
  static void check_resumed(Story& story, fs::Calls kind) {
    story.tell("kkkssssssssssssssssssssssssssskk");
    EXPECT_EQ(story.waiting(), 0U);
    EXPECT_TRUE(story.snapshot().accepting);
    EXPECT_EQ(story.snapshot().issue, "");
    const std::size_t before = story.told().size();
    story.tell("ak");
    std::size_t acknowledged = 0;
    for (const auto& [payload, told] : story.told()) {
      acknowledged += told.number > before && told.acknowledged ? 1U : 0U;
    }
    EXPECT_EQ(acknowledged, 1U) << "it does not take records again";
    check_now(story, kind);
  }

  static void check_left(fs::FaultFileSystem& fs, const Settings& settings, const Story& story) {
    Life life(fs, settings);
    ASSERT_FALSE(life.failure) << life.failure->message;
    std::map<std::string, int> found;
    for (const auto& [sequence, payload] : life.take_all()) {
      ASSERT_TRUE(story.told().contains(payload)) << "invented or altered";
      ASSERT_EQ(++found[payload], 1) << "twice";
    }
    std::uint64_t missing = 0;
    for (const auto& [payload, told] : story.told()) {
      missing += told.promised && !told.acked && !found.contains(payload) ? 1U : 0U;
    }
    ASSERT_LE(missing, story.dropped()) << "acknowledged and lost";
  }
};

TEST_P(JournalNth, EachKindOfCallAtEachTurn) {
  Settings settings = Story::settings(GetParam().sync, GetParam().when_full);
  settings.sync_delay = GetParam().gathers ? std::chrono::milliseconds{10} : Duration{0};
  std::uint64_t faults = 0;
  // Whether there was such a turn of such a call in that word.
  const auto fail_at = [&](std::size_t word, fs::Calls kind, std::uint64_t turn) {
    fs::FaultFileSystem fs(turn);
    Story story(fs, settings, Story::Faults::kAreLivedWith);
    for (std::size_t i = 0; i < std::size(kWords); ++i) {
      if (i == word) {
        fs.fail_at(turn, {.os_error = GetParam().os_error, .for_good = GetParam().for_good, .calls = kind});
      }
      for (const char letter : kWords[i]) {
        story.tell(std::string_view(&letter, 1));
        check_now(story, kind);
      }
    }
    if (fs.faults_hit() == 0) {
      return false;
    }
    ++faults;
    fs.clear_faults();
    check_resumed(story, kind);
    for (const std::string& path : fs.synced_after_failure()) {
      // The cursor's slot is written whole before each sync.
      EXPECT_EQ(path, "/journal/cursor") << "a failed fdatasync was repeated";
    }
    fs::FaultFileSystem left(fs.snapshot());
    SeededRandom random(turn);
    left.crash(random);
    check_left(left, settings, story);
    return true;
  };
  for (std::size_t word = 0; word < std::size(kWords); ++word) {
    for (const fs::Calls kind : kKinds) {
      for (std::uint64_t turn = 1; fail_at(word, kind, turn); turn += kStride) {
        ASSERT_FALSE(HasFailure()) << "word " << word << ", call kind " << kind << ", turn " << turn;
      }
    }
  }
  std::printf("%llu faults\n", static_cast<unsigned long long>(faults));
  std::fflush(stdout);
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  static constexpr std::string_view kSyncs[] = {"Always", "Interval", "Never"};
  static constexpr std::string_view kPolicies[] = {"Block", "Reject", "DropOldest"};
  const int code = info.param.os_error;
  return cat(kSyncs[static_cast<std::size_t>(info.param.sync)],
             kPolicies[static_cast<std::size_t>(info.param.when_full)],
             code == EIO      ? "Eio"
             : code == ENOSPC ? "Enospc"
                              : "Eintr",
             info.param.for_good ? "ForGood" : "Once", info.param.gathers ? "Gathering" : "");
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const WhenFull policy : {WhenFull::kBlock, WhenFull::kReject, WhenFull::kDropOldest}) {
    for (const int code : {EIO, ENOSPC}) {
      for (const bool for_good : {false, true}) {
        all.push_back({Sync::kAlways, policy, code, for_good});
      }
    }
  }
  all.push_back({Sync::kAlways, WhenFull::kBlock, EINTR, false});
  all.push_back({Sync::kInterval, WhenFull::kBlock, EIO, false});
  all.push_back({Sync::kInterval, WhenFull::kReject, EIO, true});
  all.push_back({Sync::kNever, WhenFull::kBlock, EIO, false});
  for (const WhenFull policy : {WhenFull::kBlock, WhenFull::kReject, WhenFull::kDropOldest}) {
    all.push_back({Sync::kAlways, policy, EIO, false, true});
    all.push_back({Sync::kAlways, policy, ENOSPC, true, true});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Calls, JournalNth, testing::ValuesIn(cases()), name_of);

// What other programs got wrong after a failed fsync ("fsyncgate"), step by step.
TEST(JournalFailedSync, EndsTheSegmentAndTheGroupIsWrittenAnew) {
  fs::FaultFileSystem fs;
  Life life(fs, Story::settings());
  ASSERT_TRUE(life.put({"before"}));
  const std::string first = "/journal/" + segment_name({SegmentId{1}, Sequence{1}});
  const std::uint64_t good = fs.content(first).size();
  fs.fail_at(1, {.calls = fs::calls::kSyncData});
  ASSERT_TRUE(life.put({"the group whose sync failed"}));
  EXPECT_EQ(fs.faults_hit(), 1U);
  EXPECT_TRUE(fs.synced_after_failure().empty());
  const std::string second = "/journal/" + segment_name({SegmentId{2}, Sequence{2}});
  EXPECT_EQ(fs.content(first).size(), good) << "it ends at its last good length";
  EXPECT_NE(fs.content(second).find("the group whose sync failed"), std::string::npos);
  ASSERT_TRUE(life.put({"after"}));
  EXPECT_NE(fs.content(second).find("after"), std::string::npos) << "the new segment goes on";
  // Nothing that was not synced reaches the disk; the acknowledged records are there all the same.
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    fs::FaultFileSystem left(fs.snapshot());
    SeededRandom random(seed);
    left.crash(random);
    Life again(left, Story::settings());
    ASSERT_FALSE(again.failure);
    EXPECT_EQ(again.take_all().size(), 3U);
  }
}

}  // namespace
}  // namespace respand::journal
