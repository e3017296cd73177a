#pragma once
// Strong types for size, identity and time, so that no bare number crosses a module's border. Values only; any thread.

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>

namespace respand {

// A number of bytes.
struct Bytes {
  // Up to 2^64-1; sums that are larger wrap around.
  std::uint64_t value = 0;
  constexpr Bytes() = default;
  constexpr explicit Bytes(std::uint64_t bytes) : value(bytes) {}
  friend constexpr auto operator<=>(Bytes, Bytes) = default;
  friend constexpr Bytes operator+(Bytes a, Bytes b) { return Bytes{a.value + b.value}; }
  // Requires: a >= b.
  friend constexpr Bytes operator-(Bytes a, Bytes b) { return Bytes{a.value - b.value}; }
};
// `n` KiB, MiB or GiB.
[[nodiscard]] constexpr Bytes kibibytes(std::uint64_t n) { return Bytes{n << 10}; }
[[nodiscard]] constexpr Bytes mebibytes(std::uint64_t n) { return Bytes{n << 20}; }
[[nodiscard]] constexpr Bytes gibibytes(std::uint64_t n) { return Bytes{n << 30}; }

// The place of a record in the journal's order: 1, 2, 3 … without gaps as written; never used twice.
struct Sequence {
  // 0 comes before every record.
  std::uint64_t value = 0;
  constexpr Sequence() = default;
  constexpr explicit Sequence(std::uint64_t n) : value(n) {}
  friend constexpr auto operator<=>(Sequence, Sequence) = default;
  [[nodiscard]] constexpr Sequence next() const { return Sequence{value + 1}; }
};

// A segment of the journal. Ids grow and are never used twice, not even where a file is recycled.
struct SegmentId {
  // 0 is no segment.
  std::uint64_t value = 0;
  constexpr SegmentId() = default;
  constexpr explicit SegmentId(std::uint64_t n) : value(n) {}
  friend constexpr auto operator<=>(SegmentId, SegmentId) = default;
  [[nodiscard]] constexpr SegmentId next() const { return SegmentId{value + 1}; }
};

// A length of time, in whole microseconds.
using Duration = std::chrono::microseconds;
// A time of day: since the Unix epoch, UTC. For stamps that people and the API read; the clock behind it may jump.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;
// A time that never jumps, and means nothing outside this process. For every wait, time-out and rate.
using MonoTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;

}  // namespace respand
