#pragma once
// What was too large when the rules about size came (size_rules.h). The lists may only shrink: an entry that is needed
// no more, or a size that could be smaller, is taken out by whoever splits the file or the class.

#include <vector>

#include "tests/house/size_rules.h"

namespace respand::house {

inline std::vector<Exception> long_files() {
  return {
      {"daemon/fs/fault_machine.cc", 408},
      {"tests/fs/power_cut_test.cc", 408},
  };
}

inline std::vector<Exception> large_classes() {
  return {
      {"daemon/fs/fault_machine.h Machine", 50},
      {"daemon/record/field_extractor.h FieldExtractor", 48},
      {"daemon/record/redactor.h Redactor", 52},
  };
}

}  // namespace respand::house
