#include "tests/house/size_rules.h"

#include <map>

#include "respand/base/text.h"

namespace respand::house {

std::vector<ClassSize> class_sizes(std::string_view header) { return declarations_in(header).classes; }

std::vector<std::string> check_sizes(const std::vector<Sized>& all, std::size_t most, std::string_view unit,
                                     const std::vector<Exception>& exceptions) {
  std::vector<std::string> wrong;
  std::map<std::string_view, std::size_t> allowed;
  for (const Exception& exception : exceptions) {
    allowed[exception.name] = exception.most;
  }
  for (const Sized& one : all) {
    const auto exception = allowed.find(one.name);
    const std::size_t limit = exception != allowed.end() ? exception->second : most;
    if (one.size > limit) {
      wrong.push_back(cat(one.name, ": ", one.size, " ", unit, ", at most ", limit, ": make several of it"));
    }
    if (exception != allowed.end() && one.size > most) {
      allowed.erase(exception);  // still needed
    }
  }
  for (const auto& [name, size] : allowed) {
    wrong.push_back(cat(name, ": is no exception any more (", size, " ", unit, "): take it from the list"));
  }
  return wrong;
}

}  // namespace respand::house
