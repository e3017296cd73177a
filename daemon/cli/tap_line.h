#pragma once
// A line of the tap (GET /tap of the control socket) for people: time, outcome, code, milliseconds, model, customer,
// and the record, on one line that a terminal can be given. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace respand::cli {

// How many records were left out because this reader was slow; nothing where the line is about a record.
[[nodiscard]] std::optional<std::uint64_t> left_out(std::string_view line);
// Requires: a line as the daemon writes it; what is not is shown as it is, made printable.
[[nodiscard]] std::string tap_line(std::string_view line);

}  // namespace respand::cli
