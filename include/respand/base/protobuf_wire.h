#pragma once
// The wire format of Protocol Buffers, field by field, and the writing of one. A reader of our own, of a page: what is
// read are a few nested fields of OTLP, and a library with generated classes would add a second copy of each. Pure.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "respand/base/leb128.h"

namespace respand {

enum class Wire : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

class WireReader {
 public:
  // `bytes` are borrowed.
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  struct Field {
    std::uint64_t number = 0;
    Wire wire = Wire::kVarint;
    std::string_view content{};  // of kBytes
    std::uint64_t value = 0;     // of kVarint
    std::string_view whole{};    // with its tag, as it is written
  };

  [[nodiscard]] bool done() const { return rest_.empty(); }
  // Takes the next field. False where it is broken.
  [[nodiscard]] bool next(Field& field) {
    const std::string_view before = rest_;
    field = {};
    std::uint64_t tag = 0;
    if (!varint(tag) || tag >> 3U == 0) {
      return false;
    }
    field.number = tag >> 3U;
    field.wire = static_cast<Wire>(tag & 7U);
    const bool read = body(field);
    field.whole = before.substr(0, before.size() - rest_.size());
    return read;
  }

 private:
  [[nodiscard]] bool body(Field& field) {
    std::uint64_t size = 0;
    switch (field.wire) {
      case Wire::kVarint:
        return varint(field.value);
      case Wire::kFixed64:
        return skip(8);
      case Wire::kFixed32:
        return skip(4);
      case Wire::kBytes:
        if (!varint(size) || size > rest_.size()) {
          return false;
        }
        field.content = rest_.substr(0, static_cast<std::size_t>(size));
        return skip(static_cast<std::size_t>(size));
    }
    return false;  // Groups (3, 4) are of proto2.
  }
  [[nodiscard]] bool skip(std::size_t size) {
    if (size > rest_.size()) {
      return false;
    }
    rest_.remove_prefix(size);
    return true;
  }
  [[nodiscard]] bool varint(std::uint64_t& out) {
    const auto number = take_leb128(rest_);
    out = number.value_or(0);
    return number.has_value();
  }

  std::string_view rest_;
};

inline void put_varint(std::string& out, std::uint64_t value) {
  put_leb128(value, [&out](std::uint8_t byte) { out.push_back(static_cast<char>(byte)); });
}

// A field of bytes.
inline void put_field(std::string& out, std::uint64_t number, std::string_view content) {
  put_varint(out, number << 3U | static_cast<std::uint64_t>(Wire::kBytes));
  put_varint(out, content.size());
  out.append(content);
}

}  // namespace respand
