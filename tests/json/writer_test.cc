#include "respand/json/writer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "respand/json/reader.h"

namespace respand {
namespace {

TEST(JsonObject, HoldsMembersInTheirOrder) {
  EXPECT_EQ(json::Object().text(), "{}");
  json::Object object;
  object.member("text", "a \"b\"").member("view", std::string_view("\\")).member("string", std::string("\n"));
  object.member("number", std::uint64_t{18446744073709551615U}).member("less", -7).member("yes", true);
  object.fraction("share", 0.12345).object("inner", json::Object().member("no", false)).value("list", "[1,2]");
  EXPECT_EQ(object.text(),
            R"({"text":"a \"b\"","view":"\\","string":"\u000a","number":18446744073709551615,"less":-7,"yes":true,)"
            R"("share":0.123,"inner":{"no":false},"list":[1,2]})");
}

TEST(JsonObject, IsWellFormedWithTheLargestNumber) {
  const std::string text = json::Object().fraction("x", std::numeric_limits<double>::max()).member("a", 1).text();
  json::Reader reader(text);
  std::size_t members = 0;
  reader.members([&](std::string_view, std::string_view) { ++members; });
  EXPECT_TRUE(reader.good() && reader.at_end());
  EXPECT_EQ(members, 2U);
}

TEST(JsonArray, HoldsElementsInTheirOrder) {
  EXPECT_EQ(json::Array().text(), "[]");
  EXPECT_EQ(json::Array().element("1").element(json::Object().member("a", 2)).text(), R"([1,{"a":2}])");
  EXPECT_EQ(json::array_of({}), "[]");
  EXPECT_EQ(json::array_of({"\"a\"", "2"}), R"(["a",2])");
}

}  // namespace
}  // namespace respand
