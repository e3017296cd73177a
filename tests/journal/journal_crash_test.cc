// The promise "acknowledged means never lost", tested with every power cut of the model in
// tests/support/fs/fault_file_system.h. A script of operations is cut after each of its file-system calls, the disk
// gets one of the states that the kernel may leave, the journal is opened again, and what it then holds is compared
// with what was acknowledged.

#include <gtest/gtest.h>

#include <cstdio>

#include "journal/format.h"
#include "tests/journal/bench_of_records.h"
#include "tests/support/sanitized.h"

namespace respand::journal {
namespace {

// Each seed is a script of 40 operations, cut about 100 times. Fewer under sanitizers, which look for other mistakes.
constexpr std::uint64_t kSeeds = test::kSanitized ? 1 : 5;

// What writers and workers know: which records were offered, committed (acknowledged to the writer), and acknowledged
// by a worker.
struct Oracle {
  std::map<std::string, bool> offered;  // payload -> committed
  std::map<std::string, bool> acked;    // payload -> acknowledge() was called
};

std::string payload_of(std::uint64_t number, SeededRandom& random) {
  std::string payload = cat("record ", number, " ");
  payload.append(random.below(random.below(8) == 0 ? 3000 : 300), static_cast<char>('a' + number % 26));
  return payload;
}

// Runs a random script until it ends or the power goes.
void run_script(Life& life, fs::FaultFileSystem& fs, SeededRandom& random, std::uint64_t steps, std::uint64_t& number,
                Oracle& oracle) {
  std::map<std::uint64_t, std::string> open;
  const std::uint64_t hits = fs.faults_hit();
  for (std::uint64_t step = 0; step < steps && fs.faults_hit() == hits; ++step) {
    switch (random.below(4)) {
      case 0:
      case 1: {
        std::vector<std::string> payloads;
        for (std::uint64_t i = 0; i <= random.below(3); ++i) {
          payloads.push_back(payload_of(number++, random));
          oracle.offered[payloads.back()] = false;
        }
        if (life.put(payloads)) {
          for (const std::string& payload : payloads) {
            oracle.offered[payload] = true;
          }
        }
        break;
      }
      case 2:
        open.merge(life.take_all());
        break;
      case 3:
        if (!open.empty()) {
          auto record = open.begin();
          std::advance(record, static_cast<std::ptrdiff_t>(random.below(open.size())));
          oracle.acked[record->second] = true;
          life.acknowledge(record->first);
          open.erase(record);
        }
        life.clock.advance(std::chrono::milliseconds{600});  // so that the cursor is saved now and then
        break;
    }
  }
}

// The journal must hold every committed record that no worker has acknowledged, and nothing that was never offered.
void check_recovered(Life& life, const Oracle& oracle) {
  ASSERT_FALSE(life.failure) << life.failure->message;
  std::map<std::string, int> found;
  for (const auto& [sequence, payload] : life.take_all()) {
    ++found[payload];
    ASSERT_TRUE(oracle.offered.contains(payload)) << "invented or altered: " << payload.substr(0, 40);
  }
  for (const auto& [payload, acknowledged] : oracle.offered) {
    if (acknowledged && !oracle.acked.contains(payload)) {
      ASSERT_EQ(found[payload], 1) << "lost: " << payload.substr(0, 40);
    }
    ASSERT_LE(found[payload], 1) << "twice: " << payload.substr(0, 40);
  }
}

TEST(JournalCrash, AcknowledgedSurvivesAPowerCutAfterEveryCall) {
  std::uint64_t states = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    for (std::uint64_t cut = 1;; ++cut) {
      fs::FaultFileSystem fs(seed);
      SeededRandom script(seed);
      Oracle oracle;
      std::uint64_t number = 0;
      fs.power_off_at(cut);
      {
        Life life(fs);
        if (!life.failure) {
          run_script(life, fs, script, 40, number, oracle);
        }
      }
      const bool ended = fs.faults_hit() == 0;
      SeededRandom disk(seed * 1000 + cut);
      fs.crash(disk);
      // The second life is cut as well, at a random call: recovery must survive its own crash.
      {
        fs.power_off_at(1 + disk.below(30));
        Life second(fs);
        if (!second.failure) {
          run_script(second, fs, script, 10, number, oracle);
        }
      }
      fs.crash(disk);
      const auto before = fs.snapshot();
      {
        Life third(fs);
        check_recovered(third, oracle);
      }
      // Opening is idempotent: from the same disk the same records.
      fs.restore(before);
      {
        Life fourth(fs);
        check_recovered(fourth, oracle);
      }
      states += 2;
      if (testing::Test::HasFatalFailure()) {
        FAIL() << "seed " << seed << ", cut at call " << cut;
      }
      if (ended) {
        break;
      }
    }
  }
  std::printf("crash states checked: %llu\n", static_cast<unsigned long long>(states));
}

TEST(JournalCrash, Kill9LosesNothingAndRepeatsNothingThatWasAcknowledged) {
  for (std::uint64_t seed = 1; seed <= (test::kSanitized ? 10U : 200U); ++seed) {
    fs::FaultFileSystem fs(seed);
    SeededRandom script(seed);
    Oracle oracle;
    std::uint64_t number = 0;
    for (int life_number = 0; life_number < 4; ++life_number) {
      {
        Life life(fs);
        ASSERT_FALSE(life.failure);
        run_script(life, fs, script, 30, number, oracle);
        fs.crash_keeping_all();
      }
      Life after(fs);
      for (const auto& [sequence, payload] : after.take_all()) {
        ASSERT_FALSE(oracle.acked.contains(payload)) << "acknowledged before the kill, sent again; seed " << seed;
      }
      after.journal->stop();
    }
    Life last(fs);
    check_recovered(last, oracle);
    ASSERT_FALSE(testing::Test::HasFatalFailure()) << "seed " << seed;
  }
}

// Two segment files whose records are all acknowledged were renamed for recycling when the power failed, and nothing
// written after that has reached the disk. The second one's header tells where the records of the first ended.
// Otherwise the first file would get its old name back, and a later start would judge the second one differently.
TEST(JournalCrash, FilesRenamedForRecyclingStayWhatTheyAreCalled) {
  fs::FaultFileSystem fs;
  {
    Life life(fs, small_settings(), Sequence{0});
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(life.put({std::string(kSmallSegment - 200, 'x')}));
    }
    life.take_all();
    life.acknowledge(1);
    life.acknowledge(2);
    life.journal->stop();
  }
  const auto path = [](std::uint64_t id, std::uint64_t first) {
    return "/journal/" + segment_name({SegmentId{id}, Sequence{first}});
  };
  ASSERT_TRUE(fs.rename(path(1, 1), path(3, 3)));
  ASSERT_TRUE(fs.rename(path(2, 2), path(4, 4)));
  for (int start = 0; start < 2; ++start) {
    Life life(fs, small_settings(), Sequence{0});
    ASSERT_FALSE(life.failure) << life.failure->message;
    EXPECT_TRUE(life.take_all().empty());
    EXPECT_EQ(bytes_of_segments(fs), fs.content(path(3, 3)).size() + fs.content(path(4, 4)).size());
  }
}

}  // namespace
}  // namespace respand::journal
