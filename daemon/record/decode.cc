#include "record/decode.h"

#include <algorithm>
#include <cstring>

#include "record/scan.h"
#include "respand/record/record_parser.h"
#include "respand/record/usage_summary.h"

namespace respand::record {
namespace {

// Writes a character as UTF-8 to `out`, four bytes at most, and returns how many.
std::size_t put_utf8(char* out, std::uint32_t point) {
  const auto put = [&out](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
  const auto tail = [&put, point](unsigned shift) { put(0x80 | ((point >> shift) & 0x3F)); };
  if (point < 0x80) {
    put(point);
    return 1;
  }
  if (point < 0x800) {
    put(0xC0 | (point >> 6));
    tail(0);
    return 2;
  }
  if (point < 0x10000) {
    put(0xE0 | (point >> 12));
    tail(6);
    tail(0);
    return 3;
  }
  put(0xF0 | (point >> 18));
  tail(12);
  tail(6);
  tail(0);
  return 4;
}

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

// Gives `put` the text behind the escapes in pieces, until it says false.
template <typename Put>
void resolve(std::string_view inside, const Put& put) {
  for (;;) {
    const std::size_t plain = std::min(inside.find('\\'), inside.size());
    const bool more = put(inside.substr(0, plain));
    inside.remove_prefix(plain);
    if (inside.empty() || !more) {
      return;
    }
    char character[4];
    std::size_t length = 1;
    if (inside[1] == 'u') {
      length = put_utf8(character, take_unicode(inside));
    } else {
      character[0] = plain_escape(inside[1]);
      inside.remove_prefix(2);
    }
    if (!put(std::string_view(character, length))) {
      return;
    }
  }
}

}  // namespace

std::string unescaped(std::string_view inside) {
  std::string out;
  unescape(inside, out);
  return out;
}

void unescape(std::string_view inside, std::string& out) {
  resolve(inside, [&out](std::string_view piece) {
    out.append(piece);
    return true;
  });
}

std::string_view name_in(std::string_view value, char* scratch) {
  if (!value.starts_with('"')) {
    const bool number = !value.empty() && (is_digit(value.front()) || value.front() == '-');
    return number ? cut_name(value) : std::string_view();
  }
  const std::string_view inside = value.substr(1, value.size() - 2);
  if (inside.find('\\') == std::string_view::npos) {
    return cut_name(inside);
  }
  std::size_t size = 0;
  resolve(inside, [&](std::string_view piece) {
    const std::string_view kept = cut_name(piece, kMaxName - size);
    std::memcpy(scratch + size, kept.data(), kept.size());
    size += kept.size();
    return kept.size() == piece.size();
  });
  return {scratch, size};
}

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
    if (rest[1] == 'u') {
      const std::uint32_t point = take_unicode(rest);
      decoded_ += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    } else {
      rest.remove_prefix(2);
      ++decoded_;
    }
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

}  // namespace respand::record
