#include "sink/identifier_set.h"

#include <algorithm>
#include <functional>

namespace respand::sink {

bool IdentifierSet::insert(std::string_view identifier) {
  if (used_ >= slots_.size() / 4 * 3) {
    grow();
  }
  const bool fresh = place(std::max<std::uint64_t>(std::hash<std::string_view>{}(identifier), 1));
  used_ += fresh ? 1 : 0;
  return fresh;
}

bool IdentifierSet::place(std::uint64_t hash) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    if (slots_[at] == hash) {
      return false;
    }
    if (slots_[at] == 0) {
      slots_[at] = hash;
      return true;
    }
  }
}

void IdentifierSet::grow() {
  std::vector<std::uint64_t> old(slots_.size() * 2);
  old.swap(slots_);
  for (const std::uint64_t hash : old) {
    if (hash != 0) {
      place(hash);
    }
  }
}

}  // namespace respand::sink
