#pragma once
// A record's form as JSON Schema (draft 7): the members that respand reads, and what their values must be so that it
// can. A record may hold anything else that the application likes, and what does not fit is passed on as it is. Pure.

#include <string>

namespace respand::record {

// The schema, made from the tables by which records are read (daemon/record/record_fields.h, usage_names.h).
[[nodiscard]] std::string record_schema();

}  // namespace respand::record
