// Records that came in while older ones wait, and go out before them. Each record is given out once in a run, in one of
// the two ways; a record that went first is passed over later; and damage, drops or a restart neither lose nor double
// any.
#include "journal/fresh_lane.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/journal/bench_of_records.h"
#include "tests/support/sanitized.h"

namespace respand::journal {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kReferences = 4;

Settings few_references() {
  Settings settings = small_settings();
  settings.references = kReferences;
  return settings;
}

// A life whose workers want what is fresh.
std::unique_ptr<Life> begin_life(fs::FileSystem& fs, const Settings& settings = few_references()) {
  auto life = std::make_unique<Life>(fs, settings);
  EXPECT_FALSE(life->failure);
  life->journal->reader().give_fresh(true);
  return life;
}

void put(Life& life, std::size_t records, std::size_t size = 40) {
  for (std::size_t i = 0; i < records; ++i) {
    ASSERT_TRUE(life.put({std::string(size, 'x')}));
  }
}

// The sequences that are given now, until there are none.
std::vector<std::uint64_t> take_in_order(Life& life) {
  std::vector<std::uint64_t> taken;
  for (Ref ref;;) {
    static_cast<void>(life.journal->step());
    if (!life.journal->reader().take(ref)) {
      return taken;
    }
    life.lengths[ref.sequence.value] = ref.length;
    taken.push_back(ref.sequence.value);
  }
}
std::vector<std::uint64_t> take_fresh(Life& life) {
  std::vector<std::uint64_t> taken;
  for (Ref ref; life.journal->reader().take_fresh(ref);) {
    life.lengths[ref.sequence.value] = ref.length;
    taken.push_back(ref.sequence.value);
  }
  return taken;
}
using Sequences = std::vector<std::uint64_t>;

TEST(FreshDispatch, GivesWhatCameInWhileOlderOnesWait) {
  fs::FaultFileSystem fs;
  const auto life = begin_life(fs);
  put(*life, 3);
  EXPECT_EQ(take_fresh(*life), (Sequences{2, 3})) << "the first one found nothing that waits";
  EXPECT_EQ(take_in_order(*life), (Sequences{1}));
  put(*life, 1);
  EXPECT_EQ(take_fresh(*life), Sequences{}) << "nothing waits any more";
  EXPECT_EQ(take_in_order(*life), (Sequences{4}));
}

TEST(FreshDispatch, LeavesWhatItHasNoPlaceForToTheBacklog) {
  fs::FaultFileSystem fs;
  const auto life = begin_life(fs);
  put(*life, 12);  // 1 in order; 2 to 5 fresh; 6 to 8 in order; the rest waits in its segment
  EXPECT_EQ(take_fresh(*life), (Sequences{2, 3, 4, 5}));
  put(*life, 2);  // 13 and 14
  EXPECT_EQ(take_fresh(*life), (Sequences{13, 14}));
  EXPECT_EQ(take_in_order(*life), (Sequences{1, 6, 7, 8, 9, 10, 11, 12}));
}

TEST(FreshDispatch, IsOffUnlessItIsWanted) {
  fs::FaultFileSystem fs;
  const auto life = begin_life(fs);
  life->journal->reader().give_fresh(false);
  put(*life, 12);
  EXPECT_EQ(take_fresh(*life), Sequences{});
  life->journal->reader().give_fresh(true);
  put(*life, 2);
  life->journal->reader().give_fresh(false);
  put(*life, 1);
  EXPECT_EQ(take_fresh(*life), (Sequences{13, 14})) << "what was there already is given";
  EXPECT_EQ(take_in_order(*life), (Sequences{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15}));
}

TEST(FreshDispatch, NearTheLimitTheOldestGoFirst) {
  fs::FaultFileSystem fs;
  Settings settings = few_references();
  settings.max_size = Bytes{4 * kSmallSegment};
  const auto life = begin_life(fs, settings);
  put(*life, 2, 3000);  // two segments, of four
  EXPECT_EQ(take_fresh(*life), (Sequences{2}));
  put(*life, 2, 3000);
  EXPECT_EQ(take_fresh(*life), (Sequences{3})) << "the fourth segment is over three quarters";
  EXPECT_EQ(take_in_order(*life), (Sequences{1, 4}));
}

TEST(FreshDispatch, ARestartGivesEachThatIsOpenOnceMore) {
  fs::FaultFileSystem fs;
  auto life = begin_life(fs);
  put(*life, 8);
  EXPECT_EQ(take_fresh(*life), (Sequences{2, 3, 4, 5}));
  put(*life, 4);
  EXPECT_EQ(take_fresh(*life), (Sequences{9, 10, 11, 12}));
  for (const std::uint64_t sequence : {2U, 4U, 9U, 10U, 12U}) {
    EXPECT_EQ(life->acknowledge(sequence), 1U);
  }
  kill_process(fs, std::move(life));
  life = begin_life(fs);
  EXPECT_EQ(life->journal->snapshot().backlog_records, 7U);
  EXPECT_EQ(take_in_order(*life), (Sequences{1, 3, 5, 6, 7, 8, 11}));
  EXPECT_EQ(take_fresh(*life), Sequences{});
}

TEST(FreshDispatch, DroppedOnesAreNotGivenLater) {
  fs::FaultFileSystem fs;
  Settings settings = few_references();
  settings.max_size = Bytes{8 * kSmallSegment};
  settings.when_full = WhenFull::kDropOldest;
  const auto life = begin_life(fs, settings);
  put(*life, 5, 3000);  // a segment each: 1 in order, 2 to 5 fresh
  EXPECT_EQ(take_fresh(*life), (Sequences{2, 3, 4, 5}));
  for (std::size_t i = 0; i < 9; ++i) {
    life->offer({std::string(3000, 'x')});
    while (life->journal->step() <= life->clock.mono()) {
    }
  }
  const auto dropped = static_cast<std::uint64_t>(dropped_counter(*life, "journal_full"));
  EXPECT_TRUE(dropped >= 2 && dropped < 5) << dropped;
  EXPECT_EQ(life->acknowledge(2), 0U) << "dropped before it was acknowledged";
  EXPECT_EQ(life->acknowledge(5), 1U);
  Sequences rest = take_in_order(*life);
  for (const std::uint64_t sequence : take_fresh(*life)) {
    rest.push_back(sequence);
  }
  std::sort(rest.begin(), rest.end());
  EXPECT_EQ(rest, (Sequences{1, 6, 7, 8, 9, 10, 11, 12, 13, 14})) << "1 was at hand already; 2 to 5 were given";
}

// A damaged record is counted as lost once, whoever finds it.
TEST(FreshDispatch, DamageAmongWhatWentFirstIsTheTakersToSay) {
  fs::FaultFileSystem fs;
  auto life = begin_life(fs);
  put(*life, 10);  // 2 to 5 go first; 1 and 6 to 9 are at hand; 10 waits in its segment
  std::vector<Ref> fresh;
  for (Ref ref; life->journal->reader().take_fresh(ref);) {
    fresh.push_back(ref);
  }
  ASSERT_EQ(fresh.size(), 4U);
  put(*life, 2);  // 11 and 12
  for (Ref ref; life->journal->reader().take_fresh(ref);) {
    fresh.push_back(ref);
  }
  ASSERT_EQ(fresh.back().sequence, Sequence{12});
  // The headers of 10, and of 11, which went first.
  std::string path;
  for (const std::string& file : fs.files()) {
    path = file.starts_with("/journal/seg-") ? file : path;
  }
  std::string bytes = fs.content(path);
  const std::uint64_t eleventh = fresh[4].offset;
  const std::uint64_t length = fresh[5].offset - eleventh;
  for (const std::uint64_t at : {eleventh - length, eleventh}) {
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 32, '\x55');
  }
  fs.set_content(path, bytes);
  EXPECT_EQ(take_in_order(*life), (Sequences{1, 6, 7, 8, 9}));
  EXPECT_EQ(dropped_counter(*life, "damaged"), 1) << "10; 11 is in somebody's hands";
  std::string payload;
  EXPECT_EQ(life->journal->reader().read(fresh[4], payload).error().code, ErrorCode::kCorrupt);
  life->journal->reader().lost(fresh[4], "test");
  EXPECT_EQ(dropped_counter(*life, "damaged"), 2);
  life->lengths[12] = fresh[5].length;
  EXPECT_EQ(life->acknowledge(12), 1U);
}

