#include "respand/json/utf8.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "respand/json/text.h"

namespace respand {
namespace {

std::string character(std::uint32_t point) {
  std::array<char, 4> bytes{};
  return {bytes.data(), json::put_utf8(bytes.data(), point)};
}

TEST(Utf8, ControlCharactersAreThoseThatOthersObey) {
  for (const std::uint32_t point :
       {0x00U, 0x1FU, 0x7FU, 0x80U, 0x9FU, 0x61CU, 0x200EU, 0x2028U, 0x202EU, 0x2066U, 0x2069U}) {
    EXPECT_TRUE(json::is_control(character(point))) << point;
    EXPECT_EQ(json::code_point(character(point)), point);
  }
  for (const std::uint32_t point :
       {0x20U, 0x7EU, 0xA0U, 0x61BU, 0x200DU, 0x2027U, 0x202FU, 0x2065U, 0x206AU, 0x1F600U}) {
    EXPECT_FALSE(json::is_control(character(point))) << point;
  }
}

// YAML takes none of them as they are, and a line with them looks like another one on a screen.
TEST(Utf8, ControlCharactersBecomeEscapesInAString) {
  std::string out;
  json::put_string(out, "a" + character(0x9B) + character(0x202E) + character(0x2028) + character(0x1F600));
  EXPECT_EQ(out, "\"a\\u009b\\u202e\\u2028" + character(0x1F600) + "\"");
}

}  // namespace
}  // namespace respand
