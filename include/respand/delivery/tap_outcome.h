#pragma once
// What an attempt has made of a record, as the tap tells it (GET /tap of the control socket). The daemon writes the
// names, its commands read them: this is the one table of both. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string_view>

namespace respand::delivery {

enum class TapOutcome : std::uint8_t {
  kDelivered,
  kRetried,  // it will be tried again
  kRefused,  // it goes to the dead letters
};
// "delivered", "retried", "dead_lettered".
[[nodiscard]] std::string_view name_of(TapOutcome outcome) noexcept;
[[nodiscard]] std::optional<TapOutcome> outcome_of(std::string_view name) noexcept;

}  // namespace respand::delivery
