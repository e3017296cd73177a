#pragma once
// Compares records as delivery promises (docs/records.md): order of keys, spelling of numbers and text as written.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace respand::test {

// Whether `after` is `before` with exactly these members added to the outermost object (behind the others, in any order
// among themselves) and nothing else changed.
[[nodiscard]] ::testing::AssertionResult same_but_for(std::string_view before, std::string_view after,
                                                      const std::vector<std::string>& added = {});
// The text of a member of the outermost object: a string's content, a number as it is written, else compact JSON. Empty
// where it is missing or the text is not an object.
[[nodiscard]] std::string member(std::string_view object, std::string_view name);
// The elements of an array, each as it is written; none where the text is no array.
[[nodiscard]] std::vector<std::string> elements(std::string_view array);

}  // namespace respand::test
