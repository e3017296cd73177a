#include "tests/house/text_rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include "respand/base/text.h"

namespace respand::house {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Does the line have `word`, with no letter, digit or '_' on either side?
bool has_word(std::string_view line, std::string_view word) {
  for (std::size_t at = line.find(word); at != std::string_view::npos; at = line.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_word(line[at - 1])) && (end == line.size() || !is_word(line[end]))) {
      return true;
    }
  }
  return false;
}

// Does the line call `name`? Also with blanks before the bracket.
bool calls(std::string_view line, std::string_view name) {
  for (std::size_t at = line.find(name); at != std::string_view::npos; at = line.find(name, at + 1)) {
    const std::string_view rest = trim(line.substr(at + name.size()));
    if ((at == 0 || !is_word(line[at - 1])) && rest.starts_with('(')) {
      return true;
    }
  }
  return false;
}

// The line without what is in its string literals, and without its comment where that is not wanted.
std::string without_strings(std::string_view line, bool with_comment = true) {
  std::string code;
  bool in_string = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const std::string_view rest = line.substr(i);
    if (in_string) {
      i += rest[0] == '\\' ? 1U : 0U;
      in_string = rest[0] != '"';
    } else if (rest.starts_with("//")) {
      code.append(with_comment ? rest : std::string_view());
      break;
    } else {
      code.push_back(rest[0]);
      const bool is_character = i > 0 && line[i - 1] == '\'' && rest.substr(1).starts_with('\'');
      in_string = rest[0] == '"' && !is_character;
    }
  }
  return code;
}

// The line in words, in small letters: names are taken apart where a capital or '_' begins a part.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < line.size(); ++i) {
    const auto c = static_cast<unsigned char>(line[i]);
    const bool begins = std::isupper(c) != 0 && i > 0 && std::islower(static_cast<unsigned char>(line[i - 1])) != 0;
    if ((std::isalnum(c) == 0 || begins) && !words.back().empty()) {
      words.emplace_back();
    }
    if (std::isalnum(c) != 0) {
      words.back().push_back(static_cast<char>(std::tolower(c)));
    }
  }
  return words;
}

// Is `word` one of the words, or of the parts of a name?
bool has_part(std::string_view line, std::string_view word) {
  const auto words = words_of(line);
  return std::find(words.begin(), words.end(), word) != words.end();
}

template <typename F>
std::vector<std::string> check_lines(const SourceFile& source, bool comments, std::span<const std::string_view> words,
                                     std::string_view what, F&& matches) {
  std::vector<std::string> wrong;
  const auto lines = lines_of(source.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string line = comments ? std::string(lines[i]) : without_strings(lines[i], false);
    for (const std::string_view word : words) {
      if (matches(line, word)) {
        wrong.push_back(cat(source.path, ":", i + 1, ": ", what, " (", word, ")"));
      }
    }
  }
  return wrong;
}

}  // namespace

std::vector<std::string> check_opening(const SourceFile& header) {
  const auto lines = lines_of(header.text);
  if (lines.empty() || lines[0] != "#pragma once") {
    return {cat(header.path, ":1: does not begin with #pragma once")};
  }
  std::size_t words = 0;
  for (std::size_t i = 1; i < lines.size() && lines[i].starts_with("//"); ++i) {
    const auto parts = split(lines[i].substr(2), ' ');
    words += static_cast<std::size_t>(
        std::count_if(parts.begin(), parts.end(), [](std::string_view part) { return !part.empty(); }));
  }
  constexpr std::size_t kFewestWords = 4;
  if (words < kFewestWords) {
    return {cat(header.path, ":2: no paragraph that says what the header is for")};
  }
  return {};
}

std::vector<std::string> check_marks(const SourceFile& source) {
  // In two parts each, so that this file passes.
  static const std::array<std::string, 3> kMarks{std::string("TO") + "DO", std::string("FIX") + "ME",
                                                 std::string("X") + "XX"};
  const std::array<std::string_view, 3> marks{kMarks[0], kMarks[1], kMarks[2]};
  return check_lines(source, true, marks, "work left lying about", has_word);
}

std::vector<std::string> check_sleeps(const SourceFile& source) {
  static constexpr std::array<std::string_view, 6> kCalls{"sleep",           "usleep",    "nanosleep",
                                                          "clock_nanosleep", "sleep_for", "sleep_until"};
  return check_lines(source, false, kCalls, "nothing sleeps", calls);
}

std::vector<std::string> check_seams(const SourceFile& source) {
  if (source.path == "daemon/base/clock.cc" || source.path == "daemon/base/random.cc") {
    return {};
  }
  static constexpr std::array<std::string_view, 9> kCalls{
      "system_clock::now", "steady_clock::now", "high_resolution_clock::now",
      "clock_gettime",     "gettimeofday",      "rand",
      "random_device",     "getrandom",         "getentropy"};
  return check_lines(source, false, kCalls, "past the clock or the source of chance", calls);
}

std::vector<std::string> check_vocabulary(const SourceFile& header) {
  static constexpr std::array<std::string_view, 23> kWords{
      "settle",   "settled", "settles", "door",   "doors",    "packer",  "filler",  "facts",
      "baton",    "batons",  "trail",   "outlet", "parcel",   "parking", "trouble", "troubles",
      "symptoms", "figures", "doubt",   "doubts", "handover", "bury",    "buried"};
  std::vector<std::string> wrong;
  for (const std::string_view line : lines_of(header.text)) {
    const std::string text = without_strings(line);
    for (const std::string_view word : kWords) {
      if (has_part(text, word)) {
        wrong.push_back(cat(header.path, ": \"", word, "\" has another name here (docs/glossary.md): ", trim(line)));
      }
    }
  }
  return wrong;
}

}  // namespace respand::house
