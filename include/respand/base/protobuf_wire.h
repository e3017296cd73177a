#pragma once
// Reads and writes the wire format of Protocol Buffers, field by field. The reader is respand's own, a page long: only
// a few nested fields of OTLP are read, and a library with generated classes would add a second copy of each. Pure.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "respand/base/leb128.h"

namespace respand {

// How the value of a field is written. The groups of proto2 (3 and 4) are not known.
enum class Wire : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// Takes the fields of one message in order.
class WireReader {
 public:
  // `bytes` are borrowed.
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  // One field. Its views point into the message. The value of a fixed-width field is only in `whole`.
  struct Field {
    // The field's number in the .proto file, and how its value is written.
    std::uint64_t number = 0;
    Wire wire = Wire::kVarint;
    std::string_view content{};  // of kBytes
    std::uint64_t value = 0;     // of kVarint
    std::string_view whole{};    // with its tag, as it is written
  };

  // Whether all fields were taken.
  [[nodiscard]] bool done() const { return rest_.empty(); }
  // Takes the next field. False where there is no sound one: the rest of the message can't be read then.
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

// Appends a number in LEB128, seven bits a byte.
inline void put_varint(std::string& out, std::uint64_t value) {
  put_leb128(value, [&out](std::uint8_t byte) { out.push_back(static_cast<char>(byte)); });
}

// Appends a field of bytes: a text, or a message within this one.
inline void put_field(std::string& out, std::uint64_t number, std::string_view content) {
  put_varint(out, number << 3U | static_cast<std::uint64_t>(Wire::kBytes));
  put_varint(out, content.size());
  out.append(content);
}

}  // namespace respand
