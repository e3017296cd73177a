// Records that are not for delivery: durable, seen by the ledger, acknowledged at once, counted as dropped, never given
// out.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/journal/bench_of_records.h"

namespace respand::journal {
namespace {

using testing::ElementsAre;

using Records = std::map<std::uint64_t, std::string>;

class PassedOver : public testing::Test {
 protected:
  // A batch of these; those whose payload begins with '-' are not for delivery.
  static bool put(Life& life, const std::vector<std::string>& payloads) {
    constexpr std::string_view kSampledOut("\x03\x01\x00\x01", 4);
    auto batch = std::make_unique<Batch>(life.producer, 64 * 1024);
    for (const std::string& payload : payloads) {
      const bool kept = payload.front() != '-';
      payload.copy(batch->begin(Kind::kCompletion, life.clock.wall(), kept ? std::string_view() : kSampledOut,
                                payload.size(), kept ? Deliver::kYes : Deliver::kNo),
                   payload.size());
      batch->end(payload.size());
    }
    const std::uint64_t before = life.producer.durable_records;
    EXPECT_TRUE(life.journal->writer().offer(batch));
    static_cast<void>(life.journal->step());
    return life.producer.durable_records == before + payloads.size();
  }
  static double dropped(Life& life) {
    return life.registry
        .counter("respand_records_dropped_total", "Accepted records that will not be delivered",
                 {{"reason", "sampled_out"}})
        .value();
  }
  static void expect_nothing_left(Life& life) {
    const Snapshot now = life.journal->snapshot();
    EXPECT_EQ(now.backlog_records, 0U);
    EXPECT_EQ(now.backlog_bytes, 0U);
  }
  fs::FaultFileSystem fs_;
};

TEST_F(PassedOver, AmongOthers) {
  Life life(fs_);
  ASSERT_TRUE(put(life, {"-1", "2", "-3", "-4", "5", "-6"}));
  EXPECT_EQ(dropped(life), 4);
  EXPECT_EQ(life.journal->snapshot().backlog_records, 2U);
  EXPECT_EQ(life.take_all(), (Records{{2, "2"}, {5, "5"}}));
  life.acknowledge(2);
  life.acknowledge(5);
  expect_nothing_left(life);
  EXPECT_FALSE(life.journal->oldest());
}

TEST_F(PassedOver, NothingElse) {
  Life life(fs_);
  const std::string payload = "-" + std::string(900, 'x');
  for (int i = 0; i < 200; ++i) {  // many times what journal.max_size holds: they never fill it
    ASSERT_TRUE(put(life, {payload}));
  }
  EXPECT_EQ(dropped(life), 200);
  EXPECT_EQ(life.take_all(), Records{});
  expect_nothing_left(life);
}

TEST_F(PassedOver, BehindMoreThanTheRingHolds) {
  Settings settings = small_settings();
  settings.segment_size = mebibytes(1);
  settings.max_size = mebibytes(16);
  Life life(fs_, settings);
  for (std::size_t put_in = 0; put_in < kReferencesAtHand; put_in += 64) {
    ASSERT_TRUE(put(life, std::vector<std::string>(64, "kept")));
  }
  ASSERT_TRUE(put(life, {"kept", "-1", "-2", "kept"}));
  Records taken = life.take_all();
  while (life.journal->step() <= life.clock.mono()) {  // it looks for its place in the segment, a part of it in a turn
  }
  taken.merge(life.take_all());
  EXPECT_EQ(taken.size(), kReferencesAtHand + 2);
  EXPECT_EQ(dropped(life), 2);
  for (const auto& [sequence, payload] : taken) {
    EXPECT_EQ(payload, "kept");
    life.acknowledge(sequence);
  }
  expect_nothing_left(life);
}

TEST_F(PassedOver, AfterAKillAndAfterALostCursor) {
  Life* life = new Life(fs_);
  ASSERT_TRUE(put(*life, {"1", "-2", "3"}));
  fs_.crash_keeping_all();
  {
    Life next(fs_);
    EXPECT_EQ(next.take_all(), (Records{{1, "1"}, {3, "3"}}));
    EXPECT_EQ(dropped(next), 0) << "it was acknowledged before";
    next.journal->stop();
  }
  ASSERT_TRUE(fs_.remove("/journal/cursor"));
  Life last(fs_);
  EXPECT_EQ(last.take_all(), (Records{{1, "1"}, {3, "3"}}));
  EXPECT_EQ(dropped(last), 1);
  EXPECT_EQ(last.journal->snapshot().backlog_records, 2U);
  delete life;
}

TEST_F(PassedOver, TheSecondReaderSeesThem) {
  Life life(fs_);
  queue::Doorbell bell{[] {}};
  life.journal->tailer().attach_tailer(bell, bell);
  EXPECT_EQ(life.journal->tailer().begin(Sequence{}), Sequence{1});
  ASSERT_TRUE(put(life, {"1", "-2", "3"}));
  std::vector<std::uint64_t> seen;
  std::vector<std::uint64_t> marked;
  TailProgress turn;
  ASSERT_TRUE(life.journal->tailer().read_on(
      10,
      [&](const TailedRecord& tailed) {
        seen.push_back(tailed.sequence.value);
        if (!find_attribute(tailed.attributes, Tag::kSampledOut).empty()) {
          marked.push_back(tailed.sequence.value);
        }
      },
      turn));
  EXPECT_THAT(seen, ElementsAre(1, 2, 3));
  EXPECT_THAT(marked, ElementsAre(2));
}

}  // namespace
}  // namespace respand::journal
