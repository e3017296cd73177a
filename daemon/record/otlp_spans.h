#pragma once
// What both forms of OTLP are read into, for the ledger. Private to the module.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace respand::record {

// What an attribute of a span tells.
enum class Told : std::uint8_t {
  kModel,
  kResponseModel,
  kProvider,
  kCustomer,
  kEnvironment,
  kPromptTokens,
  kCompletionTokens,
  kCachedTokens,
  kCacheWriteTokens,
  kReasoningTokens,
  kCost,
  kOperation,  // what kind of span it is
};
inline constexpr std::size_t kTold = 12;

struct OtlpSpan {
  // JSON values: texts with their quotes, numbers without; empty where nothing was told.
  std::array<std::string, kTold> told;
  std::array<std::uint8_t, kTold> rank{};  // of the name by which it was told
  std::string id{};
  std::string parent{};
  std::uint64_t start = 0;  // Unix nanoseconds; 0: not told
  std::uint64_t end = 0;
  bool error = false;
  bool wraps = false;

  [[nodiscard]] const std::string& operator[](Told what) const { return told[static_cast<std::size_t>(what)]; }
  // An attribute. `value`: as JSON, a text or a number; others tell nothing.
  void tell(std::string_view key, std::string_view value);
};

// The text within the quotes of a JSON value; a number as it is written.
[[nodiscard]] inline std::string_view without_quotes(std::string_view value) {
  return value.size() > 2 && value.front() == '"' ? value.substr(1, value.size() - 2) : value;
}

// Whether the value of an attribute with this key is looked at.
[[nodiscard]] bool tells(std::string_view key);

// The spans that are calls of a model, as records.
[[nodiscard]] std::vector<std::string> calls_of(const std::vector<OtlpSpan>& spans);

// Further ones are not read, so that what is held of a request stays bounded.
inline constexpr std::size_t kMostSpans = 16'384;

}  // namespace respand::record
