// Segment files that are written over.

#include <gtest/gtest.h>

#include "journal/free_list.h"
#include "tests/support/fs/fault_file_system.h"

namespace respand::journal {
namespace {

class FreeListTest : public testing::Test {
 protected:
  FreeListTest() { EXPECT_TRUE(fs_.make_directories("/journal")); }
  static constexpr Bytes kSegment{100};
  static constexpr Bytes kMaxSize{1000};

  SegmentFile make(std::uint64_t id, std::size_t size) {
    const SegmentFile file{{SegmentId{id}, Sequence{id * 10}}, size};
    fs_.set_content(path(id), std::string(size, static_cast<char>('a' + id)));
    return file;
  }
  static std::string path(std::uint64_t id) { return "/journal/" + segment_name({SegmentId{id}, Sequence{id * 10}}); }
  FreeList list(std::vector<SegmentFile> files) { return {fs_, "/journal", kSegment, kMaxSize, std::move(files)}; }
  fs::FaultFileSystem fs_;
};

TEST_F(FreeListTest, TheOldestIsWrittenOverFirstAndALargerOneIsRemoved) {
  FreeList free = list({make(1, 101), make(2, 100), make(3, 50)});
  ASSERT_TRUE(free.take({SegmentId{9}, Sequence{90}}, Bytes{0}));
  EXPECT_FALSE(fs_.exists(path(1))) << "it is of another segment size";
  EXPECT_FALSE(fs_.exists(path(2)));
  EXPECT_EQ(fs_.content(path(9)).front(), 'c');
  EXPECT_TRUE(fs_.exists(path(3)));
}

TEST_F(FreeListTest, WithoutOneAFileIsMade) {
  FreeList free = list({});
  EXPECT_TRUE(free.empty());
  ASSERT_TRUE(free.take({SegmentId{9}, Sequence{90}}, Bytes{0}));
  EXPECT_EQ(fs_.content(path(9)), "");
}

TEST_F(FreeListTest, AFewAreKeptAndNoneThatMayNotBeWrittenOver) {
  FreeList free = list({});
  free.put(make(1, 100), false);
  EXPECT_TRUE(free.empty());
  EXPECT_FALSE(fs_.exists(path(1)));
  for (std::uint64_t id = 2; id < 3 + FreeList::kMax; ++id) {
    free.put(make(id, 100), true);
  }
  EXPECT_TRUE(fs_.exists(path(1 + FreeList::kMax)));
  EXPECT_FALSE(fs_.exists(path(2 + FreeList::kMax)));
}

TEST_F(FreeListTest, ThoseGoThatLeaveNoRoomForAnotherSegment) {
  FreeList free = list({make(1, 100), make(2, 100)});
  free.trim(Bytes{800});
  EXPECT_TRUE(fs_.exists(path(1)));
  EXPECT_FALSE(fs_.exists(path(2)));
}

}  // namespace
}  // namespace respand::journal
