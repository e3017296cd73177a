#pragma once
// What stands around the records of a body: {"logs":[…]}, {"data":[…]}. Looks for boundaries only, as the framers do;
// what is between is judged later. Pure.

#include <cstddef>
#include <optional>
#include <string_view>

#include "respand/record/record_parser.h"
#include "sockets/http_routes.h"

namespace respand::sockets {

struct Wrapped {
  std::optional<record::Refusal> refusal = std::nullopt;  // the body is not of its form
  bool single = false;                                    // one object, not an array
  std::size_t begin = 0;                                  // what the records stand in: an array, or the object itself
  std::size_t end = 0;
};

[[nodiscard]] Wrapped look_at_wrapping(std::string_view text, Form form);

}  // namespace respand::sockets
