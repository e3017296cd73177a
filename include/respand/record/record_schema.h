#pragma once
// A record's form as JSON Schema (draft 7): what respand reads of it, and what a value has to be so that it can. A
// record is the application's: it may hold whatever else it likes, and what does not fit is passed on as it is. Pure.

#include <string>

namespace respand::record {

// Made from the tables that read records (daemon/record/record_fields.h, usage_names.h).
[[nodiscard]] std::string record_schema();

}  // namespace respand::record
