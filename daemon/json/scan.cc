#include "respand/json/scan.h"

#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace respand::json {
namespace {

// What a search stops at: kNotPlain also stops at control characters and at all that is not ASCII, kQuote only at a
// quote or a backslash.
enum class Stop : std::uint8_t { kNotPlain, kQuote };

constexpr std::uint64_t kOnes = 0x0101010101010101;

template <Stop kStop>
bool stops(char c) {
  return c == '"' || c == '\\' || (kStop == Stop::kNotPlain && static_cast<signed char>(c) < 0x20);
}

// Whether one of eight bytes may stop the search. It never misses one; that it may say yes for no reason does no harm,
// because the bytes are then looked at one by one.
template <Stop kStop>
bool any_stops(std::uint64_t word) {
  const auto zero_byte = [](std::uint64_t x) { return (x - kOnes) & ~x & (kOnes << 7); };
  std::uint64_t found = zero_byte(word ^ (kOnes * '"')) | zero_byte(word ^ (kOnes * '\\'));
  if constexpr (kStop == Stop::kNotPlain) {
    found |= (word | (word - kOnes * 0x20)) & (kOnes << 7);
  }
  return found != 0;
}

// The first byte at which the search stops, or `last`. It looks at 16 bytes at once where the processor has SSE2, then
// at 8, then at single bytes, and never reads behind `last`.
template <Stop kStop>
const char* find(const char* at, const char* last) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i space = _mm_set1_epi8(0x20);
  for (; last - at >= 16; at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    __m128i found = _mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash));
    if constexpr (kStop == Stop::kNotPlain) {
      // As signed bytes, control characters and all that is not ASCII lie below the space.
      found = _mm_or_si128(found, _mm_cmplt_epi8(block, space));
    }
    if (const auto mask = static_cast<unsigned>(_mm_movemask_epi8(found)); mask != 0) {
      return at + std::countr_zero(mask);
    }
  }
#endif
  for (; last - at >= 8; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    if (any_stops<kStop>(word)) {
      break;
    }
  }
  while (at != last && !stops<kStop>(*at)) {
    ++at;
  }
  return at;
}

constexpr std::int32_t hex_digit(char c) {
  if (is_digit(c)) {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Scans an escape from its backslash on; the token's end is behind it.
Token scan_escape(const char* at, const char* last) {
  if (last - at < 2) {
    return {last, Fault::kUnclosed};
  }
  switch (at[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      return {at + 2};
    case 'u':
      break;
    default:
      return {at, Fault::kEscape};
  }
  const std::int32_t unit = hex4(at + 2, last);
  if (unit < 0) {
    return {at, Fault::kHex};
  }
  if (is_high_surrogate(unit)) {
    const bool pair = last - at >= 12 && at[6] == '\\' && at[7] == 'u' && is_low_surrogate(hex4(at + 8, last));
    return pair ? Token{at + 12} : Token{at, Fault::kSurrogate};
  }
  return is_low_surrogate(unit) ? Token{at, Fault::kSurrogate} : Token{at + 6};
}

const char* skip_digits(const char* at, const char* last) {
  while (at != last && is_digit(*at)) {
    ++at;
  }
  return at;
}

}  // namespace

Token scan_string(const char* at, const char* last) noexcept {
  bool escaped = false;
  for (;;) {
    at = find<Stop::kNotPlain>(at, last);
    if (at == last) {
      return {last, Fault::kUnclosed, escaped};
    }
    if (*at == '"') {
      return {at, Fault::kNone, escaped};
    }
    if (*at == '\\') {
      const Token escape = scan_escape(at, last);
      if (escape.fault != Fault::kNone) {
        return escape;
      }
      escaped = true;
      at = escape.end;
      continue;
    }
    if (static_cast<unsigned char>(*at) < 0x20) {
      return {at, Fault::kControl};
    }
    do {  // text that is not ASCII comes in runs
      const std::size_t length = utf8_length(at, last);
      if (length == 0) {
        return {at, Fault::kUtf8};
      }
      at += length;
    } while (at != last && static_cast<signed char>(*at) < 0);
  }
}

Token scan_number(const char* at, const char* last) noexcept {
  if (at != last && *at == '-') {
    ++at;
  }
  if (at == last || !is_digit(*at)) {
    return {at, Fault::kNoDigit};
  }
  at = *at == '0' ? at + 1 : skip_digits(at, last);
  if (at != last && *at == '.') {
    const char* const digits = ++at;
    at = skip_digits(at, last);
    if (at == digits) {
      return {at, Fault::kNoDigit};
    }
  }
  if (at != last && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != last && (*at == '+' || *at == '-')) {
      ++at;
    }
    const char* const digits = at;
    at = skip_digits(at, last);
    if (at == digits) {
      return {at, Fault::kNoDigit};
    }
  }
  if (at != last && (is_digit(*at) || *at == '.' || *at == 'e' || *at == 'E')) {
    return {at, Fault::kNumber};
  }
  return {at};
}

const char* find_quote(const char* at, const char* last) noexcept { return find<Stop::kQuote>(at, last); }

std::size_t utf8_length(const char* at, const char* last) noexcept {
  const auto byte = [at](std::size_t i) { return static_cast<unsigned char>(at[i]); };
  const auto tail = [&byte](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const auto room = last - at;
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    return 1;
  }
  if (lead < 0xE0) {
    return lead >= 0xC2 && room >= 2 && tail(1) ? 2 : 0;
  }
  if (lead < 0xF0) {
    if (room < 3 || !tail(1) || !tail(2)) {
      return 0;
    }
    const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = lead == 0xED && byte(1) >= 0xA0;
    return overlong || surrogate ? 0 : 3;
  }
  if (lead > 0xF4 || room < 4 || !tail(1) || !tail(2) || !tail(3)) {
    return 0;
  }
  const bool overlong = lead == 0xF0 && byte(1) < 0x90;
  const bool too_high = lead == 0xF4 && byte(1) >= 0x90;
  return overlong || too_high ? 0 : 4;
}

std::int32_t hex4(const char* at, const char* last) noexcept {
  if (last - at < 4) {
    return -1;
  }
  std::int32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const std::int32_t digit = hex_digit(at[i]);
    if (digit < 0) {
      return -1;
    }
    value = value * 16 + digit;
  }
  return value;
}

// Well-formed text needs no check but for the depth: strings are passed over, because brackets may stand in them.
const char* value_end(const char* at, const char* last) noexcept {
  for (std::size_t depth = 0; at != last; ++at) {
    switch (*at) {
      case '"':
        at = scan_string(at + 1, last).end;
        if (depth == 0) {
          return at + 1;
        }
        break;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (depth <= 1) {
          return depth == 0 ? at : at + 1;
        }
        --depth;
        break;
      default:
        if (depth == 0 && (*at == ',' || is_space(*at))) {
          return at;
        }
    }
  }
  return at;
}

}  // namespace respand::json
