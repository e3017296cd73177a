#include "tests/house/size_rules.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "respand/base/text.h"

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

// Without comments, literals (each is "") and lines of the preprocessor. Raw literals are not known; headers have none.
std::string bare(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("//") || (c == '#' && line_begins)) {
      at = std::min(text.find('\n', at), text.size());
    } else if (rest.starts_with("/*")) {
      at = std::min(text.find("*/", at), text.size() - 2) + 2;
    } else if (c == '"' || (c == '\'' && (out.empty() || !is_word(out.back())))) {  // 1'000 is no literal
      at = end_of_literal(text, at);
      out += "\"\"";
    } else {
      line_begins = c == '\n' || (line_begins && std::isspace(static_cast<unsigned char>(c)) != 0);
      out += c;
      ++at;
    }
  }
  return out;
}

// Reads scopes: namespaces, classes, and what stands in them.
class ScopeReader {
 public:
  explicit ScopeReader(std::string text) : text_(std::move(text)) {}

  std::vector<ClassSize> run() {
    scope("", false);
    return std::move(found_);
  }

 private:
  // Up to the closing brace, which is read, or the end. `name`: of the class around it, with those around that.
  void scope(const std::string& name, bool in_class) {
    std::size_t members = 0;
    while (at_ < text_.size() && text_[at_] != '}') {
      members += statement(name, in_class) ? 1U : 0U;
    }
    ++at_;
    if (in_class) {
      found_.push_back({name, members});
    }
  }

  // One declaration. Whether it is a member.
  bool statement(const std::string& outer, bool in_class) {
    std::string head;  // without what stands in parentheses, brackets and angle brackets
    bool has_body = false;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '}') {
        return false;
      }
      if (c == ';') {
        ++at_;
        return in_class && is_member(head);
      }
      if (c == '(' || c == '[') {
        skip_pair(c, c == '(' ? ')' : ']');
        head += c == '(' ? "()" : "";
      } else if (c == '<' && takes_arguments(head)) {
        skip_angle();
      } else if (c == '{') {
        if (opens_scope(outer, head, has_body, in_class)) {
          return false;
        }
        if (has_body) {
          return in_class && is_member(head);
        }
      } else {
        ++at_;
        const bool blank = std::isspace(static_cast<unsigned char>(c)) != 0;
        head += !blank ? std::string(1, c) : head.empty() || head.back() == ' ' ? "" : " ";
        if (c == ':' && is_access(head)) {
          return false;
        }
      }
    }
    return false;
  }

  // At a brace. True: it was that of a scope, which is read. `has_body` becomes true behind a function's body.
  bool opens_scope(const std::string& outer, const std::string& head, bool& has_body, bool in_class) {
    if (const std::string name = class_name(head); !name.empty()) {
      ++at_;
      scope(outer.empty() ? name : cat(outer, "::", name), true);
      return true;
    }
    if (!in_class && (has_word(head, "namespace") || has_word(head, "extern"))) {
      ++at_;
      scope(outer, false);
      return true;
    }
    skip_pair('{', '}');
    const bool initialises = !is_function(head);
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
      ++at_;
    }
    const bool goes_on = at_ < text_.size() && (text_[at_] == ',' || text_[at_] == '{' || text_[at_] == ';');
    has_body = !initialises && !goes_on;
    return false;
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

  static bool has_word(std::string_view head, std::string_view word) {
    for (std::size_t at = head.find(word); at != std::string_view::npos; at = head.find(word, at + 1)) {
      const std::size_t end = at + word.size();
      if ((at == 0 || !is_word(head[at - 1])) && (end == head.size() || !is_word(head[end]))) {
        return true;
      }
    }
    return false;
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
  std::size_t at_ = 0;
  std::vector<ClassSize> found_;
};

}  // namespace

std::vector<ClassSize> class_sizes(std::string_view header) { return ScopeReader(bare(header)).run(); }

std::vector<std::string> check_sizes(const std::vector<Sized>& all, std::size_t most, std::string_view unit,
                                     const std::vector<Exception>& exceptions) {
  std::vector<std::string> wrong;
  std::map<std::string_view, std::size_t> allowed;
  for (const Exception& exception : exceptions) {
    allowed[exception.name] = exception.most;
  }
  for (const Sized& one : all) {
    const auto exception = allowed.find(one.name);
    const std::size_t limit = exception != allowed.end() ? exception->second : most;
    if (one.size > limit) {
      wrong.push_back(cat(one.name, ": ", one.size, " ", unit, ", at most ", limit, ": make several of it"));
    }
    if (exception != allowed.end() && one.size > most) {
      allowed.erase(exception);  // still needed
    }
  }
  for (const auto& [name, size] : allowed) {
    wrong.push_back(cat(name, ": is no exception any more (", size, " ", unit, "): take it from the list"));
  }
  return wrong;
}

}  // namespace respand::house
