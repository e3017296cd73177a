#include "record/document_walk.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace respand::record {
namespace {

// Writes down what it is told, one word an event.
struct WalkNotes {
  std::string text;
  void name(std::string_view token, bool escaped) { add(escaped ? "name*" : "name", token); }
  void scalar(std::string_view token, bool escaped) { add(escaped ? "scalar*" : "scalar", token); }
  void open(std::size_t at, bool is_object) { add(is_object ? "{" : "[", std::to_string(at)); }
  void close(std::size_t at, bool is_empty) { add(is_empty ? "empty" : "end", std::to_string(at)); }
  void add(std::string_view what, std::string_view detail) { text.append(what).append(detail).append(" "); }
};

bool accepts(std::string_view text, std::uint32_t max_depth = 8) {
  DocumentWalk walk(max_depth);
  WalkNotes notes;
  return walk.run(text, notes);
}

TEST(DocumentWalk, TellsOfEverythingInTheOrderOfTheText) {
  DocumentWalk walk(8);
  WalkNotes notes;
  EXPECT_TRUE(walk.run(R"( {"a":[1,{},[]],"b\n":"c\u0041","d":null} )", notes));
  EXPECT_EQ(
      notes.text,
      R"({1 name"a" [6 scalar1 {9 empty10 [12 empty13 end14 name*"b\n" scalar*"c\u0041" name"d" scalarnull end40 )");
}

TEST(DocumentWalk, AnEmptyObject) {
  DocumentWalk walk(1);
  WalkNotes notes;
  EXPECT_TRUE(walk.run("{}", notes));
  EXPECT_EQ(notes.text, "{0 empty1 ");
  EXPECT_TRUE(walk.run("\t\r\n { \n } ", notes)) << "a walk can be run again";
}

TEST(DocumentWalk, OnlyAnObjectIsADocument) {
  for (const std::string_view text : {"", " ", "[]", "1", "\"a\"", "null", "{}{}", "{} 1", "}", "\xEF\xBB\xBF{}"}) {
    EXPECT_FALSE(accepts(text)) << text;
  }
}

TEST(DocumentWalk, CommasStandBetweenItemsOnly) {
  EXPECT_TRUE(accepts(R"({"a":[1,2],"b":2})"));
  for (const std::string_view text : {R"({,})", R"({"a":1,})", R"({,"a":1})", R"({"a":1 "b":2})", R"({"a":1,,"b":2})",
                                      R"({"a":[,]})", R"({"a":[1,]})", R"({"a":[,1]})", R"({"a":[1 2]})"}) {
    EXPECT_FALSE(accepts(text)) << text;
  }
}

TEST(DocumentWalk, BracketsMatch) {
  for (const std::string_view text : {R"({"a":[})", R"({"a":[1})", R"({"a":{])", R"({"a":1])", R"({"a":[{}]]})"}) {
    EXPECT_FALSE(accepts(text)) << text;
  }
}

TEST(DocumentWalk, MembersHaveANameAndAValue) {
  for (const std::string_view text : {R"({"a"})", R"({"a":})", R"({"a" 1})", R"({a:1})", R"({1:1})", R"({:1})",
                                      R"({"a"::1})", R"({"a":1:2})", R"({"a","b"})"}) {
    EXPECT_FALSE(accepts(text)) << text;
  }
}

TEST(DocumentWalk, TokensAreWhole) {
  for (const std::string_view text :
       {R"({"a":tru})", R"({"a":truee})", R"({"a":nul})", R"({"a":True})", R"({"a":01})", R"({"a":1.})", R"({"a":-})",
        R"({"a":+1})", R"({"a":.5})", R"({"a":1x})", R"({"a":"b)", R"({"a":"\x"})", R"({"a":"\ud800"})",
        "{\"a\":\"\n\"}", "{\"a\":\"\xFF\"}", "{\"a\":NaN}"}) {
    EXPECT_FALSE(accepts(text)) << text;
  }
}

TEST(DocumentWalk, ANulByteIsNoEnd) {
  using namespace std::string_view_literals;
  EXPECT_FALSE(accepts("{}\0"sv));
  EXPECT_FALSE(accepts("{\0}"sv));
}

TEST(DocumentWalk, TheLimitOfDepth) {
  EXPECT_TRUE(accepts(R"({"a":[]})", 2));
  EXPECT_TRUE(accepts(R"({"a":[{}]})", 3));
  EXPECT_FALSE(accepts(R"({"a":[{}]})", 2));
  EXPECT_FALSE(accepts("{}", 0));
  EXPECT_TRUE(accepts(R"({"a":[],"b":[]})", 2)) << "depth is not the number of brackets";
}

}  // namespace
}  // namespace respand::record
