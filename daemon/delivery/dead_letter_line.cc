#include "delivery/dead_letter_line.h"

#include "respand/base/text.h"
#include "respand/json/reader.h"

namespace respand::delivery {

std::optional<DeadLetterLine> parse_letter(std::string_view line) {
  DeadLetterLine letter;
  json::Reader reader(line);
  if (!reader.skip(R"({"time":)") || !reader.string(letter.time) || !reader.skip(R"(,"sequence":)") ||
      !reader.number(letter.sequence.value) || !reader.skip(R"(,"reason":)") || !reader.string(letter.reason) ||
      !reader.skip(R"(,"status":)") || !reader.number(letter.status) || !reader.skip(R"(,"answer":)") ||
      !reader.string(letter.answer) || !reader.skip(R"(,"attempts":)") || !reader.number(letter.attempts) ||
      (reader.skip(R"(,"route":)") && !reader.string(letter.route)) ||
      (reader.skip(R"(,"key":)") && !reader.string(letter.key)) ||
      (reader.skip(R"(,"query":)") && !reader.string(letter.query)) ||
      (reader.skip(R"(,"headers":)") && !reader.string(letter.headers)) || !reader.skip(R"(,"record":)")) {
    return std::nullopt;
  }
  letter.record = reader.rest();
  if (!letter.record.starts_with('{') || !letter.record.ends_with("}}")) {
    return std::nullopt;
  }
  letter.record.remove_suffix(1);
  return letter;
}

std::string without_record(const DeadLetterLine& letter, std::string_view line) {
  const std::string_view head(line.data(), static_cast<std::size_t>(letter.record.data() - line.data()));
  return cat(head.substr(0, head.rfind(",\"record\":")), ",\"bytes\":", letter.record.size(), "}");
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
