#pragma once
// What a row of the ledger is about: an hour and four names. Values only.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/api_route.h"
#include "respand/base/units.h"
#include "respand/record/usage_summary.h"

namespace respand::ledger {

// The names that a record is counted under, in the order of Key::names.
enum class Name : std::uint8_t { kModel, kProvider, kCustomer, kEnvironment };
inline constexpr std::size_t kNames = 4;
inline constexpr std::array<const char*, kNames> kNameWords{"model", "provider", "customer", "environment"};

// Names in the sense of the limits: those above, and behind them the values of the records' own dimensions
// (costs.dimensions), and hosts.
inline constexpr std::size_t kHostKind = kNames + record::kDimensions;
inline constexpr std::size_t kKinds = kHostKind + 1;

// Dimensions that the ledger fills itself: where the record goes, empty for api.path; the name of its key, empty for
// the configuration's; on which host it came in, where costs.dimensions names it; and whether another host's respand
// has it from there, which counts it too. No report shows the last one as a row's.
inline constexpr const char* kRouteDimension = "route";
inline constexpr const char* kKeyDimension = "key";
inline constexpr const char* kHostDimension = "host";
inline constexpr const char* kRelayedDimension = "relayed";
inline constexpr const char* kRelayed = "yes";

// What is counted under no name of its own: over a limit.
inline constexpr const char* kOther = "other";

// Whole hours since 1970, UTC. A record belongs to the hour of its receipt: a time that the application wrote may be of
// any year, and a record that was shipped late is not to change a day that was accounted for.
[[nodiscard]] constexpr std::int64_t hour_of(WallTime time) {
  return std::chrono::floor<std::chrono::hours>(time).time_since_epoch().count();
}
[[nodiscard]] constexpr WallTime time_of(std::int64_t hour) { return WallTime{std::chrono::hours{hour}}; }

struct Key {
  std::int64_t hour = 0;
  std::array<std::string, kNames> names;
  std::string dimensions;  // as put_dimension() writes them; empty where costs.dimensions names none
  friend auto operator<=>(const Key&, const Key&) = default;
};

// A dimension's name and a record's value of it, behind those that `out` has. An empty value is not written.
void put_dimension(std::string& out, std::string_view name, std::string_view value);
// The value of that name; empty where there is none.
[[nodiscard]] std::string_view dimension_in(std::string_view dimensions, std::string_view name);
// The names that there are values of.
[[nodiscard]] std::vector<std::string_view> names_in(std::string_view dimensions);

}  // namespace respand::ledger
