#include "respand/json/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace respand::json {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::vector<std::pair<std::string, std::string>> members_of(std::string_view text, bool& good) {
  std::vector<std::pair<std::string, std::string>> found;
  Reader reader(text);
  reader.members([&](std::string_view name, std::string_view value) { found.emplace_back(name, value); });
  good = reader.good() && reader.at_end();
  return found;
}

TEST(Reader, MembersComeInOrderAsTheyAreWritten) {
  bool good = false;
  EXPECT_THAT(members_of(R"( { "a" : 1 , "b\"" : {"c":[1,{"d":"]}"}]} ,"e":"x,y" } )", good),
              ElementsAre(Pair("a", "1"), Pair(R"(b\")", R"({"c":[1,{"d":"]}"}]})"), Pair("e", R"("x,y")")));
  EXPECT_TRUE(good);
  EXPECT_THAT(members_of("{}", good), ElementsAre());
  EXPECT_TRUE(good);
}

TEST(Reader, ElementsComeInOrder) {
  std::vector<std::string> found;
  Reader reader(R"([1, "a]", [2,[3]], null])");
  reader.elements([&](std::string_view value) { found.emplace_back(value); });
  EXPECT_TRUE(reader.good() && reader.at_end());
  EXPECT_THAT(found, ElementsAre("1", R"("a]")", "[2,[3]]", "null"));
}

// Each way in which a text can end too early or not be an object: it is bad, and nothing is read past its end.
TEST(Reader, WhatIsCutOffIsBad) {
  const std::string text = R"({"a":[1,{"b":"c\\\""}],"d":-1.5e3})";
  bool good = false;
  members_of(text, good);
  ASSERT_TRUE(good);
  for (std::size_t size = 0; size < text.size(); ++size) {
    const std::vector<char> block(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
    members_of({block.data(), block.size()}, good);
    EXPECT_FALSE(good) << size;
  }
  for (const char* wrong : {"", " ", "[]", "1", R"({"a" 1})", R"({a:1})", R"({"a":1,})", R"({"a":1}})"}) {
    members_of(wrong, good);
    EXPECT_FALSE(good) << wrong;
  }
}

TEST(Reader, DepthHasALimit) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  const std::string deepest = nested(Reader::kMaxDepth);
  Reader at_limit(deepest);
  EXPECT_EQ(at_limit.value(), deepest);
  EXPECT_TRUE(at_limit.good());
  const std::string deeper = nested(Reader::kMaxDepth + 1);
  Reader above(deeper);
  above.value();
  EXPECT_FALSE(above.good());
}

TEST(Reader, FormsThatRespandWroteAreTakenPieceByPiece) {
  Reader reader(R"({"time":"12\"","sequence":7,"rest":1})");
  std::string_view time;
  std::uint64_t sequence = 0;
  EXPECT_FALSE(reader.skip(R"({"sequence":)"));
  EXPECT_TRUE(reader.skip(R"({"time":)"));
  EXPECT_FALSE(reader.number(sequence));
  EXPECT_TRUE(reader.string(time));
  EXPECT_EQ(time, R"(12\")");
  EXPECT_TRUE(reader.skip(R"(,"sequence":)"));
  EXPECT_FALSE(reader.string(time));
  EXPECT_TRUE(reader.number(sequence));
  EXPECT_EQ(sequence, 7U);
  EXPECT_EQ(reader.rest(), R"(,"rest":1})");
}

TEST(NumberIn, IsAllOfTheValue) {
  EXPECT_EQ(number_in<std::uint64_t>("18446744073709551615"), 18446744073709551615U);
  for (const char* wrong : {"", "-1", "1.0", "1 ", " 1", "18446744073709551616", "\"1\""}) {
    EXPECT_FALSE(number_in<std::uint64_t>(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace respand::json
