#pragma once
// The member `fleet` of `status --json`, and what it means for the member `state`. Pure.

#include <string>

#include "app/fleet_link.h"

namespace respand::app {

// An object, as docs/openapi/control.yaml has it.
[[nodiscard]] std::string fleet_json(const FleetState& fleet);
// Whether it needs somebody to put something right; else it passes by itself. Requires: not kNone.
[[nodiscard]] bool is_paused(fleet::EdgeCondition condition) noexcept;

}  // namespace respand::app
