#include "respand/base/result.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

namespace respand {
namespace {

TEST(Result, CarriesAValueOrAnErrorWithItsContext) {
  const auto halve = [](int n) -> Result<std::unique_ptr<int>> {
    if (n % 2 != 0) {
      return error(ErrorCode::kInvalid, "odd");
    }
    return std::make_unique<int>(n / 2);
  };
  EXPECT_EQ(**halve(4), 2);
  auto failed = halve(3);
  ASSERT_FALSE(failed);
  const Error error = std::move(failed).fail("halve 3").context("step");
  EXPECT_EQ(error.code, ErrorCode::kInvalid);
  EXPECT_EQ(error.message, "step: halve 3: odd");
}

TEST(Result, ErrnoKeepsItsMeaning) {
  EXPECT_EQ(code_of_errno(ENOENT), ErrorCode::kNotFound);
  EXPECT_EQ(code_of_errno(EEXIST), ErrorCode::kExists);
  EXPECT_EQ(code_of_errno(EACCES), ErrorCode::kPermission);
  EXPECT_EQ(code_of_errno(ELOOP), ErrorCode::kPermission);
  EXPECT_EQ(code_of_errno(ENOSPC), ErrorCode::kNoSpace);
  EXPECT_EQ(code_of_errno(EDQUOT), ErrorCode::kNoSpace);
  EXPECT_EQ(code_of_errno(EMFILE), ErrorCode::kUnavailable);
  EXPECT_EQ(code_of_errno(EISDIR), ErrorCode::kInvalid);
  EXPECT_EQ(code_of_errno(EIO), ErrorCode::kIo);
  EXPECT_EQ(code_of_errno(123456), ErrorCode::kIo);
  const Error error = os_error(ENOSPC, "write /x");
  EXPECT_EQ(error.message, "write /x: No space left on device");
  EXPECT_EQ(error.os_error, ENOSPC);
}

TEST(Result, EveryCodeHasItsOwnName) {
  std::vector<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::kIo); ++code) {
    const auto name = name_of(static_cast<ErrorCode>(code));
    EXPECT_NE(name, "unknown");
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 0) << name;
    names.push_back(name);
  }
}

}  // namespace
}  // namespace respand
