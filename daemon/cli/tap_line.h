#pragma once
// Makes a line of the tap (GET /tap of the control socket) readable: time, outcome, code, milliseconds, model,
// customer, and the record, on one line that is safe for a terminal. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "respand/delivery/tap_outcome.h"

namespace respand::cli {

// How many records were left out because this reader was slow; none where the line is about a record.
[[nodiscard]] std::optional<std::uint64_t> left_out(std::string_view line);
// What has become of a record, as a line says; nothing where the line is about something else.
struct Told {
  std::uint64_t sequence = 0;
  delivery::TapOutcome outcome = delivery::TapOutcome::kRetried;
  std::string code;   // "200"
  std::string words;  // the API's answer, or why it failed; one line
};
[[nodiscard]] std::optional<Told> told_of(std::string_view line);
// The readable line. A line that is not as the daemon writes it is only made printable.
[[nodiscard]] std::string tap_line(std::string_view line);

}  // namespace respand::cli
