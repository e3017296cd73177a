#include "respand/base/leb128.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace respand {
namespace {

std::string written(std::uint64_t number) {
  std::string out;
  put_leb128(number, [&out](std::uint8_t byte) { out.push_back(static_cast<char>(byte)); });
  return out;
}

TEST(Leb128, NumbersComeBack) {
  EXPECT_EQ(written(0), std::string(1, '\0'));
  EXPECT_EQ(written(127), "\x7F");
  EXPECT_EQ(written(128), "\x80\x01");
  EXPECT_EQ(written(std::numeric_limits<std::uint64_t>::max()).size(), kMaxLeb128);
  for (unsigned bit = 0; bit < 64; ++bit) {
    for (const std::uint64_t number :
         {(std::uint64_t{1} << bit) - 1, std::uint64_t{1} << bit, ~std::uint64_t{0} >> bit}) {
      const std::string bytes = written(number) + "x";
      std::string_view rest = bytes;
      EXPECT_EQ(take_leb128(rest), number);
      EXPECT_EQ(rest, "x");
      std::string_view cut = std::string_view(bytes).substr(0, bytes.size() - 2);
      EXPECT_EQ(take_leb128(cut), std::nullopt) << number;
    }
  }
  const std::string endless(20, '\x80');
  std::string_view rest = endless;
  EXPECT_EQ(take_leb128(rest), std::nullopt);
}

}  // namespace
}  // namespace respand
