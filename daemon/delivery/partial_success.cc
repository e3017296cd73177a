#include "delivery/partial_success.h"

#include <charconv>

#include "respand/base/protobuf_wire.h"

namespace respand::delivery {
namespace {

// The field of a message that is one; nothing where there is none, or it is broken.
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
  for (const std::string_view name : {R"("rejectedSpans")", R"("rejected_spans")"}) {
    std::size_t at = answer.find(name);
    if (at == std::string_view::npos) {
      continue;
    }
    at = answer.find_first_not_of(" \t\r\n:\"", at + name.size());
    std::uint64_t rejected = 0;
    if (at != std::string_view::npos) {
      std::from_chars(answer.data() + at, answer.data() + answer.size(), rejected);
    }
    return rejected;
  }
  return 0;
}

}  // namespace

std::uint64_t rejected_spans(std::string_view answer, bool protobuf) {
  // A request holds 20 MiB: a larger number of spans is no word of a server's that can be believed.
  constexpr std::uint64_t kMost = 10'000'000;
  const std::uint64_t rejected = protobuf ? in_protobuf(answer) : in_json(answer);
  return rejected > kMost ? 0 : rejected;
}

}  // namespace respand::delivery
