#pragma once
// Tables of `status --json` and the status page, as JSON arrays and objects: answers of the API, what was refused, dead
// letters by reason, deliveries by route and key. Each is bounded. Pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "delivery/delivery.h"
#include "respand/config/config.h"
#include "respand/metrics/metrics.h"

namespace respand::app {

// Rows of one table. Rows that are left out have lower counts.
inline constexpr std::size_t kMostTableRows = 50;

// A text that others have written, for a member of these answers: made printable, and cut to 1 KiB.
[[nodiscard]] std::string shown(std::string_view text);
// {"200":5,"timeout":1}: how many answers of each kind there were since the start.
[[nodiscard]] std::string answers_json(const metrics::Registry& metrics);
// {"records":[…],"requests":[…],"connections":[…]}: what was refused to clients since the start, the most first.
[[nodiscard]] std::string refused_json(const metrics::Registry& metrics);
// What the API refused for good since the start, in its own words.
[[nodiscard]] std::string dead_letters_json(const delivery::DeadLetters::State& letters);
// Records and requests delivered since the start by route and key, the route of records first, with what is wrong on
// each. `delivered`: the sum over all of them.
[[nodiscard]] std::string routes_json(const config::Api& api, const delivery::State& delivery, std::uint64_t delivered);

}  // namespace respand::app