struct Script {
  WhenFull when_full;
  std::uint64_t seed;
};

// Whatever happens, in whatever order: each record is given out once in a run, and all open ones are given out.
void run_script(const Script& script) {
  SeededRandom random(script.seed);
  fs::FaultFileSystem fs;
  Settings settings = few_references();
  settings.max_size = Bytes{64 * kSmallSegment};
  settings.when_full = script.when_full;
  auto life = begin_life(fs, settings);
  std::set<std::uint64_t> open;
  std::set<std::uint64_t> given;
  std::vector<std::uint64_t> in_hand;
  std::uint64_t last_in_order = 0;
  std::uint64_t last_fresh = 0;
  const auto take = [&](bool fresh) {
    Ref ref;
    if (!(fresh ? life->journal->reader().take_fresh(ref) : life->journal->reader().take(ref))) {
      return false;
    }
    const std::uint64_t sequence = ref.sequence.value;
    EXPECT_TRUE(given.insert(sequence).second) << sequence << " is given twice, seed " << script.seed;
    EXPECT_TRUE(open.contains(sequence)) << sequence << " needs nothing more, seed " << script.seed;
    std::uint64_t& last = fresh ? last_fresh : last_in_order;
    EXPECT_LT(last, sequence) << "each way is in order, seed " << script.seed;
    last = sequence;
    life->lengths[sequence] = ref.length;
    in_hand.push_back(sequence);
    return true;
  };
  for (int operation = 0; operation < 400; ++operation) {
    life->clock.advance(milliseconds{random.below(300)});
    switch (random.below(12)) {
      case 0:
      case 1:
      case 2:
        if (open.size() < 300) {
          const std::size_t count = 1 + random.below(6);
          ASSERT_TRUE(life->put(std::vector<std::string>(count, std::string(20 + random.below(400), 'x'))));
          for (std::size_t i = 0; i < count; ++i) {
            open.insert(life->producer.last_first_sequence.value + i);
          }
        }
        break;
      case 3:
      case 4:
      case 5:
      case 6:
        for (std::uint64_t n = random.below(4); n > 0 && take(random.below(2) == 0); --n) {
        }
        break;
      case 7:
      case 8:
      case 9:
        if (!in_hand.empty()) {
          const std::size_t which = random.below(in_hand.size());
          const std::uint64_t sequence = in_hand[which];
          in_hand.erase(in_hand.begin() + static_cast<std::ptrdiff_t>(which));
          ASSERT_EQ(life->acknowledge(sequence), 1U);
          open.erase(sequence);
        }
        break;
      case 10:
        life->journal->reader().give_fresh(random.below(4) > 0);
        break;
      case 11:
        if (random.below(4) == 0) {
          if (random.below(2) == 0) {
            life->journal->stop();
          }
          kill_process(fs, std::move(life));
          life = begin_life(fs, settings);
          given.clear();
          in_hand.clear();
          last_in_order = last_fresh = 0;
        }
        break;
    }
    static_cast<void>(life->journal->step());
    ASSERT_EQ(life->journal->snapshot().backlog_records, open.size()) << "seed " << script.seed;
  }
  for (bool more = true; more;) {
    static_cast<void>(life->journal->step());
    more = take(true);
    more = take(false) || more;
  }
  std::set<std::uint64_t> missing;
  std::set_difference(open.begin(), open.end(), given.begin(), given.end(), std::inserter(missing, missing.end()));
  EXPECT_TRUE(missing.empty()) << missing.size() << " are never given, the first is " << *missing.begin() << ", seed "
                               << script.seed;
  EXPECT_EQ(dropped_counter(*life, "damaged"), 0);
}

