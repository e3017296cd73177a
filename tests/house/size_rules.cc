#include "tests/house/size_rules.h"

#include "respand/base/text.h"

namespace respand::house {

std::vector<ClassSize> class_sizes(std::string_view header) { return declarations_in(header).classes; }

std::vector<std::string> check_sizes(const std::vector<Sized>& all, std::size_t most, std::string_view unit) {
  std::vector<std::string> wrong;
  for (const Sized& one : all) {
    if (one.size > most) {
      wrong.push_back(cat(one.name, ": ", one.size, " ", unit, ", at most ", most, ": make several of it"));
    }
  }
  return wrong;
}

}  // namespace respand::house
