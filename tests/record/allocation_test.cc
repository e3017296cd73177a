// A usual record costs no allocation: this runs for each of them on the one io thread.

#include <gtest/gtest.h>

#include <cstddef>

#include "respand/record/fill.h"
#include "respand/record/frame.h"
#include "samples.h"

namespace {
std::size_t allocations = 0;  // one thread
}  // namespace

// The linker sends this program's calls of malloc, realloc and operator new here (--wrap).
extern "C" {
void* __real_malloc(std::size_t size);
void* __real_realloc(void* block, std::size_t size);
void* __wrap_malloc(std::size_t size) {
  ++allocations;
  return __real_malloc(size);
}
void* __wrap_realloc(void* block, std::size_t size) {
  ++allocations;
  return __real_realloc(block, size);
}
void* __real__Znwm(std::size_t size);
void* __wrap__Znwm(std::size_t size) {
  ++allocations;
  return __real__Znwm(size);
}
}

namespace respand::record {
namespace {

TEST(Allocation, TheCountCounts) {
  const std::size_t before = allocations;
  Checker checker;
  const std::size_t made = allocations;
  EXPECT_GT(made, before) << "operator new";
  EXPECT_TRUE(checker.check("{}").ok);
  EXPECT_GT(allocations, made) << "RapidJSON's malloc";
}

TEST(Allocation, NoneForAUsualRecord) {
  const std::string record = usual_record() + "\n";
  std::string out(record.size() + kMaxGrowth, '\0');
  Checker checker;
  SeededRandom random(1);
  Filler filler({}, random);
  LineFramer framer(kMaxRecord);
  ASSERT_TRUE(checker.check("{}").ok);  // the parser's stack is made at the first record
  const std::size_t before = allocations;
  std::size_t accepted = 0;
  for (int i = 0; i < 100; ++i) {
    std::string_view input = record;
    if (framer.next(input) != Frame::kComplete) {
      break;
    }
    const Checked checked = checker.check(framer.frame());
    filler.plan(checked.facts);
    if (checked.ok && filler.fill(framer.frame(), checked.facts, WallTime{}, out.data()) > record.size()) {
      ++accepted;
    }
  }
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(accepted, 100U);
}

TEST(Allocation, NoneForALongOrADeepOne) {
  Checker checker;
  std::string deep = R"({"a":)";
  deep.append(kMaxDepth - 1, '[').append(kMaxDepth - 1, ']').append("}");
  const std::string long_one = long_record(1 << 20);
  ASSERT_TRUE(checker.check("{}").ok);
  const std::size_t before = allocations;
  const bool deep_ok = checker.check(deep).ok;
  const bool long_ok = checker.check(long_one).ok;
  EXPECT_EQ(allocations, before);
  EXPECT_TRUE(deep_ok);
  EXPECT_TRUE(long_ok);
}

}  // namespace
}  // namespace respand::record
