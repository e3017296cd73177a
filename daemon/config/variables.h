#pragma once
// Environment variables that stand for keys: RESPAND_SOCKET_PATH is socket.path. Used by load.cc; main thread.

#include <string>
#include <string_view>

#include "config/keys.h"
#include "config/report.h"
#include "config/written.h"

namespace respand::config {

// "delivery.retry.max" -> "RESPAND_DELIVERY_RETRY_MAX".
[[nodiscard]] std::string variable_of(std::string_view key);

// Sets the key's field where its variable is set and not empty. A text that begins with [ or { is read as YAML, any
// other text is the value itself. Mistakes are reported as the environment's.
void read_variable(const Key& key, const Environment& environment, Draft& draft, Written& written, Report& report);

}  // namespace respand::config
