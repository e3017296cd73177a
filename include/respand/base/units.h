#pragma once
// Strong types for size, identity and time, so that no bare number crosses a module's border. Values only; any thread.

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>

namespace respand {

// A number of bytes.
struct Bytes {
  std::uint64_t value = 0;
  constexpr Bytes() = default;
  constexpr explicit Bytes(std::uint64_t bytes) : value(bytes) {}
  friend constexpr auto operator<=>(Bytes, Bytes) = default;
  friend constexpr Bytes operator+(Bytes a, Bytes b) { return Bytes{a.value + b.value}; }
  // Requires: a >= b.
  friend constexpr Bytes operator-(Bytes a, Bytes b) { return Bytes{a.value - b.value}; }
};
[[nodiscard]] constexpr Bytes kibibytes(std::uint64_t n) { return Bytes{n << 10}; }
[[nodiscard]] constexpr Bytes mebibytes(std::uint64_t n) { return Bytes{n << 20}; }
[[nodiscard]] constexpr Bytes gibibytes(std::uint64_t n) { return Bytes{n << 30}; }

// The place of a record in the journal's order: 1, 2, 3 … without gaps as written; never used twice.
struct Sequence {
  std::uint64_t value = 0;
  constexpr Sequence() = default;
  constexpr explicit Sequence(std::uint64_t n) : value(n) {}
  friend constexpr auto operator<=>(Sequence, Sequence) = default;
  [[nodiscard]] constexpr Sequence next() const { return Sequence{value + 1}; }
};

// A segment of the journal; ids grow and are never used twice, also when a file is recycled.
struct SegmentId {
  std::uint64_t value = 0;
  constexpr SegmentId() = default;
  constexpr explicit SegmentId(std::uint64_t n) : value(n) {}
  friend constexpr auto operator<=>(SegmentId, SegmentId) = default;
  [[nodiscard]] constexpr SegmentId next() const { return SegmentId{value + 1}; }
};

using Duration = std::chrono::microseconds;
// Time since the Unix epoch, UTC. For stamps that people and the API read; may jump.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;
// Never jumps, means nothing outside this process. For every wait, time-out and rate.
using MonoTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;

}  // namespace respand
