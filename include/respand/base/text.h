#pragma once
// Small text tools that the standard library of g++ 12 lacks: cat() for messages, ISO 8601 stamps, sizes and durations
// as the configuration writes them. Pure; any thread.

#include <string>
#include <string_view>

#include "respand/base/result.h"
#include "respand/base/units.h"

namespace respand {

namespace detail {
inline void put(std::string& out, std::string_view part) { out.append(part); }
inline void put(std::string& out, char part) { out.push_back(part); }
template <typename T>
requires std::is_integral_v<T>
void put(std::string& out, T part) { out.append(std::to_string(part)); }
}  // namespace detail

// The parts one after the other: cat("line ", 7, ": ", reason).
template <typename... Parts>
[[nodiscard]] std::string cat(const Parts&... parts) {
  std::string out;
  (detail::put(out, parts), ...);
  return out;
}

// Writes "2026-11-21T23:40:02.123456Z" (27 characters, no end mark) to `out`. Times before the year 0000
// and after 9999 are written as the first and the last of them.
inline constexpr std::size_t kIso8601Size = 27;
void put_iso8601(WallTime time, char* out) noexcept;
[[nodiscard]] std::string iso8601(WallTime time);

// "64KiB", "8MiB", "4GiB", "1TiB" or a bare number of bytes -> Bytes, at most 2^63-1. Decimal units (KB, MB) are
// refused with a hint.
[[nodiscard]] Result<Bytes> parse_bytes(std::string_view text);
// "250us", "250ms", "30s", "5m", "2h", "7d", or "0"; at most 36500d. A bare number other than 0 is refused: the unit is
// never guessed.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);
// The shortest form that parses to the same value: "64MiB", "1500ms". A negative duration, which does not parse: "-5s".
[[nodiscard]] std::string to_text(Bytes bytes);
[[nodiscard]] std::string to_text(Duration duration);

// The text as one line that is safe to print or log: control characters, line separators, changes of the writing
// direction and bytes that are not UTF-8 become '?'. It is cut to `limit` bytes in front of a character, and "…"
// follows.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit);

}  // namespace respand
