#include "http/key_mask.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace respand::http {
namespace {

// How many encodings may be nested: JSON in HTML in JSON is three.
constexpr int kMaxLayers = 4;
// A text may be cut off within the key. So many of its characters at the end of a text are no coincidence.
constexpr std::size_t kLeastOfACutKey = 6;

// HTML's named references to characters of ASCII.
constexpr std::array<std::pair<std::string_view, char>, 43> kNames = {{
    {"Hat", '^'},    {"NewLine", '\n'}, {"Tab", '\t'},   {"amp", '&'},   {"AMP", '&'},    {"apos", '\''},
    {"ast", '*'},    {"midast", '*'},   {"bsol", '\\'},  {"colon", ':'}, {"comma", ','},  {"commat", '@'},
    {"dollar", '$'}, {"equals", '='},   {"excl", '!'},   {"grave", '`'}, {"gt", '>'},     {"GT", '>'},
    {"lbrace", '{'}, {"lcub", '{'},     {"lbrack", '['}, {"lsqb", '['},  {"lowbar", '_'}, {"UnderBar", '_'},
    {"lpar", '('},   {"lt", '<'},       {"LT", '<'},     {"num", '#'},   {"percnt", '%'}, {"period", '.'},
    {"plus", '+'},   {"quest", '?'},    {"quot", '"'},   {"QUOT", '"'},  {"rbrace", '}'}, {"rcub", '}'},
    {"rbrack", ']'}, {"rsqb", ']'},     {"rpar", ')'},   {"semi", ';'},  {"sol", '/'},    {"verbar", '|'},
    {"vert", '|'},
}};

// A character that is written as an escape, and the length of that.
struct Escape {
  char character;
  std::size_t length;
};

// Reads digits at the front of `text`, at most `most` of them, into `value`. Returns how many there were.
std::size_t digits(std::string_view text, int base, std::size_t most, std::uint32_t& value) {
  const char* const end = text.data() + std::min(text.size(), most);
  const auto [behind, failure] = std::from_chars(text.data(), end, value, base);
  return failure == std::errc{} ? static_cast<std::size_t>(behind - text.data()) : 0;
}

std::optional<Escape> ascii(std::uint32_t code, std::size_t length) {
  return code < 0x80 ? std::optional(Escape{static_cast<char>(code), length}) : std::nullopt;
}

// "\n", "\/", "\u002f", "\u{2f}", "\x2f", "\057": the escapes of JSON and of the languages that print it.
std::optional<Escape> backslash(std::string_view text) {
  if (text.size() < 2) {
    return std::nullopt;
  }
  std::uint32_t code = 0;
  const char kind = text[1];
  if (kind == 'u' && text.size() > 2 && text[2] == '{') {
    const std::size_t taken = digits(text.substr(3), 16, 8, code);
    return taken > 0 && text.substr(3 + taken).starts_with('}') ? ascii(code, taken + 4) : std::nullopt;
  }
  if (kind == 'u') {
    return digits(text.substr(2), 16, 4, code) == 4 ? ascii(code, 6) : std::nullopt;
  }
  if (kind == 'x') {
    return digits(text.substr(2), 16, 2, code) == 2 ? ascii(code, 4) : std::nullopt;
  }
  if (const std::size_t taken = digits(text.substr(1), 8, 3, code); taken > 0) {
    return ascii(code, taken + 1);
  }
  constexpr std::string_view kLetters = "bfnrt";
  constexpr std::string_view kControls = "\b\f\n\r\t";
  const std::size_t letter = kLetters.find(kind);
  return Escape{letter == std::string_view::npos ? kind : kControls[letter], 2};
}

// "&#47;", "&#x2F;", "&sol;"; the semicolon may be missing behind a number.
std::optional<Escape> reference(std::string_view text) {
  std::uint32_t code = 0;
  if (text.starts_with("&#")) {
    const bool hex = text.size() > 2 && (text[2] == 'x' || text[2] == 'X');
    const std::size_t front = hex ? 3 : 2;
    const std::size_t taken = digits(text.substr(std::min(front, text.size())), hex ? 16 : 10, 8, code);
    const bool closed = text.substr(std::min(front + taken, text.size())).starts_with(';');
    return taken > 0 ? ascii(code, front + taken + (closed ? 1 : 0)) : std::nullopt;
  }
  for (const auto& [name, character] : kNames) {
    if (text.substr(1).starts_with(name) && text.substr(1 + name.size()).starts_with(';')) {
      return Escape{character, name.size() + 2};
    }
  }
  return std::nullopt;
}

std::optional<Escape> escape_at(std::string_view text) {
  std::uint32_t code = 0;
  switch (text.front()) {
    case '\\':
      return backslash(text);
    case '%':
      return digits(text.substr(1), 16, 2, code) == 2 ? ascii(code, 3) : std::nullopt;
    case '&':
      return reference(text);
    default:
      return std::nullopt;
  }
}

struct Range {
  std::size_t begin;
  std::size_t end;
};

}  // namespace

