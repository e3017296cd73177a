#pragma once
// Whole numbers in seven bits a byte, the lowest first (LEB128, the varint of Protocol Buffers): on disk in the
// journal's cursor, the ledger's histograms and the attributes of records, and in OTLP. Pure; any thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace respand {

// Bytes of the largest number.
inline constexpr std::size_t kMaxLeb128 = 10;

// Calls put(byte) for each byte of the number.
template <typename Put>
constexpr void put_leb128(std::uint64_t number, const Put& put) {
  for (; number >= 0x80; number >>= 7U) {
    put(static_cast<std::uint8_t>((number & 0x7FU) | 0x80U));
  }
  put(static_cast<std::uint8_t>(number));
}

// Takes a number from the front. Nothing where `bytes` end before it does, or where it has more than kMaxLeb128 bytes;
// how many were taken is then open. Bits above the 64th are dropped.
[[nodiscard]] constexpr std::optional<std::uint64_t> take_leb128(std::string_view& bytes) {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 7 * kMaxLeb128 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    number |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) {
      return number;
    }
  }
  return std::nullopt;
}

}  // namespace respand
