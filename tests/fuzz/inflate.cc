// inflate_body: of no bytes does more come out than the limit, and what comes out is the same each time.

#include "respand/http1/inflate.h"

#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand;
  using namespace respand::fuzz;
  const std::string_view text = text_of(data, size);
  SeededRandom random(seed_of(text));
  const std::size_t limit = random.below(100'000);
  for (const auto packing :
       {http1::Packing::kNone, http1::Packing::kGzip, http1::Packing::kDeflate, http1::Packing::kZstd}) {
    const Block block(text);
    std::string out;
    const auto result = http1::inflate_body(packing, block.view(), limit, out);
    claim(out.size() <= limit, "no more than the limit");
    claim(result == http1::Inflated::kGood || out.empty(), "of a failure nothing is kept");
    std::string again = "x";
    claim(http1::inflate_body(packing, block.view(), limit, again) == result && again == out, "the same each time");
  }
  return 0;
}
