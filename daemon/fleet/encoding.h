#pragma once
// How numbers and checksums stand in what edges and relays exchange and keep (FORMAT.md). Pure.

#include <xxhash.h>

#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace respand::fleet {

static_assert(std::endian::native == std::endian::little, "the formats are read and written with plain copies");

inline constexpr std::size_t kChecksumSize = 8;
inline constexpr std::size_t kHexDigits = 16;  // of a number of 64 bits

// Appends the number's bytes.
template <typename Number>
void put_number(std::string& out, Number number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  out.append(bytes, sizeof bytes);
}

// Requires: so many bytes are there.
template <typename Number>
[[nodiscard]] Number number_at(std::string_view bytes, std::size_t offset) {
  Number number;
  std::memcpy(&number, bytes.data() + offset, sizeof number);
  return number;
}

// Appends the checksum of all that stands there.
inline void put_checksum(std::string& out) { put_number(out, std::uint64_t{XXH3_64bits(out.data(), out.size())}); }

// Whether something stands there, and behind it its checksum.
[[nodiscard]] inline bool checksum_fits(std::string_view bytes) {
  if (bytes.size() <= kChecksumSize) {
    return false;
  }
  const std::size_t checked = bytes.size() - kChecksumSize;
  return number_at<std::uint64_t>(bytes, checked) == XXH3_64bits(bytes.data(), checked);
}

// The number in kHexDigits digits.
[[nodiscard]] inline std::string hexadecimal(std::uint64_t number) {
  std::array<char, kHexDigits + 1> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(number));
  return text.data();
}

// The number that the whole text is; nothing where it is none.
[[nodiscard]] inline std::optional<std::uint64_t> whole_number(std::string_view text, int base) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return failure == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

}  // namespace respand::fleet
