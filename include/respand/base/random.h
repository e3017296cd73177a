#pragma once
// Random numbers, for jitter, identifiers and stamps. Seeded in tests. Not for cryptography.

#include <cstdint>
#include <random>

namespace respand {

// A source of random numbers. Each thread or object has its own; one thread at a time.
class Random {
 public:
  virtual ~Random() = default;
  [[nodiscard]] virtual std::uint64_t next() = 0;  // 64 uniform bits
  // Uniform in [0, limit). Requires: limit > 0. The bias of the multiply-shift is below 2^-32 for limits below 2^32.
  [[nodiscard]] std::uint64_t below(std::uint64_t limit) {
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * limit) >> 64);
  }
  // Uniform in [0, 1).
  [[nodiscard]] double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  __extension__ using Wide = unsigned __int128;
};

// mt19937_64 from a given seed: the same sequence every time.
class SeededRandom final : public Random {
 public:
  // `seed`: entropy() in the daemon, a fixed one in tests.
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  [[nodiscard]] std::uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

// A seed from the kernel's entropy pool (getrandom). Any thread.
[[nodiscard]] std::uint64_t entropy();

}  // namespace respand
