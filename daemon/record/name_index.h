#pragma once
// The names that lists give as they are, with the entry that each of them finds: what a look-up of a known name costs
// is a hash and a comparison. Private to the module. Immutable once filled; any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace respand::record {

struct PriceEntry;

class NameIndex {
 public:
  // Requires: not there yet, and `finish` was not called.
  void put(std::string_view provider, std::string_view model, const PriceEntry* entry);
  void finish();
  // Null where the names are not known, as they are written.
  [[nodiscard]] const PriceEntry* find(std::string_view provider, std::string_view model) const;

 private:
  struct Known {
    std::uint64_t hash = 0;
    std::uint32_t begin = 0;  // of both names in text_
    std::uint16_t provider = 0;
    std::uint16_t model = 0;
    const PriceEntry* entry = nullptr;
  };

  std::string text_;
  std::vector<Known> known_;
  std::vector<std::uint32_t> slots_ = {0};  // 1 + index in known_, 0: empty; open addressing
};

}  // namespace respand::record
