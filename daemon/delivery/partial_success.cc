#include "delivery/partial_success.h"

#include <optional>

#include "respand/base/protobuf_wire.h"
#include "respand/json/reader.h"
#include "respand/json/text.h"

namespace respand::delivery {
namespace {

// The bytes of an embedded message, by its field number; empty where there is none, or where the bytes are broken.
std::string_view message_in(std::string_view bytes, std::uint64_t number) {
  std::string_view found;
  for (WireReader reader(bytes); !reader.done();) {
    WireReader::Field field;
    if (!reader.next(field)) {
      return {};
    }
    found = field.number == number && field.wire == Wire::kBytes ? field.content : found;
  }
  return found;
}

std::uint64_t in_protobuf(std::string_view answer) {
  std::uint64_t rejected = 0;
  for (WireReader reader(message_in(answer, 1)); !reader.done();) {
    WireReader::Field field;
    if (!reader.next(field)) {
      return 0;
    }
    rejected = field.number == 1 && field.wire == Wire::kVarint ? field.value : rejected;
  }
  return rejected;
}

// An int64, which protobuf's JSON form writes as a string, and many a server as a number.
std::uint64_t in_json(std::string_view answer) {
  std::optional<std::uint64_t> rejected;
  json::Reader reader(answer);
  reader.members([&](std::string_view name, std::string_view value) {
    if (name != "partialSuccess" && name != "partial_success") {
      return;
    }
    json::Reader inner(value);
    inner.members([&](std::string_view member, std::string_view count) {
      if (member == "rejectedSpans" || member == "rejected_spans") {
        rejected = json::number_in<std::uint64_t>(json::decoded(count));
      }
    });
  });
  return rejected.value_or(0);
}

}  // namespace

std::uint64_t rejected_spans(std::string_view answer, bool protobuf) {
  // A request has at most 20 MiB: no larger number of spans can be believed.
  constexpr std::uint64_t kMost = 10'000'000;
  const std::uint64_t rejected = protobuf ? in_protobuf(answer) : in_json(answer);
  return rejected > kMost ? 0 : rejected;
}

}  // namespace respand::delivery
