// ElementFramer: a text gives the same frames however it is cut; of a valid one they are its elements.

#include "respand/base/text.h"
#include "respand/record/frame.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/strict_json.h"

namespace respand::fuzz {
namespace {

using record::Frame;

struct Read {
  std::vector<std::string> frames;
  std::string end;  // empty where the text was complete
  bool any_too_large = false;
  friend bool operator==(const Read&, const Read&) = default;
};

// One call's outcome; false where the text can't go on.
bool note(Read& read, Frame said, const record::ElementFramer& framer, Bytes limit, std::string_view text) {
  switch (said) {
    case Frame::kNone:
      return false;
    case Frame::kComplete:
      claim(framer.frame().size() <= limit.value, "no frame is over the limit");
      claim(text.substr(framer.offset()).starts_with(framer.frame()), "a frame stands where offset() says");
      read.frames.emplace_back(framer.frame());
      return true;
    case Frame::kTooLarge:
      read.any_too_large = true;
      read.frames.push_back(cat("too large at ", framer.offset()));
      return true;
    case Frame::kBroken:
      claim(!framer.refusal().message.empty() && framer.refusal().byte <= text.size(), "a refusal says why and where");
      read.end = cat("broken at ", framer.refusal().byte);
      return false;
  }
  return false;
}

Read read(const std::vector<std::string_view>& pieces, Bytes limit, std::string_view text) {
  record::ElementFramer framer(limit);
  Read read;
  for (const std::string_view piece : pieces) {
    const Block block(piece);
    std::string_view input = block.view();
    while (note(read, framer.next(input), framer, limit, text)) {
    }
    if (!read.end.empty()) {
      claim(framer.next(input) == Frame::kBroken, "broken stays broken");
      return read;
    }
    claim(input.empty(), "all input is taken");
  }
  note(read, framer.finish(), framer, limit, text);
  return read;
}

void check_against_judge(std::string_view text, const Read& whole) {
  const auto value = parse_strictly(text);
  if (!value || (value->text.front() != '[' && value->text.front() != '{')) {
    return;
  }
  claim(whole.end.empty(), "a valid text is complete");
  std::vector<std::string> elements(value->elements.begin(), value->elements.end());
  if (value->text.front() == '{') {
    elements.emplace_back(value->text);
  }
  claim(whole.frames == elements, "frames are the elements");
}

}  // namespace
}  // namespace respand::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand;
  using namespace respand::fuzz;
  const std::string_view text = text_of(data, size);
  SeededRandom random(seed_of(text));
  check_against_judge(text, read({text}, Bytes{size + 1}, text));
  const Bytes limit{1 + random.below(40)};
  const Read whole = read({text}, limit, text);
  for (const std::size_t usual : {1U, 3U, 20U}) {
    claim(read(pieces_of(text, usual, random), limit, text) == whole, "cuts change nothing");
  }
  return 0;
}
