#pragma once
// Looks a name up among a few that are known at compile time: one hash of its length and three of its letters, one
// comparison. Private to the module.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace respand::record {

template <std::size_t N>
class NameTable {
 public:
  static constexpr std::size_t kNone = N;

  // Requires: different names, none empty; fewer than 128.
  constexpr explicit NameTable(const std::array<std::string_view, N>& names) : names_(names) {
    while (!place_all()) {
      ++seed_;
    }
  }

  // The place of `name`, or kNone.
  [[nodiscard]] constexpr std::size_t find(std::string_view name) const {
    if (name.empty()) {
      return kNone;
    }
    const std::size_t at = slots_[hash(name)];
    return at != kNone && names_[at] == name ? at : kNone;
  }

 private:
  static_assert(N < 128);

  [[nodiscard]] constexpr std::size_t hash(std::string_view name) const {
    const auto letter = [&name](std::size_t at) {
      return static_cast<std::uint32_t>(static_cast<std::uint8_t>(name[at]));
    };
    const std::uint32_t mixed = (static_cast<std::uint32_t>(name.size()) | letter(0) << 8 |
                                 letter(name.size() / 2) << 16 | letter(name.size() - 1) << 24) *
                                (2 * seed_ + 0x9E3779B1);
    return mixed >> 24;
  }
  constexpr bool place_all() {
    slots_.fill(static_cast<std::uint8_t>(kNone));
    for (std::size_t i = 0; i < N; ++i) {
      std::uint8_t& slot = slots_[hash(names_[i])];
      if (slot != kNone) {
        return false;
      }
      slot = static_cast<std::uint8_t>(i);
    }
    return true;
  }

  std::array<std::string_view, N> names_;
  std::array<std::uint8_t, 256> slots_{};
  std::uint32_t seed_ = 0;
};

}  // namespace respand::record
