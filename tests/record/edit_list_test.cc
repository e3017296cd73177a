#include "record/edit_list.h"

#include <gtest/gtest.h>

#include <string>

#include "respand/record/rules.h"

namespace respand::record {
namespace {

constexpr std::string_view kText = R"({"a":"secret","b":[1,2],"c":{"d":true},"e":null,"f":12345})";

std::string edited(const EditList& edits) {
  std::string out(edits.record().size() + edits.growth(), '\0');
  out.resize(static_cast<std::size_t>(put_edited(edits.record(), 0, edits.record().size(), edits.edits(), out.data()) -
                                      out.data()));
  return out;
}

TEST(EditList, MasksKeepTheTypeOfAValue) {
  EditList edits;
  edits.begin(kText);
  for (const std::string_view value : {R"("secret")", "[1,2]", "true", "null", "12345"}) {
    edits.mask_value(kText.find(value), value.size(), 0);
  }
  EXPECT_EQ(edited(edits), R"({"a":"[redacted]","b":[],"c":{"d":false},"e":null,"f":0})");
  EXPECT_EQ(edits.size(), 4U) << "null needs no mask";
  EXPECT_EQ(edits.growth(), 5U) << "of the text by four bytes, of true by one";
}

TEST(EditList, ARecordThatGrowsTooMuchGetsShortMasks) {
  EditList edits;
  std::string record = "[";
  for (std::size_t i = 0; i * 10 <= kMaxMaskGrowth; ++i) {  // each mask of "" adds ten bytes
    record += R"("",)";
  }
  edits.begin(record);
  for (std::size_t at = 1; at < record.size(); at += 3) {
    edits.mask_value(at, 2, 0);
  }
  EXPECT_LE(edits.growth(), kMaxMaskGrowth);
  EXPECT_GT(edits.growth() + 10, kMaxMaskGrowth);
  EXPECT_EQ(edits.edits().back().replacement, R"("")");
}

TEST(EditList, NotMoreThanTheLimit) {
  EditList edits;
  const std::string record(kMostEdits + 1, '1');
  edits.begin(record);
  for (std::size_t i = 0; i < kMostEdits; ++i) {
    edits.mask_value(i, 1, 0);
  }
  EXPECT_FALSE(edits.too_many());
  edits.mask_value(kMostEdits, 1, 0);
  EXPECT_TRUE(edits.too_many());
  EXPECT_EQ(edits.size(), kMostEdits);
  edits.begin(kText);
  EXPECT_FALSE(edits.too_many()) << "the next record knows nothing of it";
  EXPECT_TRUE(edits.empty());
}

TEST(EditList, InsertionsAtOnePlaceStayInTheirOrder) {
  EditList edits;
  edits.begin("{}");
  edits.insert(1, true, R"(,"a":1)");
  edits.insert(1, false, R"(,"b":2)");
  EXPECT_EQ(edited(edits), R"({"a":1,"b":2})");
}

TEST(EditList, OfEditsOneInTheOtherTheOuterOneStays) {
  EditList edits;
  edits.begin(kText);
  const std::size_t object = kText.find(R"({"d")");
  edits.mask_value(object + 5, 4, 1);  // true, in the object
  const std::size_t sorted = edits.size();
  edits.mask_value(object, 10, 2);
  edits.mask_value(kText.find(R"("secret")"), 8, 3);
  edits.sort_added(sorted);
  ASSERT_EQ(edits.size(), 2U);
  EXPECT_EQ(edits.edits()[0].rule, 3);
  EXPECT_EQ(edits.edits()[1].rule, 2);
  EXPECT_EQ(edited(edits), R"({"a":"[redacted]","b":[1,2],"c":{},"e":null,"f":12345})");
}

TEST(EditList, CorrectsViewsOfWhatIsMasked) {
  EditList edits;
  edits.begin(kText);
  const std::size_t object = kText.find(R"({"d")");
  edits.mask_value(object, 10, 0);
  std::string_view whole = kText.substr(object, 10);
  std::string_view inside = kText.substr(object + 5, 4);
  std::string_view beside = kText.substr(kText.find("12345"), 5);
  std::string_view other = "of something else";
  for (std::string_view* const view : {&whole, &inside, &beside, &other}) {
    edits.correct(*view);
  }
  EXPECT_EQ(whole, "{}");
  EXPECT_EQ(inside, "");
  EXPECT_EQ(beside, "12345");
  EXPECT_EQ(other, "of something else");
}

}  // namespace
}  // namespace respand::record
