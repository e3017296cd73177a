// DocumentWalk and FaultFinder against RapidJSON over the same bytes: the same texts are accepted, with the same events
// at the same places, and what is refused has a fault that can be told.

#include "record/document_walk.h"

#include "record/fault_finder.h"
#include "respand/record/record_parser.h"
#include "tests/fuzz/input.h"
#include "tests/record/walk_reference.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand;
  using namespace respand::fuzz;
  constexpr std::uint32_t kDepth = 9;  // so that inputs of a few bytes reach it
  static record::DocumentWalk walk(kDepth);
  static record::FaultFinder fault_finder(kDepth);
  static record::RecordParser parser(kibibytes(64), kDepth);
  const Block block(text_of(data, size));
  const std::string_view text = block.view();
  const auto wanted = record::reference_events(text, kDepth);
  const auto got = record::walk_events(text, walk);
  claim(got.has_value() == wanted.has_value(), wanted ? "refused, but right" : "accepted, but wrong");
  claim(!wanted || *got == *wanted, "the events are the same");
  const auto fault = fault_finder.find(text);
  claim(fault.has_value() == !wanted, "a fault is found where there is one");
  const record::ParsedRecord parsed = parser.parse(text);
  claim(parsed.ok == (wanted && size <= 64 * 1024), "the parser goes by the walk");
  claim(parsed.ok || parsed.refusal.byte <= std::max<std::size_t>(size, 64 * 1024), "a refusal says where");
  return 0;
}
