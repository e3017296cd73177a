#pragma once
// Searches for the first of a few bytes, 16 at a time. Private to the detectors; pure.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace respand::record {

// The first place at or behind `from` whose byte `is` accepts, or text.size(). `is(char)` says it of one byte, and
// `is(__m128i)` of 16: a byte with all bits set for each that is accepted.
template <typename Is>
[[nodiscard]] std::size_t find_bytes(std::string_view text, std::size_t from, const Is& is) {
  std::size_t at = from;
#if defined(__SSE2__)
  for (; at + 16 <= text.size(); at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    if (const auto mask = static_cast<unsigned>(_mm_movemask_epi8(is(block))); mask != 0) {
      return at + static_cast<std::size_t>(std::countr_zero(mask));
    }
  }
#endif
  while (at < text.size() && !is(text[at])) {
    ++at;
  }
  return at;
}

// One of these bytes.
template <char... kBytes>
struct OneOf {
  bool operator()(char c) const { return ((c == kBytes) || ...); }
#if defined(__SSE2__)
  __m128i operator()(__m128i block) const {
    __m128i found = _mm_setzero_si128();
    ((found = _mm_or_si128(found, _mm_cmpeq_epi8(block, _mm_set1_epi8(kBytes)))), ...);
    return found;
  }
#endif
};

// A byte from kFirst to kLast, both below 0x80.
template <char kFirst, char kLast>
struct InRange {
  bool operator()(char c) const { return c >= kFirst && c <= kLast; }
#if defined(__SSE2__)
  __m128i operator()(__m128i block) const {
    return _mm_and_si128(_mm_cmpgt_epi8(block, _mm_set1_epi8(kFirst - 1)),
                         _mm_cmplt_epi8(block, _mm_set1_epi8(kLast + 1)));
  }
#endif
};

}  // namespace respand::record
