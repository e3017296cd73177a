#include "journal/scanner.h"

#include <gtest/gtest.h>

#include "journal/format.h"
#include "journal/segment.h"
#include "tests/journal/bench_of_records.h"

namespace respand::journal {
namespace {

// A segment file with sound records 1..n, each of `size` payload bytes, at its usual place.
class ScannerTest : public testing::Test {
 protected:
  void write_records(std::uint64_t count, std::size_t size) {
    ASSERT_TRUE(fs_.make_directories("/j"));
    Recorder producer;
    std::string content(SegmentHeader::kSize, '\0');
    for (std::uint64_t s = 1; s <= count; ++s) {
      Batch batch(producer, Batch::encoded_size(0, size));
      std::memset(batch.begin(Kind::kCompletion, WallTime{}, {}, size), static_cast<int>('a' + s % 26), size);
      batch.end(size);
      seal(batch.encoded().data(), stamp_of(7, name_.id), Sequence{s});
      offsets_.push_back(content.size());
      content.append(reinterpret_cast<const char*>(batch.encoded().data()), batch.size());
    }
    fs_.set_content(path_, content);
  }
  Segment open() { return {name_, stamp_of(7, name_.id), fs_.open(path_, fs::OpenMode::kRead).value()}; }
  static std::vector<std::uint64_t> walk(Scanner& scanner, Scanner::Check check) {
    std::vector<std::uint64_t> seen;
    for (;;) {
      const auto step = scanner.next(check);
      EXPECT_TRUE(step);
      if (*step == Scanner::Step::kRecord) {
        seen.push_back(scanner.header().sequence.value);
        continue;
      }
      const auto more = scanner.resync();
      EXPECT_TRUE(more);
      if (!*more) {
        return seen;
      }
    }
  }

  fs::FaultFileSystem fs_;
  SegmentName name_{SegmentId{1}, Sequence{1}};
  std::string path_ = "/j/segment";
  std::vector<std::uint64_t> offsets_;
};

TEST_F(ScannerTest, WalksRecordsOfEverySizeAgainstTheChunk) {
  for (const std::size_t size : {1U, 23U, 24U, 25U, 200U, 511U, 512U, 513U, 5000U}) {
    offsets_.clear();
    write_records(9, size);
    const Segment segment = open();
    for (const auto check : {Scanner::Check::kHeader, Scanner::Check::kWhole}) {
      Scanner scanner(segment, SegmentHeader::kSize, Sequence{1}, Sequence{~0ULL}, 512);
      EXPECT_EQ(walk(scanner, check).size(), 9U) << size;
    }
  }
}

TEST_F(ScannerTest, StopsAtItsLimit) {
  write_records(9, 50);
  const Segment segment = open();
  Scanner scanner(segment, SegmentHeader::kSize, Sequence{1}, Sequence{5});
  EXPECT_EQ(walk(scanner, Scanner::Check::kWhole), (std::vector<std::uint64_t>{1, 2, 3, 4}));
}

TEST_F(ScannerTest, AnyDamagedByteCostsOneRecord) {
  write_records(5, 30);
  const std::string sound = fs_.content(path_);
  for (std::uint64_t at = offsets_[2]; at < offsets_[2] + RecordHeader::kSize + 30; ++at) {
    fs_.set_content(path_, sound);
    fs_.flip(path_, at, 0x41);
    const Segment segment = open();
    Scanner scanner(segment, SegmentHeader::kSize, Sequence{1}, Sequence{~0ULL});
    EXPECT_EQ(walk(scanner, Scanner::Check::kWhole), (std::vector<std::uint64_t>{1, 2, 4, 5})) << at;
  }
}

TEST_F(ScannerTest, ADamagedLengthHidesNoRecordBehindIt) {
  write_records(5, 30);
  const std::string sound = fs_.content(path_);
  for (std::uint64_t byte = 0; byte < 4; ++byte) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      fs_.set_content(path_, sound);
      fs_.flip(path_, offsets_[1] + 12 + byte, static_cast<std::uint8_t>(1U << bit));
      const Segment segment = open();
      Scanner scanner(segment, SegmentHeader::kSize, Sequence{1}, Sequence{~0ULL});
      std::vector<std::uint64_t> seen = walk(scanner, Scanner::Check::kHeader);
      std::erase(seen, 2U);  // its header may be believed
      EXPECT_EQ(seen, (std::vector<std::uint64_t>{1, 3, 4, 5})) << byte << " " << bit;
    }
  }
}

TEST_F(ScannerTest, EveryTruncationKeepsTheWholeRecordsBefore) {
  write_records(4, 30);
  const std::string sound = fs_.content(path_);
  for (std::size_t size = 0; size <= sound.size(); ++size) {
    fs_.set_content(path_, sound.substr(0, size));
    const Segment segment = open();
    Scanner scanner(segment, SegmentHeader::kSize, Sequence{1}, Sequence{~0ULL});
    std::size_t whole = 0;
    for (const std::uint64_t offset : offsets_) {
      whole += offset + RecordHeader::kSize + 30 <= size ? 1U : 0U;
    }
    EXPECT_EQ(walk(scanner, Scanner::Check::kWhole).size(), whole) << size;
  }
}

TEST_F(ScannerTest, ARecordInsideAPayloadIsNotARecordOfTheSegment) {
  // A writer who knew the format could put a whole record into a payload; without the segment's stamp it is only bytes.
  write_records(1, 200);
  const std::string inner = fs_.content(path_).substr(SegmentHeader::kSize);
  Recorder producer;
  Batch batch(producer, Batch::encoded_size(0, inner.size()));
  inner.copy(batch.begin(Kind::kCompletion, WallTime{}, {}, inner.size()), inner.size());
  batch.end(inner.size());
  name_.id = SegmentId{2};
  seal(batch.encoded().data(), stamp_of(7, name_.id), Sequence{1});
  fs_.set_content(path_, std::string(SegmentHeader::kSize, '\0') +
                             std::string(reinterpret_cast<const char*>(batch.encoded().data()), batch.size()));
  fs_.flip(path_, SegmentHeader::kSize + 3);  // the outer record is damaged
  const Segment segment = open();
  Scanner scanner(segment, SegmentHeader::kSize, Sequence{1}, Sequence{~0ULL});
  EXPECT_TRUE(walk(scanner, Scanner::Check::kWhole).empty());
}

}  // namespace
}  // namespace respand::journal
