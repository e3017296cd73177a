// Records that are read one after the other: what the window saves, and that it never gives out other bytes than those
// that were written.

#include "respand/journal/read_window.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/journal/bench_of_records.h"

namespace respand::journal {
namespace {

class ReadWindowTest : public testing::Test {
 protected:
  static Settings settings() {
    Settings settings = small_settings();
    settings.segment_size = mebibytes(1);
    settings.max_size = mebibytes(16);
    return settings;
  }
  void SetUp() override { begin_life(); }
  void begin_life() {
    life_ = std::make_unique<Life>(fs_, settings());
    ASSERT_FALSE(life_->failure);
  }
  void put(std::size_t records, std::size_t bytes = 1000) {
    std::vector<std::string> payloads;
    for (std::size_t i = 0; i < records; ++i) {
      payloads.push_back(std::string(bytes, static_cast<char>('a' + i % 26)));
    }
    ASSERT_TRUE(life_->put(payloads));
  }
  [[nodiscard]] std::vector<Ref> take(std::size_t records) {
    std::vector<Ref> refs(records);
    for (Ref& ref : refs) {
      EXPECT_TRUE(life_->journal->reader().take(ref));
    }
    return refs;
  }
  [[nodiscard]] Status read(const Ref& ref, std::string& text) {
    return life_->journal->reader().append_through(window_, ref, text);
  }
  // Reads all of them, and says how many reads of the disk that took.
  std::uint64_t reads_for(const std::vector<Ref>& refs) {
    const std::uint64_t before = fs_.operations(fs::calls::kRead);
    for (const Ref& ref : refs) {
      std::string through = "front";
      std::string plain = "front";
      EXPECT_TRUE(read(ref, through));
      const std::uint64_t reads = fs_.operations(fs::calls::kRead);
      EXPECT_TRUE(life_->journal->reader().append(ref, plain));
      others_ += fs_.operations(fs::calls::kRead) - reads;
      EXPECT_EQ(through, plain);
    }
    return fs_.operations(fs::calls::kRead) - before - std::exchange(others_, 0);
  }

  fs::FaultFileSystem fs_{1};
  std::unique_ptr<Life> life_;
  ReadWindow window_;
  std::uint64_t others_ = 0;
};

TEST_F(ReadWindowTest, RecordsInARowTakeTwoReads) {
  put(20);
  EXPECT_EQ(reads_for(take(20)), 2U) << "the first alone, then the rest at once";
}

TEST_F(ReadWindowTest, AttributesComeThroughItToo) {
  put(20);
  const std::vector<Ref> refs = take(20);
  const std::uint64_t before = fs_.operations(fs::calls::kRead);
  std::string attributes;
  std::string text;
  std::vector<std::pair<std::string, std::string>> through;
  for (const Ref& ref : refs) {
    text.clear();
    ASSERT_TRUE(life_->journal->reader().append_request_through(window_, ref, attributes, text));
    through.emplace_back(attributes, text);
  }
  EXPECT_EQ(fs_.operations(fs::calls::kRead) - before, 2U);
  for (std::size_t i = 0; i < refs.size(); ++i) {
    text.clear();
    ASSERT_TRUE(life_->journal->reader().append_request(refs[i], attributes, text));
    EXPECT_EQ(through[i], std::pair(attributes, text));
  }
}

TEST_F(ReadWindowTest, ItHoldsNoMoreThanItsSize) {
  const std::size_t records = 4 * ReadWindow::kSize / 1000;
  put(records);
  const std::uint64_t reads = reads_for(take(records));
  EXPECT_GE(reads, 4U);
  EXPECT_LE(reads, 7U);
}

TEST_F(ReadWindowTest, WhatComesOneByOneIsReadOneByOne) {
  for (int i = 0; i < 5; ++i) {
    put(1);
    EXPECT_EQ(reads_for(take(1)), 1U);
  }
}

// Two lanes, or retries: nothing is read ahead that is not taken next.
TEST_F(ReadWindowTest, WhatIsNotInARowIsReadAlone) {
  put(40);
  const std::vector<Ref> refs = take(40);
  std::uint64_t reads = 0;
  for (std::size_t i = 0; i < 20; ++i) {
    reads += reads_for({refs[i], refs[39 - i]});
  }
  EXPECT_EQ(reads, 40U) << "two directions by turns; in the middle they meet";
}

TEST_F(ReadWindowTest, ALargeRecordIsReadAlone) {
  put(1, 10);
  put(1, ReadWindow::kSize);
  put(2, 10);
  EXPECT_EQ(reads_for(take(4)), 3U) << "the two behind it are read at once";
}

// Bytes in the window that do not hold are read from the disk again, which decides.
TEST_F(ReadWindowTest, DamageIsSeenOnTheDiskOnly) {
  put(5);
  const std::vector<Ref> refs = take(5);
  std::string path;
  for (const std::string& file : fs_.files()) {
    path = file.starts_with("/journal/seg-") ? file : path;
  }
  const std::string good = fs_.content(path);
  fs_.flip(path, refs[3].offset + 200);
  std::string text;
  ASSERT_TRUE(read(refs[0], text));
  ASSERT_TRUE(read(refs[1], text));
  const Status damaged = read(refs[3], text);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(text.size(), 2000U) << "unchanged";
  fs_.set_content(path, good);
  EXPECT_TRUE(read(refs[3], text));
  EXPECT_TRUE(read(refs[4], text));
  EXPECT_EQ(text, std::string(1000, 'a') + std::string(1000, 'b') + std::string(1000, 'd') + std::string(1000, 'e'));
}

TEST_F(ReadWindowTest, AReadAheadThatFailsIsNoFailure) {
  put(3);
  const std::vector<Ref> refs = take(3);
  std::string text;
  ASSERT_TRUE(read(refs[0], text));
  fs_.fail_at(1, {.calls = fs::calls::kRead});
  EXPECT_TRUE(read(refs[1], text));
  EXPECT_TRUE(read(refs[2], text));
  EXPECT_EQ(text.size(), 3000U);
}

// Segments of an earlier run, and from one to the next.
TEST_F(ReadWindowTest, AfterAStartAndOverSegments) {
  put(1500);
  put(1500);
  kill_process(fs_, std::move(life_));
  begin_life();
  std::map<std::uint64_t, std::string> plain = life_->take_all();
  ASSERT_EQ(plain.size(), 3000U);
  kill_process(fs_, std::move(life_));
  begin_life();
  std::size_t records = 0;
  for (Ref ref; records < plain.size(); ++records) {
    while (!life_->journal->reader().take(ref)) {
      static_cast<void>(life_->journal->step());
    }
    std::string text;
    ASSERT_TRUE(read(ref, text));
    ASSERT_EQ(text, plain[ref.sequence.value]);
  }
}

TEST_F(ReadWindowTest, ADroppedRecordIsNotGivenOutOfTheWindow) {
  Settings small = small_settings();
  small.directory = "/small";
  small.when_full = WhenFull::kDropOldest;
  life_ = std::make_unique<Life>(fs_, small);
  ASSERT_TRUE(life_->put({std::string(100, 'a'), std::string(100, 'b'), std::string(100, 'c')}));
  const std::vector<Ref> refs = take(3);
  std::string text;
  ASSERT_TRUE(read(refs[0], text));
  ASSERT_TRUE(read(refs[1], text));
  for (int i = 0; i < 40; ++i) {
    life_->put({std::string(kSmallSegment / 2, 'x')});
  }
  const Status dropped = read(refs[2], text);
  ASSERT_FALSE(dropped);
  EXPECT_EQ(dropped.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace respand::journal
