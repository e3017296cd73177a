#pragma once
// What both forms of OTLP share when they are masked. Private to the module.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/detectors.h"
#include "record/rules_compiled.h"
#include "respand/record/otlp.h"

namespace respand::record {

// The rule of redact_attributes that matches the key; none where no rule does. `*` is any text, `?` any character.
[[nodiscard]] std::optional<RuleIndex> attribute_rule(const Rules::Compiled& rules, std::string_view key);
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);
// The rule of a detector.
[[nodiscard]] RuleIndex rule_of(const Rules::Compiled& rules, Detector detector);

inline constexpr std::string_view kMaskedAttribute = "[redacted]";

}  // namespace respand::record
