#include "config/flow.h"

#include <algorithm>
#include <array>
#include <utility>

#include "respand/base/text.h"
#include "respand/json/utf8.h"

namespace respand::config {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

class FlowParser {
 public:
  FlowParser(std::string_view text, Report& report, Place first)
      : text_(text), report_(report), first_(first), line_(first.line) {}

  std::optional<Node> whole() {
    Node root;
    if (!value(root, 0)) {
      return std::nullopt;
    }
    skip_space();
    if (at_ < text_.size()) {
      fail("something stands behind the value");
      return std::nullopt;
    }
    return root;
  }

 private:
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool fail(std::string_view what) {
    report_.problem(place(), cat("not valid: ", what));
    return false;
  }
  [[nodiscard]] Place place() const {
    return {line_, static_cast<int>(at_ - line_start_) + (line_ == first_.line ? first_.column : 1)};
  }

  // Skips white space and comments, and counts the lines.
  void skip_space() {
    while (at_ < text_.size()) {
      if (text_[at_] == '\n') {
        ++line_;
        line_start_ = at_ + 1;
      } else if (text_[at_] == '#' && (at_ == 0 || is_space(text_[at_ - 1]))) {
        at_ = std::min(text_.find('\n', at_), text_.size());
        continue;
      } else if (!is_space(text_[at_])) {
        return;
      }
      ++at_;
    }
  }

  bool value(Node& node, std::size_t depth) {
    skip_space();
    node.place = place();
    if (depth > kMaxDepth) {
      return fail(cat("nested more than ", kMaxDepth, " deep"));
    }
    if (++nodes_ > kMaxFlowNodes) {
      return fail(cat("more than ", kMaxFlowNodes, " values"));
    }
    switch (peek()) {
      case '{':
        return map(node, depth);
      case '[':
        return list(node, depth);
      case '"':
        node.kind = Node::Kind::kScalar;
        node.quoted = true;
        return double_quoted(node.text);
      case '\'':
        node.kind = Node::Kind::kScalar;
        node.quoted = true;
        return single_quoted(node.text);
      default:
        return plain(node);
    }
  }

  bool map(Node& node, std::size_t depth) {
    node.kind = Node::Kind::kMap;
    return collection('}', [&] {
      Node key;
      if (!value(key, depth + 1)) {
        return false;
      }
      if (key.kind != Node::Kind::kScalar) {
        return fail("a key must be a name");
      }
      skip_space();
      if (peek() != ':') {
        return fail("a ':' is missing behind a key");
      }
      ++at_;
      Node item;
      if (!value(item, depth + 1)) {
        return false;
      }
      node.keys.push_back(std::move(key));
      node.items.push_back(std::move(item));
      return true;
    });
  }

  bool list(Node& node, std::size_t depth) {
    node.kind = Node::Kind::kList;
    return collection(']', [&] {
      Node item;
      if (!value(item, depth + 1)) {
        return false;
      }
      node.items.push_back(std::move(item));
      return true;
    });
  }

  template <typename Member>
  bool collection(char end, const Member& member) {
    ++at_;
    for (bool first = true;; first = false) {
      skip_space();
      if (peek() == end) {
        ++at_;
        return true;
      }
      if (!first) {
        if (peek() != ',') {
          return fail(cat("a ',' or '", std::string_view(&end, 1), "' is missing"));
        }
        ++at_;
        skip_space();
        if (peek() == end) {
          return fail("nothing stands behind a ','");
        }
      }
      if (at_ >= text_.size()) {
        return fail(cat("a '", std::string_view(&end, 1), "' is missing at the end"));
      }
      if (!member()) {
        return false;
      }
    }
  }

  bool double_quoted(std::string& out) {
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) {
        return fail("a control character in a text");
      }
      if (c != '\\') {
        out.push_back(c);
      } else if (!escape(out)) {
        return false;
      }
    }
    return fail("a quote has no end");
  }

  bool escape(std::string& out) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    ++at_;
    if (peek() == 'u') {
      std::uint32_t code = 0;
      if (!hex4(code)) {
        return false;
      }
      if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_ + 1, 2) == "\\u") {
        std::uint32_t low = 0;
        at_ += 2;
        if (!hex4(low)) {
          return false;
        }
        code = 0x10000 + ((code - 0xD800) << 10) + ((low - 0xDC00) & 0x3FF);
      }
      std::array<char, 4> character;
      out.append(character.data(), json::put_utf8(character.data(), code));
      return true;
    }
    const std::size_t which = at_ < text_.size() ? kNames.find(text_[at_]) : std::string_view::npos;
    if (which == std::string_view::npos) {
      return fail("an unknown escape");
    }
    out.push_back(kMeant[which]);
    return true;
  }

  // Reads four hexadecimal digits, and stops at the last of them: the caller's loop moves on.
  bool hex4(std::uint32_t& code) {
    for (int i = 0; i < 4; ++i) {
      ++at_;
      const int digit = hex_value(peek());
      if (digit < 0) {
        return fail("four hexadecimal digits belong behind \\u");
      }
      code = code * 16 + static_cast<std::uint32_t>(digit);
    }
    return true;
  }

  bool single_quoted(std::string& out) {
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') {
        return fail("a quote has no end");
      }
      if (text_[at_] != '\'') {
        out.push_back(text_[at_]);
      } else if (text_.substr(at_, 2) == "''") {
        out.push_back('\'');
        ++at_;
      } else {
        ++at_;
        return true;
      }
    }
    return fail("a quote has no end");
  }

  // Reads a plain scalar up to what ends it in a flow collection: ',', a bracket, ": ", " #" or the end of the line.
  bool plain(Node& node) {
    const std::size_t begin = at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\n';
      if (c == ',' || c == '[' || c == ']' || c == '{' || c == '}' || c == '\n' || c == '"' ||
          (c == ':' && is_space(next)) || (is_space(c) && next == '#')) {
        break;
      }
      ++at_;
    }
    std::string_view text = text_.substr(begin, at_ - begin);
    while (!text.empty() && is_space(text.back())) {
      text.remove_suffix(1);
    }
    if (text.empty()) {
      return fail("a value is missing");
    }
    node.kind = text == "null" || text == "~" ? Node::Kind::kNull : Node::Kind::kScalar;
    node.text = text;
    return true;
  }

  const std::string_view text_;
  Report& report_;
  const Place first_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  std::size_t nodes_ = 0;
  int line_;
};

}  // namespace

std::optional<Node> parse_flow(std::string_view text, Report& report, Place first) {
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.remove_prefix(3);
  }
  if (text.size() > kMaxFlowText) {
    report.problem({}, cat("larger than ", to_text(Bytes{kMaxFlowText}), ": not a price list"));
    return std::nullopt;
  }
  return FlowParser(text, report, first).whole();
}

}  // namespace respand::config
