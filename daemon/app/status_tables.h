#pragma once
// Tables of `status --json` and the status page, as JSON arrays and objects: answers of the API, what was refused, dead
// letters by reason, deliveries by route and key. Each is bounded. Pure.

#include <cstdint>
#include <string>

#include "delivery/delivery.h"
#include "respand/config/config.h"
#include "respand/metrics/metrics.h"

namespace respand::app {

// How many rows a table has at most; the rows that are left out have smaller numbers.
inline constexpr std::size_t kMostTableRows = 50;

// {"200":5,"timeout":1}: the API's answers since the start.
[[nodiscard]] std::string answers_json(const metrics::Registry& metrics);
// {"records":[…],"requests":[…],"connections":[…]}: what was refused to clients since the start, the most first.
[[nodiscard]] std::string refused_json(const metrics::Registry& metrics);
// What the API refused for good since the start, in its own words.
[[nodiscard]] std::string dead_letters_json(const delivery::DeadLetters::State& letters);
// Records and requests delivered since the start by route and key, the route of records first, with what is wrong on
// each. `delivered`: the sum over all of them.
[[nodiscard]] std::string routes_json(const config::Api& api, const delivery::State& delivery, std::uint64_t delivered);

}  // namespace respand::app
