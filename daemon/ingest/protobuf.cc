#include "ingest/protobuf.h"

#include <array>
#include <cstdint>

#include "respand/base/text.h"

namespace respand::ingest {
namespace {

enum class Wire : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool done() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }

  // Takes the next field: its number and, of a field of bytes, these. False where it is broken.
  [[nodiscard]] bool next(std::uint64_t& field, std::string_view& content, Wire& wire) {
    std::uint64_t tag = 0;
    content = {};
    if (!varint(tag) || tag >> 3U == 0) {
      return false;
    }
    field = tag >> 3U;
    wire = static_cast<Wire>(tag & 7U);
    std::uint64_t number = 0;
    switch (wire) {
      case Wire::kVarint:
        return varint(number);
      case Wire::kFixed64:
        return skip(8);
      case Wire::kFixed32:
        return skip(4);
      case Wire::kBytes:
        if (!varint(number) || number > rest_.size()) {
          return false;
        }
        content = rest_.substr(0, static_cast<std::size_t>(number));
        return skip(static_cast<std::size_t>(number));
    }
    return false;  // Groups (3, 4) are of proto2.
  }

 private:
  [[nodiscard]] bool skip(std::size_t size) {
    if (size > rest_.size()) {
      return false;
    }
    rest_.remove_prefix(size);
    return true;
  }
  [[nodiscard]] bool varint(std::uint64_t& out) {
    constexpr unsigned kMostShift = 63;
    out = 0;
    for (unsigned shift = 0; shift <= kMostShift && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      out |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if ((byte & 0x80U) == 0) {
        return true;
      }
    }
    return false;
  }

  std::string_view rest_;
};

// The field that holds the next level, from the request down to its spans.
constexpr std::array<std::uint64_t, 3> kWay{1, 2, 2};

// `level`: how many of them were gone down.
bool well_formed(std::string_view bytes, std::size_t level) {
  for (WireReader reader(bytes); !reader.done();) {
    std::uint64_t field = 0;
    std::string_view content;
    Wire wire{};
    if (!reader.next(field, content, wire)) {
      return false;
    }
    if (level < kWay.size() && field == kWay[level] && (wire != Wire::kBytes || !well_formed(content, level + 1))) {
      return false;
    }
  }
  return true;
}

}  // namespace

record::Checked check_protobuf(std::string_view bytes) {
  record::Checked checked;
  checked.ok = well_formed(bytes, 0);
  if (!checked.ok) {
    checked.refusal = {record::Reason::kNotJson, 0, "not an export request of traces in protobuf"};
  }
  return checked;
}

}  // namespace respand::ingest
