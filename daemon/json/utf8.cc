#include "respand/json/utf8.h"

namespace respand::json {

bool is_control(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) {
    return byte(0) < 0x20 || byte(0) == 0x7F;
  }
  if (character.size() == 2) {
    return (byte(0) == 0xC2 && byte(1) < 0xA0) || (byte(0) == 0xD8 && byte(1) == 0x9C);
  }
  return byte(0) == 0xE2 &&
         ((byte(1) == 0x80 && ((byte(2) >= 0xA8 && byte(2) <= 0xAE) || byte(2) == 0x8E || byte(2) == 0x8F)) ||
          (byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9));
}

std::uint32_t code_point(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(character[i])); };
  return character.size() == 1   ? byte(0)
         : character.size() == 2 ? (byte(0) & 0x1FU) << 6 | (byte(1) & 0x3FU)
                                 : (byte(0) & 0x0FU) << 12 | (byte(1) & 0x3FU) << 6 | (byte(2) & 0x3FU);
}

std::size_t put_utf8(char* out, std::uint32_t point) {
  const auto put = [&out](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
  const auto tail = [&put, point](unsigned shift) { put(0x80 | ((point >> shift) & 0x3F)); };
  if (point < 0x80) {
    put(point);
    return 1;
  }
  if (point < 0x800) {
    put(0xC0 | (point >> 6));
    tail(0);
    return 2;
  }
  if (point < 0x10000) {
    put(0xE0 | (point >> 12));
    tail(6);
    tail(0);
    return 3;
  }
  put(0xF0 | (point >> 18));
  tail(12);
  tail(6);
  tail(0);
  return 4;
}

}  // namespace respand::json
