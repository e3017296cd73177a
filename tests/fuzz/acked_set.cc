// AckedSet: against a plain set of numbers over any operations; and what decode() takes from any bytes.

#include <set>

#include "journal/acked_set.h"
#include "tests/fuzz/input.h"

namespace respand::fuzz {
namespace {

using journal::AckedSet;

bool same(const AckedSet& a, const AckedSet& b) {
  return a.floor() == b.floor() && a.above_floor() == b.above_floor() && a.ranges() == b.ranges() && a.end() == b.end();
}

void check_bytes(std::string_view text) {
  const auto set = AckedSet::decode(std::as_bytes(std::span(text)));
  if (!set) {
    return;
  }
  const auto encoded = set->encode(1 << 20);
  const auto again = AckedSet::decode(encoded);
  claim(again && same(*set, *again), "a set that was read can be written");
  const auto cut = AckedSet::decode(set->encode(64));
  claim(cut && cut->floor() == set->floor() && cut->end() <= set->end(),
        "without room the highest ranges are left out");
}

void check_operations(Source source) {
  constexpr std::uint64_t kEnd = 300;
  AckedSet set(Sequence{1});
  std::set<std::uint64_t> model;
  while (!source.empty()) {
    const std::uint64_t first = source.byte();
    const std::uint64_t end = first + source.byte() % 32;
    std::uint64_t fresh = 0;
    for (std::uint64_t s = std::max<std::uint64_t>(first, 1); s < end; ++s) {
      fresh += model.insert(s).second ? 1U : 0U;
    }
    claim(set.add_range(Sequence{first}, Sequence{end}) == fresh, "it says how many are new");
  }
  std::uint64_t floor = 1;
  while (model.contains(floor)) {
    ++floor;
  }
  claim(set.floor() == Sequence{floor}, "the floor is the lowest that is open");
  claim(set.above_floor() == model.size() - (floor - 1), "it counts those above");
  for (std::uint64_t s = 1; s < kEnd; ++s) {
    claim(set.contains(Sequence{s}) == model.contains(s), "it contains what was added");
  }
  const auto again = AckedSet::decode(set.encode(1 << 20));
  claim(again && same(set, *again), "what was written is read");
}

}  // namespace
}  // namespace respand::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand::fuzz;
  const Block block(text_of(data, size));
  check_bytes(block.view());
  check_operations(Source(block.view()));
  return 0;
}
