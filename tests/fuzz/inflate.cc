// inflate_body: of no bytes does more come out than the limit, and what comes out is the same each time.

#include "sockets/inflate.h"

#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand;
  using namespace respand::fuzz;
  const std::string_view text = text_of(data, size);
  SeededRandom random(seed_of(text));
  const std::size_t limit = random.below(100'000);
  for (const auto packing :
       {sockets::Packing::kNone, sockets::Packing::kGzip, sockets::Packing::kDeflate, sockets::Packing::kZstd}) {
    const Block block(text);
    std::string out;
    const auto result = sockets::inflate_body(packing, block.view(), limit, out);
    claim(out.size() <= limit, "no more than the limit");
    claim(result == sockets::Inflated::kGood || out.empty(), "of a failure nothing is kept");
    std::string again = "x";
    claim(sockets::inflate_body(packing, block.view(), limit, again) == result && again == out, "the same each time");
  }
  return 0;
}
