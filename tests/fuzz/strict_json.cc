#include "tests/fuzz/strict_json.h"

namespace respand::fuzz {
namespace {

// Length of the character at the front, 0 where there is no whole one (Unicode, table 3-7).
std::size_t character(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto tail = [&](std::size_t i) { return at(i) >= 0x80 && at(i) <= 0xBF; };
  const unsigned first = at(0);
  if (first < 0x80) {
    return text.empty() ? 0 : 1;
  }
  if (first >= 0xC2 && first <= 0xDF) {
    return tail(1) ? 2 : 0;
  }
  if (first >= 0xE0 && first <= 0xEF) {
    const bool second = first == 0xE0   ? at(1) >= 0xA0 && at(1) <= 0xBF
                        : first == 0xED ? at(1) >= 0x80 && at(1) <= 0x9F
                                        : tail(1);
    return second && tail(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool second = first == 0xF0   ? at(1) >= 0x90 && at(1) <= 0xBF
                        : first == 0xF4 ? at(1) >= 0x80 && at(1) <= 0x8F
                                        : tail(1);
    return second && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

void put_utf8(std::string& out, unsigned code) {
  const auto put = [&](unsigned byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

class Parser {
 public:
  Parser(std::string_view text, std::size_t max_depth) : text_(text), max_depth_(max_depth) {}

  bool whole(Value& out) {
    space();
    const std::size_t from = at_;
    if (!value(&out)) {
      return false;
    }
    out.text = text_.substr(from, at_ - from);
    space();
    return at_ == text_.size();
  }

 private:
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool skip(std::string_view word) {
    const bool there = text_.substr(at_).starts_with(word);
    at_ += there ? word.size() : 0;
    return there;
  }
  void space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
      ++at_;
    }
  }
  bool digits() {
    const std::size_t from = at_;
    while (peek() >= '0' && peek() <= '9') {
      ++at_;
    }
    return at_ > from;
  }

  bool value(Value* out) {
    switch (peek()) {
      case '{':
        return nested(out, '}');
      case '[':
        return nested(out, ']');
      case '"': {
        std::string ignored;
        return string(ignored);
      }
      case 't':
        return skip("true");
      case 'f':
        return skip("false");
      case 'n':
        return skip("null");
      default:
        return number();
    }
  }

  bool nested(Value* out, char close) {
    if (++depth_ > max_depth_) {
      return false;
    }
    ++at_;
    space();
    if (peek() == close) {
      ++at_;
      --depth_;
      return true;
    }
    do {
      space();
      std::string name;
      if (close == '}') {
        if (peek() != '"' || !string(name)) {
          return false;
        }
        space();
        if (!skip(":")) {
          return false;
        }
        space();
      }
      const std::size_t from = at_;
      if (!value(nullptr)) {
        return false;
      }
      const std::string_view found = text_.substr(from, at_ - from);
      if (out != nullptr && close == '}') {
        out->members.push_back({name, found});
      } else if (out != nullptr) {
        out->elements.push_back(found);
      }
      space();
    } while (skip(","));
    --depth_;
    if (peek() != close) {
      return false;
    }
    ++at_;
    return true;
  }

  bool number() {
    skip("-");
    if (!skip("0") && !digits()) {
      return false;
    }
    if (skip(".") && !digits()) {
      return false;
    }
    if (skip("e") || skip("E")) {
      if (!skip("+")) {
        skip("-");
      }
      return digits();
    }
    return true;
  }

  bool string(std::string& out) {
    ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\') {
        ++at_;
        if (!escape(out)) {
          return false;
        }
        continue;
      }
      const std::size_t size = character(text_.substr(at_));
      if (size == 0 || static_cast<unsigned char>(text_[at_]) < 0x20) {
        return false;
      }
      out.append(text_.substr(at_, size));
      at_ += size;
    }
    return skip("\"");
  }

  bool escape(std::string& out) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (const std::size_t which = kNames.find(peek()); at_ < text_.size() && which != std::string_view::npos) {
      out.push_back(kMeanings[which]);
      ++at_;
      return true;
    }
    std::optional<unsigned> code = unit();
    if (code && *code >= 0xD800 && *code < 0xDC00) {
      const std::optional<unsigned> low = skip("\\") ? unit() : std::nullopt;
      code = low && *low >= 0xDC00 && *low < 0xE000
                 ? std::optional(0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00))
                 : std::nullopt;
    } else if (code && *code >= 0xDC00 && *code < 0xE000) {
      code.reset();
    }
    if (code) {
      put_utf8(out, *code);
    }
    return code.has_value();
  }

  // "u" and four hexadecimal digits.
  std::optional<unsigned> unit() {
    if (!skip("u")) {
      return std::nullopt;
    }
    unsigned code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const std::size_t digit = std::string_view("0123456789abcdef")
                                    .find(static_cast<char>(peek() >= 'A' && peek() <= 'F' ? peek() + 32 : peek()));
      if (at_ >= text_.size() || digit == std::string_view::npos) {
        return std::nullopt;
      }
      code = code * 16 + static_cast<unsigned>(digit);
    }
    return code;
  }

  std::string_view text_;
  std::size_t max_depth_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace

std::optional<Value> parse_strictly(std::string_view text, std::size_t max_depth) {
  Value out;
  return Parser(text, max_depth).whole(out) ? std::optional(std::move(out)) : std::nullopt;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = character(text);
    if (size == 0) {
      return false;
    }
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace respand::fuzz