TEST(FreshDispatch, GivesEachRecordOnceInALifeWhateverHappens) {
  for (std::uint64_t seed = 1; seed <= (test::kSanitized ? 4U : 100U) && !testing::Test::HasFailure(); ++seed) {
    run_script({WhenFull::kBlock, seed});
  }
}

class Lane : public testing::Test {
 protected:
  bool push(std::uint64_t sequence) {
    Ref ref;
    ref.sequence = Sequence{sequence};
    return lane_.push(ref, now_);
  }
  bool take() {
    Ref ref;
    return lane_.take(ref);
  }
  FreshLane lane_{64};
  MonoTime now_{seconds{100}};
};

TEST_F(Lane, ClosesWhileWhatWaitsHasWaitedLong) {
  lane_.begin_group(3, 0, now_);
  EXPECT_TRUE(push(10) && push(11) && push(12));
  now_ += FreshLane::kMostWait;
  lane_.begin_group(1, 0, now_);
  EXPECT_TRUE(push(13));
  now_ += milliseconds{1};
  lane_.begin_group(1, 0, now_);
  EXPECT_FALSE(push(14)) << "10 has waited too long";
  EXPECT_TRUE(take() && take() && take());
  lane_.begin_group(1, 0, now_);
  EXPECT_TRUE(push(15)) << "13 has just come";
  EXPECT_EQ(lane_.ranges(), 2U) << "14 is a hole";
  now_ += FreshLane::kMostWait + milliseconds{1};
  lane_.begin_group(1, 0, now_);
  EXPECT_FALSE(push(16));
  EXPECT_TRUE(take() && take());
  lane_.begin_group(1, 0, now_);
  EXPECT_TRUE(push(17));
}

