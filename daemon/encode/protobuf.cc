#include "encode/protobuf.h"

#include <array>
#include <cstdint>

#include "respand/base/protobuf_wire.h"

namespace respand::encode {
namespace {

// The field that holds the next level, from the request down to its spans.
constexpr std::array<std::uint64_t, 3> kWay{1, 2, 2};

// Whether a message is well-formed at this level of kWay and below; 0: the request itself.
bool well_formed(std::string_view bytes, std::size_t level) {
  for (WireReader reader(bytes); !reader.done();) {
    WireReader::Field field;
    if (!reader.next(field)) {
      return false;
    }
    if (level < kWay.size() && field.number == kWay[level] &&
        (field.wire != Wire::kBytes || !well_formed(field.content, level + 1))) {
      return false;
    }
  }
  return true;
}

}  // namespace

record::ParsedRecord check_protobuf(std::string_view bytes) {
  record::ParsedRecord parsed;
  parsed.ok = well_formed(bytes, 0);
  if (!parsed.ok) {
    parsed.refusal = {record::Reason::kNotJson, 0, "not an export request of traces in protobuf"};
  }
  return parsed;
}

}  // namespace respand::encode
