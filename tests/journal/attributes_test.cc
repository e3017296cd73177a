#include "respand/journal/attributes.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace respand::journal {
namespace {

void put_attribute(AttributeWriter& list, Tag tag, std::string_view value) {
  value.copy(list.begin(tag, value.size()), value.size());
  list.end(value.size());
}

TEST(Attributes, AreTagLengthValue) {
  std::array<char, 64> memory;
  AttributeWriter list(memory.data(), memory.size());
  EXPECT_EQ(list.list(), "");
  put_attribute(list, Tag::kSpoolOrigin, "abc");
  list.append(std::string_view("\x07\x00\x00", 3));
  put_attribute(list, Tag::kAccount, "");
  EXPECT_EQ(list.list(), std::string_view("\x01\x03\x00"
                                          "abc\x07\x00\x00\x02\x00\x00",
                                          12));
}

TEST(Attributes, AreFoundInAnyOrderAmongUnknownOnes) {
  const std::string origin("\x01\x02\x00xy", 5);
  const std::string account("\x02\x01\x00z", 4);
  const std::string unknown("\x63\x03\x00\x02\x00\x00", 6);
  for (const std::string& list : {unknown + origin + account, account + origin, origin + unknown + account}) {
    EXPECT_EQ(find_attribute(list, Tag::kSpoolOrigin), "xy");
    EXPECT_EQ(find_attribute(list, Tag::kAccount), "z");
  }
  EXPECT_EQ(find_attribute(account + std::string("\x02\x01\x00q", 4), Tag::kAccount), "z") << "the first";
  EXPECT_EQ(find_attribute(unknown, Tag::kAccount), "");
  EXPECT_EQ(find_attribute("", Tag::kAccount), "");
  for (std::size_t size = 0; size < origin.size(); ++size) {
    EXPECT_EQ(find_attribute(origin.substr(0, size), Tag::kSpoolOrigin), "") << "cut at " << size;
  }
}

TEST(Attributes, ValuesMayFillTheRoomAndNotMore) {
  std::array<char, kAttributeHead + 4> memory;
  AttributeWriter list(memory.data(), memory.size());
  EXPECT_DEATH((void)list.begin(Tag::kAccount, 5), "internal error");
  put_attribute(list, Tag::kAccount, "four");
  EXPECT_EQ(find_attribute(list.list(), Tag::kAccount), "four");
  EXPECT_DEATH(list.append("x"), "internal error");
}

}  // namespace
}  // namespace respand::journal
