#include "respand/json/text.h"

#include <algorithm>
#include <cstdint>

#include "respand/json/scan.h"
#include "respand/json/utf8.h"

namespace respand::json {
namespace {

constexpr std::string_view kBase64Open = R"({"base64":")";
constexpr std::string_view kBase64Close = R"("})";

// The character of a \u escape, or of a pair of them, at the front of `text`, which it shortens.
std::uint32_t take_unicode(std::string_view& text) {
  const auto unit = [&text](std::size_t at) {
    return static_cast<std::uint32_t>(hex4(text.data() + at, text.data() + text.size()));
  };
  const std::uint32_t first = unit(2);
  if (!is_high_surrogate(static_cast<std::int32_t>(first))) {
    text.remove_prefix(6);
    return first;
  }
  const std::uint32_t second = unit(8);
  text.remove_prefix(12);
  return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
}

// "\u202e". Requires: a character below U+10000.
void put_unicode_escape(std::string& out, std::uint32_t point) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out.append("\\u").append({kHex[point >> 12], kHex[(point >> 8) & 15], kHex[(point >> 4) & 15], kHex[point & 15]});
}

char plain_escape(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return letter;  // quote, backslash, slash
  }
}

// The six bits that a character of base64 stands for; -1 where it is none.
int sextet(char c) {
  constexpr int kUpper = 0;
  constexpr int kLower = 26;
  constexpr int kDigits = 52;
  return c >= 'A' && c <= 'Z'   ? c - 'A' + kUpper
         : c >= 'a' && c <= 'z' ? c - 'a' + kLower
         : c >= '0' && c <= '9' ? c - '0' + kDigits
         : c == '+'             ? 62
         : c == '/'             ? 63
                                : -1;
}

}  // namespace

void put_string(std::string& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    const std::size_t length = utf8_length(text.data(), text.data() + text.size());
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    if (character == "\"" || character == "\\") {
      out.append({'\\', character.front()});
    } else if (length != 0 && is_control(character)) {
      put_unicode_escape(out, code_point(character));
    } else {
      out.append(character);
    }
    text.remove_prefix(character.size());
  }
  out.push_back('"');
}

std::size_t take_escape(std::string_view& text, char* out) {
  if (text[1] == 'u') {
    return put_utf8(out, take_unicode(text));
  }
  *out = plain_escape(text[1]);
  text.remove_prefix(2);
  return 1;
}

std::string unescaped(std::string_view inside) {
  std::string out;
  unescape(inside, out);
  return out;
}

void unescape(std::string_view inside, std::string& out) {
  for_each_piece(inside, [&out](std::string_view piece) {
    out.append(piece);
    return true;
  });
}

// Goes on from the place that was asked for last: all places of a string together cost one walk over it.
std::size_t WrittenPlaces::of(std::size_t decoded) {
  for (;;) {
    const std::size_t plain = std::min(inside_.find('\\', written_), inside_.size()) - written_;
    if (decoded - decoded_ <= plain) {
      written_ += decoded - decoded_;
      decoded_ = decoded;
      return written_;
    }
    written_ += plain;
    decoded_ += plain;
    std::string_view rest = inside_.substr(written_);
    char character[4];
    decoded_ += take_escape(rest, character);
    written_ = inside_.size() - rest.size();
  }
}

std::string decoded(std::string_view value) {
  if (value.size() < 2 || value.front() != '"') {
    return std::string(value);
  }
  const char* const last = value.data() + value.size();
  const Token token = scan_string(value.data() + 1, last);
  if (token.fault != Fault::kNone || token.end != last - 1) {
    return std::string(value);
  }
  return unescaped(value.substr(1, value.size() - 2));
}

std::string in_base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out(kBase64Open);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = bits << 8U | (i < have ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out.push_back(i <= have ? kDigits[bits >> (18 - 6 * i) & 0x3FU] : '=');
    }
  }
  return out.append(kBase64Close);
}

std::optional<std::string> out_of_base64(std::string_view object) {
  if (!object.starts_with(kBase64Open) || !object.ends_with(kBase64Close) ||
      object.size() < kBase64Open.size() + kBase64Close.size()) {
    return std::nullopt;
  }
  std::string_view text = object.substr(kBase64Open.size(), object.size() - kBase64Open.size() - kBase64Close.size());
  if (text.size() % 4 != 0) {
    return std::nullopt;
  }
  text.remove_suffix(text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0);
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const int value = sextet(c);
    if (value < 0) {
      return std::nullopt;
    }
    bits = bits << 6U | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes.push_back(static_cast<char>(bits >> held & 0xFFU));
    }
  }
  return bytes;
}

}  // namespace respand::json
