#include "cli/text_kind.h"

#include <gtest/gtest.h>

#include <string>

namespace respand::cli {
namespace {

TEST(TextKind, LinesStandForThemselves) {
  for (const char* text : {"", "{}", "{}\n", "{\"a\":1}\n{\"b\":2}\n", "[{},{}]\n[{}]\n", "[]", "x", "!ack\n",
                           "\"{\"\n", "{\"a\":\"{[\\\"\"}\n{}", "{} {\n", "}{\n"}) {
    EXPECT_EQ(kind_of(text, true), TextKind::kLines) << text;
  }
}

TEST(TextKind, TextsThatGoOverLines) {
  for (const char* text :
       {"{\n", "{\n\"a\":1}", "{\n  \"a\": 1\n}\n", "{\"a\":1,\n\"b\":2}", "{\"a\":\n1}", "{\"a\":[\n1]}",
        "{\"a\":[1,\n2]}", "{\"a\":{\n}}", "{\"a\":[{},\n{}]}", "[\n{}]", "[{},\n{}]", "[{}\n,{}]", "[", "[{\"a\":1"}) {
    EXPECT_EQ(kind_of(text, true), std::string_view(text) == "{\n" ? TextKind::kLines : TextKind::kElements) << text;
  }
}

TEST(TextKind, ACutOffFirstLineDoesNotTakeTheOthersWithIt) {
  for (const char* text : {"{\"a\":1\n{\"b\":2}\n", "{\"a\":1,\n{\"b\":2}\n", "{\n{\"b\":2}\n",
                           "{\"a\":\"tex\n{\"b\":2}\n", "{\"a\n\"b\":2}\n", "{\"a\":tru\n{}", "{\"a\":{\"b\":1}\n{}"}) {
    EXPECT_EQ(kind_of(text, true), TextKind::kLines) << text;
  }
}

TEST(TextKind, WaitsForWhatItNeeds) {
  for (const char* text : {"", "{", "{\"a\":1,", "{\n", "{\n  ", "{\"a\":[", "[", "[{}"}) {
    EXPECT_EQ(kind_of(text, false), TextKind::kUndecided) << text;
  }
  EXPECT_EQ(kind_of("{}", false), TextKind::kLines);
  EXPECT_EQ(kind_of("[{}]", false), TextKind::kLines);
  EXPECT_EQ(kind_of("{\"a\":1\n", false), TextKind::kLines);
  EXPECT_EQ(kind_of("[\n", false), TextKind::kElements);
}

TEST(TextKind, DecidesAtTheLimit) {
  const std::string object = "{\"a\":\"" + std::string(kHeadLimit, 'x');
  EXPECT_EQ(kind_of(object.substr(0, kHeadLimit - 1), false), TextKind::kUndecided);
  EXPECT_EQ(kind_of(object.substr(0, kHeadLimit), false), TextKind::kLines);
  const std::string array = "[" + object;
  EXPECT_EQ(kind_of(array.substr(0, kHeadLimit - 1), false), TextKind::kUndecided);
  EXPECT_EQ(kind_of(array.substr(0, kHeadLimit), false), TextKind::kElements);
  const std::string spaces = "{\n" + std::string(kHeadLimit, ' ');
  EXPECT_EQ(kind_of(spaces.substr(0, kHeadLimit - 1), false), TextKind::kUndecided);
  EXPECT_EQ(kind_of(spaces.substr(0, kHeadLimit), false), TextKind::kLines);
}

}  // namespace
}  // namespace respand::cli
