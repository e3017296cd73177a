// The journal's second reader: it gets every durable record once, in order, even those delivered long ago, and never
// holds up delivery.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/journal/bench_of_records.h"

namespace respand::journal {
namespace {

using testing::ElementsAre;

class TrailTest : public testing::Test {
 protected:
  // A life with a tailer.
  struct Tailed : Life {
    explicit Tailed(fs::FileSystem& fs, Sequence from, const Settings& settings = small_settings())
        : Life(fs, settings) {
      journal->tailer().attach_tailer(durable, filled);
      begin = journal->tailer().begin(from);
    }
    std::vector<std::uint64_t> read_on(std::size_t most = 1000) {
      std::vector<std::uint64_t> seen;
      status = journal->tailer().read_on(
          most, [&](const TailedRecord& tailed) { seen.push_back(tailed.sequence.value); }, turn);
      return seen;
    }
    void put_and_acknowledge(std::uint64_t from, std::uint64_t to, std::size_t size = 900) {
      for (std::uint64_t i = from; i <= to; ++i) {
        ASSERT_TRUE(put({std::string(size, 'x')})) << i;
        take_all();
        acknowledge(i);
      }
      static_cast<void>(journal->step());
    }
    int rung = 0;
    int full = 0;
    queue::Doorbell durable{[this] { ++rung; }};
    queue::Doorbell filled{[this] { ++full; }};
    Sequence begin;
    TailProgress turn;
    Status status;
  };
  static std::vector<std::uint64_t> range(std::uint64_t first, std::uint64_t last) {
    std::vector<std::uint64_t> all;
    for (std::uint64_t i = first; i <= last; ++i) {
      all.push_back(i);
    }
    return all;
  }
  fs::FaultFileSystem fs_;
};

TEST_F(TrailTest, GivesEachRecordOnceWithWhatStandsInFront) {
  Tailed life(fs_, Sequence{});
  EXPECT_EQ(life.begin, Sequence{1});
  ASSERT_TRUE(life.put({"one", "two"}, std::string("\x02\x01\x00x", 4)));
  std::string attributes;
  WallTime received;
  ASSERT_TRUE(life.journal->tailer().read_on(
      1,
      [&](const TailedRecord& tailed) {
        attributes = tailed.attributes;
        received = tailed.received;
      },
      life.turn));
  EXPECT_EQ(find_attribute(attributes, static_cast<Tag>(2)), "x");
  EXPECT_EQ(received, life.clock.wall());
  EXPECT_TRUE(life.turn.more);
  EXPECT_THAT(life.read_on(), ElementsAre(2));
  EXPECT_FALSE(life.turn.more);
  EXPECT_THAT(life.read_on(), ElementsAre());
  ASSERT_TRUE(life.put({"three"}));
  EXPECT_THAT(life.read_on(), ElementsAre(3));
  EXPECT_EQ(life.turn.next, Sequence{4});
}

TEST_F(TrailTest, KeepsWhatItHasNotReadAlsoWhenAllIsDelivered) {
  {
    Tailed life(fs_, Sequence{});
    life.put_and_acknowledge(1, 30);
    EXPECT_EQ(life.read_on(10), range(1, 10));
    life.journal->tailer().unpin(Sequence{11});
    static_cast<void>(life.journal->step());
    fs_.crash_keeping_all();
  }
  Tailed life(fs_, Sequence{11});
  life.put_and_acknowledge(31, 33);
  EXPECT_EQ(life.read_on(), range(11, 33));
  EXPECT_EQ(life.turn.gone, 0U);
  life.journal->tailer().unpin(Sequence{34});
  static_cast<void>(life.journal->step());
  EXPECT_LE(life.journal->snapshot().file_bytes, kSmallSegment);
}

TEST_F(TrailTest, NeitherIntakeNorDeliveryWaitForIt) {
  for (const WhenFull policy : {WhenFull::kBlock, WhenFull::kReject, WhenFull::kDropOldest}) {
    fs::FaultFileSystem fs;
    Settings settings = small_settings();
    settings.max_size = Bytes{4 * kSmallSegment};
    settings.when_full = policy;
    Tailed life(fs, Sequence{}, settings);
    life.put_and_acknowledge(1, 100);  // far more than fits, and the tailer never reads
    EXPECT_TRUE(life.journal->writer().accepting());
    const auto seen = life.read_on();
    ASSERT_FALSE(seen.empty());
    EXPECT_EQ(seen.back(), 100U);
    EXPECT_EQ(life.turn.gone + seen.size(), 100U);
    EXPECT_GE(seen.size(), 9U) << "no more went than room was needed";
  }
}

TEST_F(TrailTest, ADiskThatIsFullTakesTheRoomOfWhatIsDelivered) {
  Tailed life(fs_, Sequence{});
  life.put_and_acknowledge(1, 9);
  fs_.set_capacity(fs_.used());
  std::uint64_t number = 10;
  for (; life.put({std::string(900, 'x')}); ++number) {
    life.take_all();
    life.acknowledge(number);
    ASSERT_LT(number, 100U);
  }
  life.clock.advance(kRetryInterval);
  static_cast<void>(life.journal->step());
  EXPECT_EQ(life.producer.durable_records, number);
}

TEST_F(TrailTest, StepsOverDamageAndSaysHowMuch) {
  Tailed life(fs_, Sequence{}, [] {
    Settings settings = small_settings();
    settings.segment_size = mebibytes(1);
    settings.max_size = mebibytes(4);
    return settings;
  }());
  ASSERT_TRUE(life.put({"1", "2", std::string(200'000, 'L'), "4", std::string(200'000, 'L'), "6"}));
  const std::string file = [&] {
    for (const std::string& name : fs_.files()) {
      if (name.find("/seg-") != std::string::npos) {
        return name;
      }
    }
    return std::string();
  }();
  fs_.flip(file, 64 + 48 + 40);           // in "2"
  fs_.flip(file, 64 + 2 * 48 + 150'000);  // behind the first chunk of the first large one
  EXPECT_THAT(life.read_on(), ElementsAre(1, 4, 5, 6));
  EXPECT_EQ(life.turn.unsound, 2U);
}

TEST_F(TrailTest, ASegmentThatCantBeReadIsAnErrorUntilItIsStepped) {
  Tailed life(fs_, Sequence{});
  life.put_and_acknowledge(1, 8);
  fs_.fail_at(1, {.for_good = true, .calls = fs::calls::kRead});
  EXPECT_THAT(life.read_on(), ElementsAre());
  EXPECT_FALSE(life.status);
  EXPECT_EQ(life.turn.next, Sequence{1});
  fs_.clear_faults();
  EXPECT_EQ(life.read_on(2), range(1, 2));
  fs_.fail_at(1, {.for_good = true, .calls = fs::calls::kRead});
  const auto buffered = life.read_on();
  EXPECT_FALSE(life.status);
  fs_.clear_faults();
  const std::uint64_t skipped = life.journal->tailer().skip_segment();
  const auto rest = life.read_on();
  EXPECT_GT(skipped, 0U);
  EXPECT_EQ(2 + buffered.size() + skipped + rest.size(), 8U);
}

TEST_F(TrailTest, BeginsAtTheEndWhereTheJournalIsBehind) {
  Tailed life(fs_, Sequence{500});
  EXPECT_EQ(life.begin, Sequence{1});
  ASSERT_TRUE(life.put({"1"}));
  EXPECT_THAT(life.read_on(), ElementsAre(1));
}

TEST_F(TrailTest, RingsForWhatIsDurableAndForASegmentThatIsFull) {
  Tailed life(fs_, Sequence{});
  ASSERT_TRUE(life.put({"1"}));
  EXPECT_EQ(life.rung, 0) << "nobody waits";
  life.durable.arm();
  life.filled.arm();
  ASSERT_TRUE(life.put({"2"}));
  ASSERT_TRUE(life.put({"3"}));
  EXPECT_EQ(life.rung, 1);
  EXPECT_EQ(life.full, 0);
  ASSERT_TRUE(life.put({std::string(kSmallSegment, 'x')}));
  EXPECT_EQ(life.full, 1);
}

}  // namespace
}  // namespace respand::journal
