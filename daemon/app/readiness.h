#pragma once
// What /readyz and /readyz/intake say: "ready", or a line a reason why not. Pure.

#include <string>

#include "app/status.h"

namespace respand::app {

// Records can be taken in and delivered; a short silence that the API asked for does not count.
[[nodiscard]] bool is_ready(const StatusSnapshot& look);
// Records can be taken in, whatever the API does: what a load balancer or an orchestrator must go by.
[[nodiscard]] bool takes_records(const StatusSnapshot& look);
// "ready" or the reasons, each in its line, and a line about records that are stuck.
[[nodiscard]] std::string ready_text(const StatusSnapshot& look);
// The same of taking records in alone.
[[nodiscard]] std::string intake_text(const StatusSnapshot& look);

}  // namespace respand::app
