#include "record/otlp_rules.h"

namespace respand::record {

// Goes back to the last * only, so it takes at most (length of the pattern) x (length of the text) steps.
bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::optional<RuleIndex> attribute_rule(const Rules::Compiled& rules, std::string_view key) {
  for (std::size_t i = 0; i < rules.attributes.size(); ++i) {
    if (glob_matches(rules.attributes[i], key)) {
      return static_cast<RuleIndex>(rules.pointer_rules + i);
    }
  }
  return std::nullopt;
}

// The detectors are the last of the rules.
RuleIndex rule_of(const Rules::Compiled& rules, Detector detector) {
  return static_cast<RuleIndex>(rules.names.size() - kDetectors.size() + static_cast<std::size_t>(detector));
}

}  // namespace respand::record
