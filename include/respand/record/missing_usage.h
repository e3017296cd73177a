#pragma once
// Why a cost or a time of a record is neither given rightly nor computed: counted as a metric, by reason. What the
// application wrote is passed on as it is in any case. Pure; any thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace respand::record {

// The reasons.
enum class Missing : std::uint8_t {
  kCostValue,            // cost is there and is no number, or negative, or beyond what can be added up
  kGenerationTimeValue,  // generation_time or latency likewise
  kTimesUnreadable,      // start_time and an end are there, and one of them is no time, or only one tells its offset
  kEndBeforeStart,
  kTokensValue,       // a token count is no whole number, or negative, or beyond 10^12
  kTokensContradict,  // more cached than prompt tokens, or more reasoning than completion tokens
  kTokensIncomplete,  // prompt or completion tokens alone
  kUnitPriceValue,    // a unit price is no number, or negative, or beyond what can be computed with
  kModelUnknown,      // tokens, but no price for the model
  kTokensAmbiguous,   // the counts can be meant in two ways, with two costs
  kPartUnknown,       // the usage has a part that respand does not know: a detail, another model's share
  kUnitUnpriced,      // the model has a price, but not for something that was used: audio, a search
  kTierUnpriced,      // there is no price for the service tier or the place
  kUsageMissing,      // a model answered, and nothing tells how much
};
// The number of reasons, and a reason's label in metrics.
inline constexpr std::size_t kMissings = static_cast<std::size_t>(Missing::kUsageMissing) + 1;
[[nodiscard]] std::string_view name_of(Missing reason) noexcept;

// A set of reasons.
class MissingSet {
 public:
  // Adds and asks for reasons.
  void add(Missing reason) { bits_ |= 1U << static_cast<unsigned>(reason); }
  void add(MissingSet others) { bits_ |= others.bits_; }
  [[nodiscard]] bool has(Missing reason) const { return (bits_ >> static_cast<unsigned>(reason) & 1U) != 0; }
  [[nodiscard]] bool empty() const { return bits_ == 0; }
  friend bool operator==(MissingSet, MissingSet) = default;

 private:
  std::uint32_t bits_ = 0;
};

}  // namespace respand::record
