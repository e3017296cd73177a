#include "delivery/letter_line.h"

#include <charconv>

namespace respand::delivery {
namespace {

// Takes what is expected from the front of a line, piece by piece.
class Pieces {
 public:
  explicit Pieces(std::string_view line) : rest_(line) {}

  [[nodiscard]] bool skip(std::string_view text) {
    const bool there = rest_.starts_with(text);
    rest_.remove_prefix(there ? text.size() : 0);
    return there;
  }
  // A JSON string, its opening quote gone already.
  [[nodiscard]] bool string(std::string_view& out) {
    for (std::size_t at = 0; at < rest_.size(); ++at) {
      if (rest_[at] == '\\') {
        ++at;
      } else if (rest_[at] == '"') {
        out = rest_.substr(0, at);
        rest_.remove_prefix(at + 1);
        return true;
      }
    }
    return false;
  }
  template <typename Number>
  [[nodiscard]] bool number(Number& out) {
    const auto [end, code] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), out);
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return code == std::errc{};
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace

std::optional<LetterLine> parse_letter(std::string_view line) {
  LetterLine letter;
  Pieces pieces(line);
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

std::string answer_text(const LetterLine& letter) {
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
