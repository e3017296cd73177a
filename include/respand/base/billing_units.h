#pragma once
// What providers bill for: the units of usage, with the names that genai-prices (pydantic, v2) gives their counts and
// prices. Usage is counted in them, price lists price them. Values only; any thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace respand {

// Counts are totals and contain each other: kInput holds kCacheRead, kInputAudio and so on, kCacheWrite holds
// kCacheWrite5m; kCacheAudioRead is a part of kCacheRead and of kInputAudio. Tokens up to and with kLastToken.
enum class BillingUnit : std::uint8_t {
  kInput,
  kOutput,
  kCacheRead,
  kCacheWrite,
  kCacheWrite5m,
  kCacheWrite1h,
  kInputText,
  kOutputText,
  kCacheTextRead,
  kCacheTextWrite,
  kCacheTextWrite5m,
  kCacheTextWrite1h,
  kInputAudio,
  kOutputAudio,
  kCacheAudioRead,
  kCacheAudioWrite,
  kCacheAudioWrite5m,
  kCacheAudioWrite1h,
  kInputImage,
  kOutputImage,
  kCacheImageRead,
  kCacheImageWrite,
  kCacheImageWrite5m,
  kCacheImageWrite1h,
  kInputVideo,
  kOutputVideo,
  kCacheVideoRead,
  kCacheVideoWrite,
  kCacheVideoWrite5m,
  kCacheVideoWrite1h,
  kInputTool,
  kInputTextTool,
  kInputAudioTool,
  kInputImageTool,
  kInputVideoTool,
  kOutputReasoning,
  kOutputTextReasoning,
  kOutputAudioReasoning,
  kOutputImageReasoning,
  kOutputVideoReasoning,
  kOutputCitation,
  kOutputTextCitation,
  kOutputAudioCitation,
  kOutputImageCitation,
  kOutputVideoCitation,
  kInputCharacters,
  kInputTextMessages,
  kAudioMilliseconds,
  kInputAudioMilliseconds,
  kOutputAudioMilliseconds,
  kInputPixels,
  kInputDocumentPages,
  kInputAnnotatedDocumentPages,
  kRerankSearches,
  kWebSearches,
  kSocialSearches,
  kStorageSearches,
  kCodeExecutions,
  kRequests,
};
// The number of units, and the last unit that counts tokens.
inline constexpr std::size_t kBillingUnits = static_cast<std::size_t>(BillingUnit::kRequests) + 1;
inline constexpr BillingUnit kLastToken = BillingUnit::kOutputVideoCitation;

// Which tokens a unit counts: those of the prompt or of the answer, and what they stand for. kNone: the unit counts
// something else than tokens. kAny: it counts the tokens of all modalities.
enum class Direction : std::uint8_t { kNone, kInput, kOutput };
enum class Modality : std::uint8_t { kAny, kText, kAudio, kImage, kVideo };
// What became of the tokens, or what they were for. kCacheWrite5m and kCacheWrite1h (kept for five minutes or an hour)
// are kinds of kCacheWrite. kAny: the unit counts the tokens of all kinds.
enum class TokenKind : std::uint8_t {
  kAny,
  kCacheRead,
  kCacheWrite,
  kCacheWrite5m,
  kCacheWrite1h,
  kTool,
  kReasoning,
  kCitation
};

// What is known of a unit. The texts live for ever.
struct BillingUnitTraits {
  std::string_view name;       // of the count: "cache_read_tokens", "web_searches"
  std::string_view price_key;  // of the price in a list: "cache_read_mtok", "web_searches_kcount"
  std::uint32_t per = 1;  // counts that a price is for: 1,000,000 tokens, 1,000 searches, the milliseconds of an hour
  // Which tokens the unit counts; a unit that counts something else has these defaults.
  Direction direction = Direction::kNone;
  Modality modality = Modality::kAny;
  TokenKind kind = TokenKind::kAny;
};
// The traits of a unit, which live for ever, and the name of its count.
[[nodiscard]] const BillingUnitTraits& traits_of(BillingUnit unit) noexcept;
[[nodiscard]] inline std::string_view name_of(BillingUnit unit) noexcept { return traits_of(unit).name; }

// The unit with this key of its price, or with this name of its count; nothing where no unit has it.
[[nodiscard]] std::optional<BillingUnit> unit_of_price_key(std::string_view key) noexcept;
[[nodiscard]] std::optional<BillingUnit> unit_of_name(std::string_view name) noexcept;

// Whether every `part` is also a `whole`: tokens read from the cache are input tokens. True for the same unit.
[[nodiscard]] bool contains(BillingUnit whole, BillingUnit part) noexcept;

}  // namespace respand
