// What connections hand to the next process, out of foreign bytes: what is believed is sound, and has one form.

#include "sockets/connection_state.h"

#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand;
  using namespace respand::fuzz;
  const std::string_view text = text_of(data, size);
  const Block block(text);
  const auto connection_state = sockets::parse_connection_state(block.view());
  if (!connection_state) {
    return 0;
  }
  claim(connection_state->told <= connection_state->lines, "the peer was told only of lines that were begun");
  std::uint64_t behind = 0;
  for (const sockets::ConnectionState::Run& run : connection_state->refused) {
    claim(behind < run.first && run.first <= run.last && run.last <= connection_state->lines, "lines in their order");
    behind = run.last;
  }
  claim(connection_state->output.size() <= sockets::kMostOutput, "no more than a connection holds");
  std::string again;
  put(again, *connection_state);
  claim(again == text, "one form for each value");
  return 0;
}
