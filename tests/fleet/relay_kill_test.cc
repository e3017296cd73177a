// kill -9 and power cuts at each step of a relay: after it and a start, each record of each message that was
// acknowledged is in the journal, and none is there twice.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/shared_pins.h"
#include "respand/base/random.h"
#include "tests/fleet/relay_world.h"

namespace respand::fleet {
namespace {

using testing::SizeIs;

void expect_all_once(RelayWorld& world, std::size_t records, std::uint64_t nth) {
  const auto counted = world.records();
  EXPECT_EQ(counted.size(), records) << "call " << nth;
  for (const auto& [record, count] : counted) {
    ASSERT_EQ(count, 1) << "call " << nth << ", record " << record.second;
  }
}

void add_messages(RelayWorld& world) {
  for (std::uint64_t i = 0; i < 6; ++i) {
    world.messages.push_back({message_of(1 + i % 2, 1 + i * 10, (i + 1) * 10)});
  }
}

std::uint64_t calls_of_an_undisturbed_run() {
  RelayWorld world;
  EXPECT_TRUE(world.boot());
  for (int round = 0; round < 3; ++round) {
    add_messages(world);
    world.run(8);
    world.clock.advance(MessageIntake::kSaveInterval);
  }
  return world.fs.operations();
}

// The process ends at each call of the file system, by kill -9 or by a power cut, and goes on behind it.
void end_at_each_call(bool power_cut) {
  const std::uint64_t calls = calls_of_an_undisturbed_run();
  EXPECT_GT(calls, 30U);
  for (std::uint64_t nth = 1; nth <= calls; ++nth) {
    RelayWorld world;
    world.fs.power_off_at(nth);
    const bool up = world.boot();
    for (int round = 0; round < 3; ++round) {
      world.messages.push_back(
          {message_of(1, 1 + static_cast<std::uint64_t>(round) * 10, (static_cast<std::uint64_t>(round) + 1) * 10)});
      if (up) {
        world.run(8);
        world.clock.advance(MessageIntake::kSaveInterval);
      }
    }
    world.kill(power_cut);
    ASSERT_TRUE(world.boot());
    world.run(30);
    ASSERT_TRUE(world.all_acknowledged()) << nth;
    expect_all_once(world, 30, nth);
  }
}

TEST(RelayKill, AtEachCallOfTheFileSystem) { end_at_each_call(false); }
TEST(RelayKill, PowerCutAtEachCallOfTheFileSystem) { end_at_each_call(true); }

// Each call fails once: what is acknowledged is in the journal, and comes in once.
TEST(RelayFault, EachCallFailsOnce) {
  const std::uint64_t calls = calls_of_an_undisturbed_run();
  for (std::uint64_t nth = 1; nth <= calls; ++nth) {
    RelayWorld world;
    world.fs.fail_at(nth);
    if (!world.boot()) {
      world.kill();
      ASSERT_TRUE(world.boot()) << nth;
    }
    for (std::uint64_t round = 0; round < 3; ++round) {
      world.messages.push_back({message_of(1, 1 + round * 10, (round + 1) * 10)});
      world.run(8);
      world.clock.advance(std::chrono::seconds{2});
    }
    world.run(20);
    ASSERT_TRUE(world.all_acknowledged()) << nth;
    expect_all_once(world, 30, nth);
  }
}

// kill -9 between the journal's commit and everything behind it, again and again, with messages that come again and
// acknowledgements that are lost.
TEST(RelayKill, AtRandomWithMessagesThatComeAgain) {
  SeededRandom random(42);
  for (int story = 0; story < 40; ++story) {
    RelayWorld world;
    ASSERT_TRUE(world.boot());
    std::uint64_t last = 0;
    for (int turn = 0; turn < 150; ++turn) {
      if (random.below(3) == 0) {
        const std::uint64_t count = 1 + random.below(20);
        world.messages.push_back({message_of(7, last + 1, last + count)});
        last += count;
        if (random.below(4) == 0) {  // a copy with other borders
          const std::uint64_t first = last + 1 - std::min(last, 1 + random.below(30));
          world.messages.push_back({message_of(7, first, last)});
        }
      }
      world.confirm = random.below(4) != 0;
      world.turn();
      if (random.below(20) == 0) {  // ack_wait is over
        for (RelayWorld::Message& message : world.messages) {
          message.given = false;
        }
      }
      world.clock.advance(std::chrono::milliseconds{static_cast<int>(random.below(300))});
      if (random.below(25) == 0) {
        world.kill();
        ASSERT_TRUE(world.boot());
      }
    }
    world.confirm = true;
    for (int i = 0; i < 5; ++i) {
      for (RelayWorld::Message& message : world.messages) {
        message.given = false;
      }
      world.run(20);
    }
    world.kill();
    ASSERT_TRUE(world.boot());
    ASSERT_TRUE(world.all_acknowledged()) << story;
    expect_all_once(world, last, static_cast<std::uint64_t>(story));
  }
}

// A file that is damaged costs no record: what it knew may come twice, and that is said.
TEST(RelayKill, ADamagedFileLosesNothing) {
  RelayWorld world;
  ASSERT_TRUE(world.boot());
  world.messages = {{message_of(1, 1, 10)}};
  world.run();
  world.kill();
  ASSERT_TRUE(world.fs.exists("/j/fleet/seen"));
  world.fs.flip("/j/fleet/seen", 9);
  ASSERT_TRUE(world.boot());
  world.messages.push_back({message_of(1, 11, 20)});
  world.run();
  EXPECT_TRUE(world.all_acknowledged());
  EXPECT_THAT(world.records(), SizeIs(20));
}

TEST(SeenRecordsTest, ComesBackAndForgetsTheOldest) {
  SeenRecords seen;
  const WallTime now{};
  for (std::uint64_t i = 0; i < 3 * SeenRecords::kMostRanges; ++i) {
    EXPECT_TRUE(seen.add(1, Sequence{1 + 2 * i}, now));
  }
  EXPECT_LE(seen.ranges(), SeenRecords::kMostRanges);
  EXPECT_FALSE(seen.contains(1, Sequence{1})) << "forgotten: it may come twice, and is not lost";
  EXPECT_TRUE(seen.contains(1, Sequence{1 + 2 * (3 * SeenRecords::kMostRanges - 1)}));
  for (std::uint64_t edge = 2; edge < SeenRecords::kMostEdges + 10; ++edge) {
    seen.add(edge, Sequence{1}, now + Duration{static_cast<Duration::rep>(edge)});
  }
  EXPECT_EQ(seen.edges(), SeenRecords::kMostEdges);
  EXPECT_FALSE(seen.contains(2, Sequence{1}));
  const std::string bytes = seen.encode();
  const auto again = SeenRecords::decode(bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->ranges(), seen.ranges());
  EXPECT_FALSE(SeenRecords::decode(std::string_view(bytes).substr(0, bytes.size() - 1)));
  EXPECT_FALSE(SeenRecords::decode(bytes + "x"));
}

TEST(SharedPinsTest, KeepWhatEitherNeeds) {
  class Pin final : public journal::RetentionPin {
   public:
    void keep_from(Sequence at) noexcept override { floor = std::max(floor, at); }
    Sequence hold() noexcept override {
      floor = std::min(floor, Sequence{100});
      return Sequence{100};
    }
    Sequence floor{5};
  } pin;
  SharedPins pins(pin);
  pins.first().keep_from(Sequence{50});
  EXPECT_EQ(pin.floor, Sequence{5}) << "the other has not looked yet";
  pins.second().keep_from(Sequence{40});
  EXPECT_EQ(pin.floor, Sequence{40});
  pins.second().keep_from(Sequence{~0ULL});
  EXPECT_EQ(pin.floor, Sequence{50});
  pins.first().keep_from(Sequence{~0ULL});
  EXPECT_EQ(pin.floor, Sequence{~0ULL});
  EXPECT_EQ(pins.second().hold(), Sequence{100});
  EXPECT_EQ(pin.floor, Sequence{100});
  pins.first().keep_from(Sequence{~0ULL});
  EXPECT_EQ(pin.floor, Sequence{100});
}

}  // namespace
}  // namespace respand::fleet
