#pragma once
// What stands around the records of a body: {"logs":[…]}, {"data":[…]}. Only the boundaries are looked for, as the
// framers do; what is between them is checked later. Pure.

#include <cstddef>
#include <optional>
#include <string_view>

#include "respand/record/record_parser.h"
#include "sockets/http_routes.h"

namespace respand::sockets {

struct Wrapped {
  std::optional<record::Refusal> refusal = std::nullopt;  // the body is not of its form
  bool single = false;                                    // one object, not an array
  std::size_t begin = 0;                                  // of the array or object that the records stand in
  std::size_t end = 0;
};

[[nodiscard]] Wrapped look_at_wrapping(std::string_view text, Form form);

}  // namespace respand::sockets