TEST_F(Lane, ClosesWhenItIsFullUntilItIsHalfEmpty) {
  lane_.begin_group(100, 0, now_);
  std::uint64_t sequence = 10;
  while (push(sequence)) {
    ++sequence;
  }
  EXPECT_EQ(sequence, 10U + 64U);
  for (int taken = 0; taken < 31; ++taken) {
    EXPECT_TRUE(take());
  }
  lane_.begin_group(1, 0, now_);
  EXPECT_FALSE(push(++sequence));
  EXPECT_TRUE(take());
  lane_.begin_group(1, 0, now_);
  EXPECT_TRUE(push(++sequence));
}

// 30 a second are taken, and a burst comes.
TEST_F(Lane, TakesNoMoreThanWillSoonBeTaken) {
  FreshLane lane(4096);
  std::uint64_t taken = 0;
  for (int second = 0; second < 3; ++second) {
    now_ += seconds{1};
    taken += 400;
    lane.begin_group(1, taken, now_);
  }
  std::size_t in = 0;
  for (Ref ref{.segment = nullptr, .sequence = Sequence{1}, .received = {}}; lane.push(ref, now_);) {
    ref.sequence = ref.sequence.next();
    ++in;
  }
  EXPECT_EQ(in, 300U) << "three quarters of a second of what is taken";
}

TEST_F(Lane, RemembersABoundedNumberOfRanges) {
  std::uint64_t sequence = 10;
  for (std::size_t range = 0; range < FreshLane::kMaxRanges; ++range) {
    lane_.begin_group(1, 0, now_);
    ASSERT_TRUE(push(sequence) && take()) << range;
    sequence += 2;
  }
  lane_.begin_group(1, 0, now_);
  EXPECT_FALSE(push(sequence)) << "it would begin one more";
  EXPECT_FALSE(lane_.note(Sequence{sequence}));
  EXPECT_TRUE(push(sequence - 1)) << "it makes the last one longer";
  EXPECT_EQ(lane_.pass(Sequence{9}), Sequence{9});
  EXPECT_EQ(lane_.pass(Sequence{10}), Sequence{11}) << "the backlog has come to the first one";
  EXPECT_TRUE(push(sequence + 1));
  EXPECT_EQ(lane_.ranges(), FreshLane::kMaxRanges);
  EXPECT_EQ(lane_.pass(Sequence{1'000'000}), Sequence{1'000'000});
  EXPECT_EQ(lane_.ranges(), 0U);
}

TEST_F(Lane, KnowsWhatComesForWhatIsTaken) {
  std::uint64_t taken = 0;
  for (int second = 0; second < 20; ++second) {
    for (int group = 0; group < 10; ++group) {
      now_ += milliseconds{100};
      taken += 30;
      lane_.begin_group(20, taken, now_);
    }
  }
  EXPECT_NEAR(lane_.demand(), 2.0 / 3, 0.02);
  for (int second = 0; second < 5; ++second) {
    now_ += seconds{1};
    lane_.begin_group(200, taken, now_);
  }
  EXPECT_GT(lane_.demand(), 1000) << "nothing is taken";
}

}  // namespace
}  // namespace respand::journal
