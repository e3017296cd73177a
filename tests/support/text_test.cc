#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/files.h"
#include "tests/support/json.h"
#include "tests/support/metrics.h"

namespace respand::test {
namespace {

TEST(Metric, AddsUpTheSamplesThatHaveTheLabels) {
  constexpr std::string_view kText =
      "# HELP a_total nothing\n# TYPE a_total counter\n"
      "a_total{input=\"socket\",reason=\"x\"} 2\na_total{input=\"http\",reason=\"x\"} 3\n"
      "a_total_more 100\nb 1e3\nc{m=\"a\\\"b\\\\,}\"} 4\n";
  EXPECT_EQ(metric(kText, "a_total"), 5);
  EXPECT_EQ(metric(kText, "a_total", {{"input", "http"}}), 3);
  EXPECT_EQ(metric(kText, "a_total", {{"input", "http"}, {"reason", "y"}}), std::nullopt);
  EXPECT_EQ(metric(kText, "b"), 1000);
  EXPECT_EQ(metric(kText, "c", {{"m", "a\"b\\,}"}}), 4);
  EXPECT_EQ(metric(kText, "d"), std::nullopt);
}

TEST(Metric, DoesNotReadPastABrokenLine) {
  for (const char* text : {"a{", "a{x", "a{x=", "a{x=\"", "a{x=\"\\", "a{x=\"y\"", "a ", "a"}) {
    static_cast<void>(metric(text, "a"));
  }
}

TEST(SameButFor, SeesEveryChange) {
  constexpr std::string_view kBefore = R"({"a":0.10,"b":{"x":1,"y":[1,"1"]}})";
  EXPECT_TRUE(same_but_for(kBefore, R"({ "a":0.10, "b":{"x":1,"y":[1,"1"]} })"));
  EXPECT_TRUE(same_but_for(kBefore, R"({"a":0.10,"b":{"x":1,"y":[1,"1"]},"t":1,"u":2})", {"u", "t"}));
  EXPECT_FALSE(same_but_for(kBefore, R"({"a":0.10,"b":{"x":1,"y":[1,"1"]},"t":1,"u":2})", {"t"}));
  EXPECT_FALSE(same_but_for(kBefore, R"({"a":0.10,"b":{"x":1,"y":[1,"1"]},"t":1,"t":2})", {"t", "u"}));
  EXPECT_FALSE(same_but_for(kBefore, R"({"a":0.1,"b":{"x":1,"y":[1,"1"]}})"));
  EXPECT_FALSE(same_but_for(kBefore, R"({"a":0.10,"b":{"y":[1,"1"],"x":1}})"));
  EXPECT_FALSE(same_but_for(kBefore, R"({"a":0.10,"b":{"x":1,"y":[1,1]}})"));
  EXPECT_FALSE(same_but_for(kBefore, R"({"a":0.10})"));
  EXPECT_FALSE(same_but_for(kBefore, "[]"));
  EXPECT_FALSE(same_but_for("x", "x"));
}

TEST(Member, GivesTheTextOfAValue) {
  constexpr std::string_view kRecord = R"({"a":0.10,"b":"t\u0041","c":{"d":true}})";
  EXPECT_EQ(member(kRecord, "a"), "0.10");
  EXPECT_EQ(member(kRecord, "b"), "tA");
  EXPECT_EQ(member(kRecord, "c"), R"({"d":true})");
  EXPECT_EQ(member(kRecord, "d"), "");
  EXPECT_EQ(member("[", "d"), "");
}

TEST(Files, AreWrittenReadAndRemoved) {
  std::string path;
  {
    const TempDir folder;
    path = folder.path();
    write_file(folder / "a", std::string_view("one\n\0two", 8));
    EXPECT_EQ(read_file(folder / "a"), std::string_view("one\n\0two", 8));
    EXPECT_EQ(names_in(path), std::vector<std::string>{"a"});
  }
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
  EXPECT_EQ(lines_of("a\n\nb"), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_EQ(lines_of("a\n"), std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace respand::test
