// What is kept of the pace over a restart: the line in the file, which files are not believed, and when it is saved.
#include "delivery/pace_file.h"

#include <gtest/gtest.h>

#include "answers.h"
#include "delivery/saved_pace.h"
#include "delivery/upstream_gate.h"
#include "tests/delivery/start.h"
#include "tests/support/fs/fault_file_system.h"

namespace respand::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kUrl = "https://api.example/v1/logs";
const WallTime kSavedAt{seconds{1'790'000'000}};
constexpr LearnedPace kLearned{287.5, 30, seconds{1}, seconds{7}};

TEST(PaceLine, SaysWhatWasLearned) {
  EXPECT_EQ(pace_line(kLearned, kUrl, kSavedAt),
            "respand-pace 1 287.5 30 1000 1789999993000 https://api.example/v1/logs\n");
  const auto read = parse_pace_line(pace_line(kLearned, kUrl, kSavedAt), kUrl, kSavedAt + minutes{3});
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, (LearnedPace{287.5, 30, seconds{1}, minutes{3} + seconds{7}})) << "and grows older meanwhile";
}

TEST(PaceLine, OfAnotherApiOrForgottenIsNone) {
  const std::string line = pace_line(kLearned, kUrl, kSavedAt);
  EXPECT_FALSE(parse_pace_line(line, "https://api.example/v2/logs", kSavedAt));
  EXPECT_TRUE(parse_pace_line(line, kUrl, kSavedAt + Pace::kForgotten - seconds{8}));
  EXPECT_FALSE(parse_pace_line(line, kUrl, kSavedAt + Pace::kForgotten - seconds{7}));
  const auto ahead = parse_pace_line(line, kUrl, kSavedAt - hours{1});
  ASSERT_TRUE(ahead) << "a clock that was set back";
  EXPECT_EQ(ahead->age, Duration{0});
  EXPECT_FALSE(parse_pace_line(line, kUrl, kSavedAt - hours{25}));
}

TEST(PaceLine, EachTornOrStrangeOneIsNone) {
  const std::string line = pace_line(kLearned, kUrl, kSavedAt);
  for (std::size_t length = 0; length < line.size(); ++length) {
    EXPECT_FALSE(parse_pace_line(line.substr(0, length), kUrl, kSavedAt)) << length;
  }
  const std::string end = " 1789999993000 https://api.example/v1/logs\n";
  EXPECT_TRUE(parse_pace_line("respand-pace 1 1 1 0" + end, kUrl, kSavedAt));
  for (const char* const numbers : {"nan 1 0", "inf 1 0", "-1 1 0", "0 1 0", "0.01 1 0", "2e6 1 0", "1 nan 0", "1 0 0",
                                    "1 1e10 0", "1 1 -1", "1 1 86400001", "1 1 99999999999999999999", "1 1 0.5"}) {
    EXPECT_FALSE(parse_pace_line("respand-pace 1 " + std::string(numbers) + end, kUrl, kSavedAt)) << numbers;
  }
  EXPECT_FALSE(parse_pace_line("respand-pace 2 1 1 0" + end, kUrl, kSavedAt)) << "a later form";
  EXPECT_FALSE(
      parse_pace_line("respand-pace 1 1 1 0 -9223372036854775808 https://api.example/v1/logs\n", kUrl, kSavedAt));
}

class PaceFileTest : public ::testing::Test {
 protected:
  PaceFileTest() { EXPECT_TRUE(disk.make_directories("/j")); }
  fs::FaultFileSystem disk;
  ManualClock clock;
};

TEST_F(PaceFileTest, IsReadByTheNext) {
  PaceFile file("/j/pace", std::string(kUrl), disk, clock);
  EXPECT_FALSE(file.read());
  file.write(kLearned);
  EXPECT_EQ(PaceFile("/j/pace", std::string(kUrl), disk, clock).read(), kLearned);
  file.write({1, 1, {}, {}});
  EXPECT_EQ(file.read()->rate, 1) << "replaced, and nothing of the longer line is left";
  file.set_url("http://other");
  EXPECT_FALSE(file.read());
}

TEST_F(PaceFileTest, WhatCannotBeWrittenOrReadHarmsNobody) {
  PaceFile nowhere("/missing/pace", std::string(kUrl), disk, clock);
  nowhere.write(kLearned);
  EXPECT_FALSE(nowhere.read());
  PaceFile none("", std::string(kUrl), disk, clock);
  none.write(kLearned);
  EXPECT_FALSE(none.read());
}

// A gate whose requests were refused, and the pace that it asks to save.
TEST(SavedPace, IsKeptWhenItHasStoodSomeSecondsAndWhenItChanges) {
  Pace pace;
  SavedPace kept;
  EXPECT_FALSE(kept.next(pace, kStart)) << "nothing is known";
  pace.refused(kStart, seconds{1}, 300, true, kStart);
  EXPECT_FALSE(kept.next(pace, kStart)) << "a guess";
  const auto first = kept.next(pace, kStart + SavedPace::kOther);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->rate, 300);
  EXPECT_FALSE(kept.next(pace, kStart + minutes{30})) << "it is the same, and was not confirmed";
  pace.scale(0.5);
  EXPECT_EQ(kept.next(pace, kStart + minutes{31})->rate, 150);
  const MonoTime again = kStart + minutes{32};
  pace.refused(again, seconds{1}, 150, true, again);
  EXPECT_FALSE(kept.next(pace, again + seconds{11}));
  const auto confirmed = kept.next(pace, kStart + minutes{31} + SavedPace::kSame);
  ASSERT_TRUE(confirmed);
  EXPECT_LT(confirmed->age, SavedPace::kSame);
}

TEST(SavedPace, ADestinationGoesOnWithIt) {
  UpstreamGate upstream({1, 256, {}, {}, 1});
  std::vector<LearnedPace> told;
  upstream.attach_pace_saver([&told](const LearnedPace& learned) { told.push_back(learned); });
  EXPECT_FALSE(upstream.learned(kStart));
  EXPECT_EQ(upstream.admit(0, kStart, 100).slots, 10U) << "nothing is known: the limit decides";
  UpstreamGate next({1, 256, {}, {}, 1});
  next.begin_with({20, 5, seconds{1}, minutes{1}}, kStart);
  EXPECT_EQ(next.state().pace, 20);
  const Permits permits = next.admit(0, kStart, 100);
  EXPECT_EQ(permits.slots, 1U) << "no burst at the start";
  EXPECT_NEAR(std::chrono::duration<double>(permits.look_again - kStart).count(), 1 / 19.6, 0.005);
  EXPECT_EQ(next.learned(kStart), (LearnedPace{20, 5, seconds{1}, minutes{1}}));
  EXPECT_TRUE(told.empty());
  next.resume(kStart, true);
  EXPECT_FALSE(next.learned(kStart)) << "of a new target nothing is known";
}

TEST(SavedPace, AnOldOneIsNotCrawledUpTo) {
  Pace pace;
  pace.begin_with({30, 5, seconds{1}, Pace::kOld + seconds{1}}, kStart);
  (void)pace.take(kStart, 1);
  EXPECT_GT(pace.value(kStart + seconds{10}), 10'000);
}

}  // namespace
}  // namespace respand::delivery