// The text with some encodings taken off, and where in the original each of its characters begins.
struct KeyMask::Layer {
  std::string text;
  std::vector<std::size_t> from;  // for each character, and for the end
  std::vector<Range> found;       // keys, by their place in the original

  // Takes one encoding off everywhere; false where there is none.
  bool decode() {
    std::string decoded;
    std::vector<std::size_t> places;
    bool changed = false;
    for (std::size_t at = 0; at < text.size();) {
      const auto escape = escape_at(std::string_view(text).substr(at));
      decoded.push_back(escape ? escape->character : text[at]);
      places.push_back(from[at]);
      at += escape ? escape->length : 1;
      changed = changed || escape.has_value();
    }
    places.push_back(from.back());
    text = std::move(decoded);
    from = std::move(places);
    return changed;
  }
};

// Where the key that begins at `at` ends; 0 where none begins there. Each character may stand for itself or be escaped,
// so there may be several places at once where the part matched so far ends.
std::size_t KeyMask::match(std::string_view text, std::size_t at) const {
  std::vector<std::size_t> ends{at};
  for (std::size_t i = 0; i < key_.size(); ++i) {
    std::vector<std::size_t> next;
    for (const std::size_t end : ends) {
      if (end == text.size()) {
        if (i >= std::min(kLeastOfACutKey, key_.size())) {
          return end;
        }
        continue;
      }
      if (text[end] == key_[i]) {
        next.push_back(end + 1);
      }
      if (const auto escape = escape_at(text.substr(end)); escape && escape->character == key_[i]) {
        next.push_back(end + escape->length);
      }
    }
    if (next.empty()) {
      return 0;
    }
    std::sort(next.begin(), next.end());
    next.erase(std::unique(next.begin(), next.end()), next.end());
    ends = std::move(next);
  }
  return ends.back();
}

void KeyMask::mask(Layer& layer) const {
  const char starts[] = {key_.front(), '\\', '%', '&', '\0'};
  for (std::size_t at = 0; (at = layer.text.find_first_of(starts, at)) != std::string::npos; ++at) {
    if (const std::size_t end = match(layer.text, at); end > 0) {
      layer.found.push_back({layer.from[at], layer.from[end]});
      at = end - 1;
    }
  }
}

// Looks for the key in the text as it is, then in the text with one more encoding taken off, and so on. What is found
// in any of them is replaced in the original.
void KeyMask::apply(std::string& text) const {
  if (key_.size() < kShortest || text.empty()) {
    return;
  }
  Layer layer{.text = text, .from = {}, .found = {}};
  layer.from.resize(text.size() + 1);
  for (std::size_t i = 0; i < layer.from.size(); ++i) {
    layer.from[i] = i;
  }
  mask(layer);
  for (int i = 1; i < kMaxLayers && layer.text.find_first_of("\\%&") != std::string::npos && layer.decode(); ++i) {
    mask(layer);
  }
  std::sort(layer.found.begin(), layer.found.end(),
            [](const Range& a, const Range& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  std::string out;
  std::size_t done = 0;
  for (const Range& range : layer.found) {
    if (range.begin >= done) {
      out.append(text, done, range.begin - done).append(kMask);
    }
    done = std::max(done, range.end);
  }
  if (done > 0) {
    text = out.append(text, done);
  }
}

}  // namespace respand::http
