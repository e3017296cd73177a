#pragma once
// What every fuzz target stands on: claims that end the process when they do not hold, and an input cut into values
// or into pieces. One thread.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/random.h"

namespace respand::fuzz {

// What is being tried, for the message of a broken claim; libFuzzer keeps the input itself.
inline std::string_view trying;

inline void claim(bool holds, std::string_view what) {
  if (!holds) {
    std::fprintf(stderr, "broken claim: %.*s\n%.*s\n", static_cast<int>(what.size()), what.data(),
                 static_cast<int>(trying.size()), trying.data());
    std::abort();
  }
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Bytes in a block of exactly their size: a read behind them, or of a view kept too long, is found by the sanitizer.
class Block {
 public:
  explicit Block(std::string_view text) : size_(text.size()), bytes_(std::make_unique<char[]>(text.size())) {
    std::copy(text.begin(), text.end(), bytes_.get());
  }
  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

// The same seed for the same input, so that a text needs no bytes in front that steer the target.
inline std::uint64_t seed_of(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  }
  return hash;
}

// The text cut at places that the seed chooses; `usual` is about how long a piece is.
inline std::vector<std::string_view> pieces_of(std::string_view text, std::size_t usual, Random& random) {
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    const std::size_t size = std::min<std::size_t>(text.size(), 1 + random.below(2 * usual - 1));
    pieces.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return pieces;
}

// Values from the front of an input; zeros and empty texts when it is used up.
class Source {
 public:
  explicit Source(std::string_view rest) : rest_(rest) {}
  [[nodiscard]] bool empty() const { return rest_.empty(); }
  [[nodiscard]] std::string_view text(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  template <typename T>
  [[nodiscard]] T number() {
    T value{};
    const std::string_view bytes = text(sizeof value);
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  [[nodiscard]] std::uint8_t byte() { return number<std::uint8_t>(); }

 private:
  std::string_view rest_;
};

}  // namespace respand::fuzz

// What libFuzzer and fuzz_corpus_test call.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
