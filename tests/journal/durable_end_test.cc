// Where the durable records end, as the next start finds it.

#include <gtest/gtest.h>

#include "journal/durable_end.h"
#include "tests/journal/parts_bench.h"

namespace respand::journal {
namespace {

std::optional<EndMark> found(fs::FileSystem& fs) {
  auto file = EndMarkFile::open(fs, "/journal");
  return file ? file->found() : std::nullopt;
}

TEST(DurableEnd, IsFoundByTheNextStartWhereverTheLastRecordIs) {
  PartsBench bench;
  EXPECT_FALSE(found(bench.fs));
  bench.end.close();
  EXPECT_FALSE(found(bench.fs)) << "nothing was written in this run";
  bench.end.advance(Sequence{8}, 700, SegmentId{1}, 200);
  auto mark = found(bench.fs);
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->journal, PartsBench::kJournal);
  EXPECT_EQ(mark->sequence, Sequence{7});
  EXPECT_EQ(mark->appended, 700U);
  EXPECT_FALSE(mark->clean);
  bench.end.move(SegmentId{2}, 64);
  bench.end.close();
  mark = found(bench.fs);
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->segment, SegmentId{2});
  EXPECT_EQ(mark->offset, 64U);
  EXPECT_EQ(mark->sequence, Sequence{7});
  EXPECT_TRUE(mark->clean);
}

TEST(DurableEnd, IsNotedInANewFileWhereTheOldOneWasRemoved) {
  PartsBench bench;
  bench.end.advance(Sequence{2}, 100, SegmentId{1}, 64);
  ASSERT_TRUE(bench.fs.remove("/journal/end"));
  ASSERT_TRUE(bench.end.renew(bench.fs, "/journal"));
  const auto mark = found(bench.fs);
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->sequence, Sequence{1});
}

}  // namespace
}  // namespace respand::journal
