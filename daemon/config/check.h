#pragma once
// Checks that need several keys together, or a look at the machine. Used by load.cc.

#include "config/keys.h"
#include "config/report.h"
#include "config/written.h"

namespace respand::config {

// Reports keys that contradict each other and files that are named but can't be read; warns of what is probably not
// meant.
void check(const Draft& draft, const Written& written, const Environment& environment, Report& report);

}  // namespace respand::config
