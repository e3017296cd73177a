#pragma once
// UsageSummary: what the ledger counts of a record, as the encoder found it in its one pass over the bytes. It is
// written as an attribute in front of the payload, the record's account (journal::Tag::kAccount). The ledger reads that
// back and parses no JSON. Pure; any thread.
//
//   version u8 = 2 · flags u8 (1: cost, 2: generation time, 4: error, 8: the cost is the answer's own, 16: it was
//   computed, 32: without a price, 64: dimensions, 128: identity) · model · provider · customer · environment ·
//   prompt · completion · cached prompt · cache write · reasoning · where flagged: cost (digits, scale u8) · generation
//   time · three dimensions · identity (8 bytes, the lowest first)
//   A text is u8 length and so many bytes of UTF-8; a number is LEB128, without needless bytes.
//   Version 1, which older journals hold, ends behind the generation time and has none of the flags from 8 on.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "respand/base/units.h"
#include "respand/record/decimal.h"

namespace respand::record {

// `cached_prompt` and `cache_write` are parts of `prompt`, and `reasoning` is a part of `completion`, however the
// application's provider counts them (COST.md).
struct Tokens {
  // Numbers of tokens.
  std::uint64_t prompt = 0;
  std::uint64_t completion = 0;
  std::uint64_t cached_prompt = 0;
  std::uint64_t cache_write = 0;
  std::uint64_t reasoning = 0;

  friend bool operator==(const Tokens&, const Tokens&) = default;
};

// Who says what a call cost.
enum class CostSource : std::uint8_t {
  kGiven,     // the application
  kReported,  // the answer: a bill
  kComputed,  // respand, from tokens and prices
};

// Members of a record that the operator wants the ledger to tell rows apart by (costs.dimensions).
inline constexpr std::size_t kDimensions = 3;

// The summary. Its texts are borrowed.
struct UsageSummary {
  // UTF-8, without escapes; empty where not given. encode() cuts texts of more than kMaxName bytes in front of the
  // character that does not fit.
  std::string_view model = {};
  std::string_view provider = {};
  std::string_view customer = {};
  std::string_view environment = {};
  Tokens tokens = {};
  std::optional<Decimal> cost = {};  // US dollars, exact
  std::optional<Duration> generation_time = {};
  bool error = false;  // the call failed: status_code from 400 on, status "error", or an error_message
  CostSource cost_source = CostSource::kGiven;  // kGiven where there is no cost
  bool unpriced = false;                        // something was used, and its cost is not known
  std::array<std::string_view, kDimensions> dimensions = {};
  // A hash of the application's custom_identifier, where costs.deduplicate wants repeats to be found; 0: none.
  std::uint64_t identity = 0;

  friend bool operator==(const UsageSummary&, const UsageSummary&) = default;
};

// The most bytes of a name, and of an account. The API cuts customer identifiers at 254 bytes and other names at 120 or
// more (respan-api); model names stay below 100.
inline constexpr std::size_t kMaxName = 200;
inline constexpr std::size_t kMaxAccountSize = 2 + (4 + kDimensions) * (1 + kMaxName) + 5 * 10 + 19 + 1 + 9 + 8;

// `text` cut to at most `max` bytes, not within a character. Requires: `text` is UTF-8.
[[nodiscard]] std::string_view cut_name(std::string_view text, std::size_t max = kMaxName) noexcept;

// Writes the account to `out` and returns its size. Requires: texts in UTF-8, a cost within Decimal's limits, a
// generation time that is not negative, room for kMaxAccountSize bytes.
std::size_t encode(const UsageSummary& summary, char* out) noexcept;
// The summary that the account `value` holds, its texts as views into it. Nothing where `value` is not exactly what
// encode() writes, in this version or an older one.
[[nodiscard]] std::optional<UsageSummary> decode(std::string_view value) noexcept;

}  // namespace respand::record
