#include "tests/house/declarations.h"

#include <algorithm>
#include <cctype>

#include "respand/base/text.h"
#include "tests/house/tree.h"

namespace respand::house {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Where a literal that begins at `at` with this quote ends: behind its closing quote.
std::size_t end_of_literal(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (++at; at < text.size() && text[at] != quote; ++at) {
    at += text[at] == '\\' ? 1U : 0U;
  }
  return std::min(at + 1, text.size());
}

// Reads scopes: namespaces, classes, and what stands in them.
class ScopeReader {
 public:
  explicit ScopeReader(std::string text) : text_(std::move(text)) {
    for (std::size_t at = text_.find('\n'); at != std::string::npos; at = text_.find('\n', at + 1)) {
      line_ends_.push_back(at);
    }
  }

  Declarations run() {
    scope({});
    return std::move(found_);
  }

 private:
  struct Scope {
    std::string name{};  // of the class around it, with those around that
    bool in_class = false;
    bool hidden_whole = false;  // all that is in it
    bool hidden_now = false;    // what stands behind the last `private:`
  };

  // Up to the closing brace, which is read, or the end.
  void scope(Scope around) {
    std::size_t members = 0;
    while (at_ < text_.size() && text_[at_] != '}') {
      members += statement(around) ? 1U : 0U;
    }
    ++at_;
    if (around.in_class) {
      found_.classes.push_back({around.name, members});
    }
  }

