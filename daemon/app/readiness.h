#pragma once
// The answers to /readyz and /readyz/intake: "ready", or a line for each reason why not. Pure.

#include <string>

#include "app/status.h"

namespace respand::app {

// Whether records can be taken in and delivered. A short silence that the API asked for does not count.
[[nodiscard]] bool is_ready(const StatusSnapshot& look);
// Whether records can be taken in, whatever the API does. Load balancers and orchestrators should use this one.
[[nodiscard]] bool takes_records(const StatusSnapshot& look);
// "ready", or the reasons, each in its line; and a line about stuck records, if there are any.
[[nodiscard]] std::string ready_text(const StatusSnapshot& look);
// The same for taking records in only.
[[nodiscard]] std::string intake_text(const StatusSnapshot& look);

}  // namespace respand::app
