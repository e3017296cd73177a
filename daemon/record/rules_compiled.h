#pragma once
// A Rules in the form that Redactor follows. Private to the module; immutable.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "record/defaults.h"
#include "record/detectors.h"
#include "record/pointers.h"
#include "respand/record/rules.h"

namespace respand::record {

struct Rules::Compiled {
  explicit Compiled(const Settings& settings);

  Pointers pointers;
  DetectorSet detectors = 0;
  std::size_t pointer_rules = 0;        // in `names` so many are pointers; attributes and detectors follow
  std::vector<std::string> attributes;  // patterns
  Defaults defaults;
  Sampling sample;
  std::vector<std::string> names;
  std::vector<std::vector<std::string>> dimensions;  // their steps, without escapes
  bool identify = false;
  struct KeyMatch {
    std::vector<std::pair<std::vector<std::string>, std::string>> match;  // steps, without escapes; value
    std::optional<std::uint32_t> uid;
    std::string key;
  };
  std::vector<KeyMatch> keys;
  // A pointer leads to a field that may be extracted from a raw call, or into one.
  bool masks_extracted = false;
  // Bit n: the name of a member of the outermost object that has n bytes (modulo 64) may matter to a rule.
  std::uint64_t lengths = 0;
};

// What the detectors look at: these members of the outermost object, at any depth beneath. The prompts and answers in
// the shapes that Respan and the providers use, and errors, since providers quote keys in them.
[[nodiscard]] bool is_text_field(std::string_view name);
[[nodiscard]] std::uint64_t text_field_lengths();

}  // namespace respand::record