  // One declaration. Whether it is a member.
  bool statement(Scope& around) {
    skip_space();
    const std::size_t begin = at_;
    std::string head;  // without what stands in parentheses, brackets and angle brackets
    bool has_body = false;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '}') {
        return false;
      }
      if (c == ';') {
        ++at_;
        return declare(around, head, begin, at_ - 1).is_member;
      }
      if (c == '(' || c == '[') {
        skip_pair(c, c == '(' ? ')' : ']');
        head += c == '(' ? "()" : "";
      } else if (c == '<' && takes_arguments(head)) {
        skip_angle();
      } else if (c == '{') {
        const std::size_t brace = at_;
        if (opens_scope(around, head, begin, has_body)) {
          return false;
        }
        if (has_body) {
          return declare(around, head, begin, brace).is_member;
        }
      } else {
        ++at_;
        const bool blank = std::isspace(static_cast<unsigned char>(c)) != 0;
        head += !blank ? std::string(1, c) : head.empty() || head.back() == ' ' ? "" : " ";
        if (c == ':' && is_access(head)) {
          around.hidden_now = trim(head) != "public:";
          return false;
        }
      }
    }
    return false;
  }

  // Notes what begins at `begin`; its head ends at `last`, and itself where the reader is.
  const Declaration& declare(const Scope& around, const std::string& head, std::size_t begin, std::size_t last) {
    Declaration one;
    one.head = trim(head);
    one.code = text_.substr(begin, last - begin);
    one.scope = around.name;
    one.is_hidden = around.hidden_whole || around.hidden_now;
    one.is_member = around.in_class && is_member(head);
    one.first = line_of(begin);
    one.last = line_of(last);
    one.end = line_of(at_ - 1);
    return found_.all.emplace_back(std::move(one));
  }

  // At a brace. True: it was that of a scope, which is read. `has_body` becomes true behind a function's body.
  bool opens_scope(const Scope& around, const std::string& head, std::size_t begin, bool& has_body) {
    const std::size_t brace = at_;
    if (const std::string name = class_name(head); !name.empty()) {
      ++at_;
      const std::size_t index = found_.all.size();
      declare(around, head, begin, brace);
      found_.all[index].is_class = true;
      scope({around.name.empty() ? name : cat(around.name, "::", name), true, around.hidden_whole || around.hidden_now,
             has_word(head, "class")});
      found_.all[index].end = line_of(at_ - 1);
      return true;
    }
    if (!around.in_class && (has_word(head, "namespace") || has_word(head, "extern"))) {
      ++at_;
      scope({around.name, false, around.hidden_whole || has_word(head, "detail"), false});
      return true;
    }
    skip_pair('{', '}');
    const std::size_t end = at_;
    skip_space();
    const bool goes_on = at_ < text_.size() && (text_[at_] == ',' || text_[at_] == '{' || text_[at_] == ';');
    has_body = is_function(head) && !goes_on;
    at_ = has_body ? end : at_;
    return false;
  }

  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
      ++at_;
    }
  }

  [[nodiscard]] std::size_t line_of(std::size_t at) const {
    return 1 +
           static_cast<std::size_t>(std::lower_bound(line_ends_.begin(), line_ends_.end(), at) - line_ends_.begin());
  }

  void skip_pair(char open, char close) {
    std::size_t depth = 0;
    for (; at_ < text_.size(); ++at_) {
      depth += text_[at_] == open ? 1U : 0U;
      if (text_[at_] == close && --depth == 0) {
        ++at_;
        return;
      }
    }
  }

  // Template arguments or parameters; a closing one of an arrow is none.
  void skip_angle() {
    std::size_t depth = 0;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '(') {
        skip_pair('(', ')');
        --at_;
      } else if (text_[at_] == '<') {
        ++depth;
      } else if (text_[at_] == '>' && text_[at_ - 1] != '-' && --depth == 0) {
        ++at_;
        return;
      }
    }
  }

  // Right behind a name, or behind `template`; not `operator<`, nor a shift or a comparison, which stand between
  // blanks.
  static bool takes_arguments(std::string_view head) {
    return !head.empty() && !head.ends_with("operator") && (is_word(head.back()) || trim(head).ends_with("template"));
  }

  static bool is_access(std::string_view head) {
    head = trim(head);
    return head == "public:" || head == "protected:" || head == "private:";
  }

  // "" where the head begins no class: that of `class Name final : public Base`.
  static std::string class_name(std::string_view head) {
    if (has_word(head, "enum") || head.find('=') != std::string_view::npos) {
      return "";
    }
    for (const std::string_view key : {"class", "struct", "union"}) {
      if (!has_word(head, key)) {
        continue;
      }
      std::string_view rest = head.substr(head.find(key) + key.size());
      std::string name;
      for (rest = trim(rest); !rest.empty() && (is_word(rest.front()) || rest.front() == ':' || rest.front() == ' ');
           rest.remove_prefix(1)) {
        if (rest.front() == ' ' || rest.starts_with(": ")) {
          break;
        }
        name += rest.front();
      }
      return name.empty() ? "(unnamed)" : name;
    }
    return "";
  }

  // Parentheses that are no initialiser's: `int f() {`, `X() : a_() {`, `operator=() {`; not `f = [] {` or `int a{`.
  static bool is_function(std::string_view head) {
    return head.find("()") != std::string_view::npos &&
           (has_word(head, "operator") || head.find('=') == std::string_view::npos);
  }

  static bool is_member(std::string_view head) {
    head = trim(head);
    if (head.empty() || head.ends_with("= delete")) {
      return false;
    }
    const bool function = is_function(head) || head.ends_with("= default") || head.ends_with("= 0");
    if (!function && has_word(head, "constexpr")) {
      return false;
    }
    const bool type = has_word(head, "using") || has_word(head, "typedef") || has_word(head, "enum") ||
                      has_word(head, "friend") || has_word(head, "static_assert");
    const bool declared = !function && (head.starts_with("class ") || head.starts_with("struct ")) &&
                          std::count(head.begin(), head.end(), ' ') == 1;
    return !type && !declared;
  }

  const std::string text_;
  std::vector<std::size_t> line_ends_;
  std::size_t at_ = 0;
  Declarations found_;
};

}  // namespace

bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]))) {
      return true;
    }
  }
  return false;
}

std::string bare(std::string_view text) {
  std::string out;
  bool line_begins = true;
  while (out.size() < text.size()) {
    const std::size_t at = out.size();
    const char c = text[at];
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("//") || (c == '#' && line_begins)) {
      std::size_t end = std::min(text.find('\n', at), text.size());
      for (; c == '#' && end < text.size() && text[end - 1] == '\\';
           end = std::min(text.find('\n', end), text.size())) {
        out.append(end - out.size(), ' ') += '\n';  // a directive goes on
        ++end;
      }
      out.append(end - out.size(), ' ');
    } else if (rest.starts_with("/*")) {
      const std::size_t end = std::min(text.find("*/", at), text.size() - 2) + 2;
      for (const char each : text.substr(at, end - at)) {
        out += each == '\n' ? '\n' : ' ';
      }
    } else if (c == '"' || (c == '\'' && (out.empty() || !is_word(out.back())))) {  // 1'000 is no literal
      out.append(end_of_literal(text, at) - at, '"');
    } else {
      line_begins = c == '\n' || (line_begins && std::isspace(static_cast<unsigned char>(c)) != 0);
      out += c;
    }
  }
  return out;
}

Declarations declarations_in(std::string_view header) { return ScopeReader(bare(header)).run(); }

}  // namespace respand::house
