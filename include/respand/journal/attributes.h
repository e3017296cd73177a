#pragma once
// Attributes: what stands in front of a record's payload in the journal, as a list of tag u8, length u16
// (little-endian), value. Of them the journal itself reads only the name of a key, to tell the ways of delivery apart.
// encode and spool write them; spool, delivery and the ledger read them. Pure; any thread.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "respand/base/check.h"

namespace respand::journal {

static_assert(std::endian::native == std::endian::little, "attributes are read and written with plain copies");

// What an attribute is. The number is stored, so it is never used for anything else. An attribute with an unknown tag
// is kept and passed over.
enum class Tag : std::uint8_t {
  kSpoolOrigin = 1,   // which line of which spool file: the spool's own encoding (daemon/spool/origin.h)
  kAccount = 2,       // what the ledger counts of the record (record/usage_summary.h); of a request, one for each call
  kSampledOut = 3,    // u8 1: why the record is not delivered (Deliver::kNo in writer.h)
  kContentType = 4,   // text: of a body that is not application/json
  kQuery = 5,         // text: what stood behind the question mark of the route
  kKey = 6,           // text: the name in api.keys of the key that it goes out under; never the key
  kHeaders = 7,       // text: headers of the request that are posted with it: whole lines, each with its "\r\n"
  kStreamOrigin = 8,  // of a relay: which record of which edge it is (daemon/fleet/FORMAT.md)
};

// Bytes of an attribute's tag and length.
inline constexpr std::size_t kAttributeHead = 3;

// Writes a list to memory of the caller's.
class AttributeWriter {
 public:
  // `out` has `capacity` bytes and is borrowed.
  AttributeWriter(char* out, std::size_t capacity) : out_(out), capacity_(capacity) {}

  // Begins an attribute and returns where its value is to be written: up to `max_value` bytes.
  // Requires: room for them and kAttributeHead.
  [[nodiscard]] char* begin(Tag tag, std::size_t max_value) {
    RESPAND_CHECK(max_value <= UINT16_MAX && size_ + kAttributeHead + max_value <= capacity_);
    out_[size_] = static_cast<char>(tag);
    return out_ + size_ + kAttributeHead;
  }
  // Ends the attribute with the length that was written. Requires: begin() was called.
  void end(std::size_t value) {
    const auto length = static_cast<std::uint16_t>(value);
    std::memcpy(out_ + size_ + 1, &length, sizeof length);
    size_ += kAttributeHead + value;
  }
  // Appends a list of attributes. Requires: room for it.
  void append(std::string_view list) {
    RESPAND_CHECK(size_ + list.size() <= capacity_);
    size_ += list.copy(out_ + size_, list.size());  // An empty one may have no bytes to point to.
  }
  // What was written so far, as a view of the caller's memory.
  [[nodiscard]] std::string_view list() const { return {out_, size_}; }

 private:
  char* out_;
  std::size_t capacity_;
  std::size_t size_ = 0;
};

// An attribute of a list, which its value points into.
struct Attribute {
  // The tag may be one that this version does not know.
  Tag tag;
  std::string_view value;
};

// Takes the first attribute off the list; nothing where the list is at its end, or is cut off.
[[nodiscard]] inline std::optional<Attribute> take_attribute(std::string_view& list) noexcept {
  if (list.size() < kAttributeHead) {
    return std::nullopt;
  }
  std::uint16_t length = 0;
  std::memcpy(&length, list.data() + 1, sizeof length);
  if (kAttributeHead + length > list.size()) {
    return std::nullopt;
  }
  const Attribute attribute{static_cast<Tag>(list.front()), list.substr(kAttributeHead, length)};
  list.remove_prefix(kAttributeHead + length);
  return attribute;
}

// The value of the first attribute with this tag; nothing where there is none, or the list is cut off before it.
[[nodiscard]] inline std::string_view find_attribute(std::string_view list, Tag tag) noexcept {
  while (const auto attribute = take_attribute(list)) {
    if (attribute->tag == tag) {
      return attribute->value;
    }
  }
  return {};
}

}  // namespace respand::journal
