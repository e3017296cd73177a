// LineFramer: a text gives the same frames however it is cut, and those that cutting at each \n gives.

#include "respand/base/text.h"
#include "respand/record/frame.h"
#include "tests/fuzz/input.h"

namespace respand::fuzz {
namespace {

using record::Frame;
using Frames = std::vector<std::string>;

const std::string kTooLarge = "too large\n";  // no frame has a \n

void note(Frames& frames, Frame said, record::LineFramer& framer, Bytes limit) {
  claim(said == Frame::kComplete || said == Frame::kTooLarge, "a line is there or too large");
  frames.push_back(said == Frame::kComplete ? std::string(framer.frame()) : kTooLarge);
  claim(said == Frame::kTooLarge || framer.frame().size() <= limit.value, "no frame is over the limit");
}

Frames read(const std::vector<std::string_view>& pieces, Bytes limit) {
  record::LineFramer framer(limit);
  Frames frames;
  for (const std::string_view piece : pieces) {
    const Block block(piece);
    std::string_view input = block.view();
    for (Frame said = framer.next(input); said != Frame::kNone; said = framer.next(input)) {
      note(frames, said, framer, limit);
    }
    claim(input.empty(), "all input is taken");
    claim(framer.memory() <= 2 * limit.value + 64, "memory is bounded by the limit");
  }
  if (const Frame said = framer.finish(); said != Frame::kNone) {
    note(frames, said, framer, limit);
  }
  claim(framer.finish() == Frame::kNone, "the last line is said once");
  return frames;
}

Frames expected(std::string_view text, Bytes limit) {
  Frames frames;
  const bool marked = text.starts_with(record::kByteOrderMark);
  text = record::without_byte_order_mark(text);
  if (text.empty() && marked) {
    return {""};
  }
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    frames.push_back(line.size() > limit.value ? kTooLarge : std::string(line));
  }
  return frames;
}

}  // namespace
}  // namespace respand::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand;
  using namespace respand::fuzz;
  const std::string_view text = text_of(data, size);
  SeededRandom random(seed_of(text));
  const Bytes limit{1 + random.below(24)};
  const Frames whole = read({text}, limit);
  claim(whole == expected(text, limit), "frames are the lines");
  for (const std::size_t usual : {1U, 3U, 20U}) {
    claim(read(pieces_of(text, usual, random), limit) == whole, "cuts change nothing");
  }
  return 0;
}
