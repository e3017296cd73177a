#include "delivery/dead_letter_line.h"

#include "respand/base/json_pieces.h"

namespace respand::delivery {

std::optional<DeadLetterLine> parse_letter(std::string_view line) {
  DeadLetterLine letter;
  JsonPieces pieces(line);
  if (!pieces.skip(R"({"time":")") || !pieces.string(letter.time) || !pieces.skip(R"(,"sequence":)") ||
      !pieces.number(letter.sequence.value) || !pieces.skip(R"(,"reason":")") || !pieces.string(letter.reason) ||
      !pieces.skip(R"(,"status":)") || !pieces.number(letter.status) || !pieces.skip(R"(,"answer":")") ||
      !pieces.string(letter.answer) || !pieces.skip(R"(,"attempts":)") || !pieces.number(letter.attempts) ||
      (pieces.skip(R"(,"route":")") && !pieces.string(letter.route)) ||
      (pieces.skip(R"(,"key":")") && !pieces.string(letter.key)) ||
      (pieces.skip(R"(,"query":")") && !pieces.string(letter.query)) ||
      (pieces.skip(R"(,"headers":")") && !pieces.string(letter.headers)) || !pieces.skip(R"(,"record":)")) {
    return std::nullopt;
  }
  letter.record = pieces.rest();
  if (!letter.record.starts_with('{') || !letter.record.ends_with("}}")) {
    return std::nullopt;
  }
  letter.record.remove_suffix(1);
  return letter;
}

std::string answer_text(const DeadLetterLine& letter) {
  std::string text;
  for (std::size_t at = 0; at < letter.answer.size(); ++at) {
    if (letter.answer[at] == '\\' && at + 1 < letter.answer.size()) {
      ++at;
    }
    text.push_back(letter.answer[at]);
  }
  return text;
}

}  // namespace respand::delivery
