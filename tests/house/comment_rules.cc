#include "tests/house/comment_rules.h"

#include <map>

#include "respand/base/text.h"
#include "tests/house/declarations.h"

namespace respand::house {
namespace {

// A comment for people: not one for a linter.
bool is_comment(std::string_view text) { return text.starts_with("//") && !text.starts_with("// NOLINT"); }

// Whether a comment begins on the line behind its code.
bool has_comment_behind(std::string_view line, std::string_view code) {
  for (std::size_t at = line.find("//"); at != std::string_view::npos; at = line.find("//", at + 1)) {
    if (code[at] == ' ' && is_comment(line.substr(at))) {  // in a literal it is a quote
      return true;
    }
  }
  return false;
}

bool explains_itself(const Declaration& one) {
  const std::string& head = one.head;
  const std::string name = one.scope.substr(one.scope.rfind(':') + 1);
  const bool forward = !one.is_class && (head.starts_with("class ") || head.starts_with("struct ")) &&
                       head.find_first_of("(=") == std::string::npos && split(head, ' ').size() == 2;
  const bool taken_over = has_word(head, "using") && head.find('=') == std::string::npos;
  return forward || taken_over || has_word(head, "friend") || has_word(head, "static_assert") ||
         has_word(head, "override") || head.ends_with("= default") || head.ends_with("= delete") ||
         head.find("operator=()") != std::string::npos || head.find('~') != std::string::npos ||
         (!name.empty() && (one.code.starts_with(cat(name, "()")) || one.code.starts_with(cat(name, "(", name, "&&")) ||
                            one.code.starts_with(cat(name, "(const ", name, "&"))));
}

// Whether a comment ends above the line, which counts from 1; what a linter is told may stand between.
bool has_comment_above(const std::vector<std::string_view>& lines, std::size_t line) {
  do {
    --line;
  } while (line > 0 && trim(lines[line - 1]).starts_with("// NOLINT"));
  return line > 0 && is_comment(trim(lines[line - 1]));
}

// The declaration in front, in the same scope.
struct Before {
  std::size_t end = 0;
  bool shares = false;  // its run has a comment above
  bool is_class = false;
};

}  // namespace

std::vector<std::string> check_comments(const SourceFile& header) {
  std::vector<std::string> wrong;
  const std::string code = bare(header.text);
  const auto lines = lines_of(header.text);
  const auto code_lines = lines_of(code);
  std::map<std::string, Before> scopes;
  for (const Declaration& one : declarations_in(header.text).all) {
    Before& before = scopes[one.scope];
    if (one.head.empty() || (before.is_class && before.end == one.first)) {
      continue;  // the semicolon behind a class, or the name that a typedef gives it
    }
    const bool above = has_comment_above(lines, one.first);
    const bool shared = before.shares && before.end + 1 == one.first && !one.is_class;
    bool behind = false;
    for (std::size_t line = one.first; line <= one.last; ++line) {
      behind = behind || has_comment_behind(lines[line - 1], code_lines[line - 1]);
    }
    // A list of enumerators is no line of a run either.
    const bool is_block = one.is_class || (has_word(one.head, "enum") && one.first != one.end);
    before = {one.end, (above || shared) && !is_block, one.is_class};
    if (!one.is_hidden && !above && !behind && !shared && !explains_itself(one)) {
      const std::string name = one.scope.empty() ? one.head : cat(one.scope, ": ", one.head);
      wrong.push_back(cat(header.path, ":", one.first, ": no comment says what it is: ", name));
    }
  }
  return wrong;
}

}  // namespace respand::house
