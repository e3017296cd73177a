#pragma once
// What an operator has asked the daemon for: it is logged each time, however often it comes. Other events of one kind
// are held back where there are too many of them (log.h). Any thread.

#include <string_view>

#include "respand/base/log.h"

namespace respand::log {

// At level info, where the log shows that.
void audit(std::string_view event, Fields fields);

}  // namespace respand::log
