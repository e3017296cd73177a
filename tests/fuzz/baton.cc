// What connections hand to the next process, out of foreign bytes: what is believed is sound, and has one form.

#include "ingest/baton.h"

#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand;
  using namespace respand::fuzz;
  const std::string_view text = text_of(data, size);
  const Block block(text);
  const auto baton = ingest::parse_baton(block.view());
  if (!baton) {
    return 0;
  }
  claim(baton->told <= baton->lines, "the peer was told only of lines that were begun");
  std::uint64_t behind = 0;
  for (const ingest::Baton::Run& run : baton->refused) {
    claim(behind < run.first && run.first <= run.last && run.last <= baton->lines, "lines in their order");
    behind = run.last;
  }
  claim(baton->output.size() <= ingest::kMostOutput, "no more than a connection holds");
  std::string again;
  put(again, *baton);
  claim(again == text, "one form for each value");
  return 0;
}
