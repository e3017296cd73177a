#pragma once
// Content: a file's bytes on the disk behind FaultFileSystem. In chunks that copies share until one of them writes, and
// of which those that are zero take no memory: tests copy a disk for each of the many states that they look at. One
// thread.

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace respand::fs {

class Content {
 public:
  Content() = default;
  explicit Content(std::string_view bytes) { write(0, bytes); }

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  // What is gained reads as zeros.
  void resize(std::uint64_t size) {
    if (size < size_ && size % kChunk != 0) {
      write(size, std::string(std::min(size_, (size / kChunk + 1) * kChunk) - size, '\0'));
    }
    size_ = size;
    chunks_.resize((size + kChunk - 1) / kChunk);
  }

  void write(std::uint64_t offset, std::string_view bytes) {
    if (size_ < offset + bytes.size()) {
      resize(offset + bytes.size());
    }
    while (!bytes.empty()) {
      const std::uint64_t from = offset % kChunk;
      const std::string_view part = bytes.substr(0, kChunk - from);
      std::shared_ptr<Chunk>& chunk = chunks_[offset / kChunk];
      if (chunk != nullptr || !zero(part)) {
        if (chunk == nullptr || chunk.use_count() > 1) {
          chunk = chunk == nullptr ? std::make_shared<Chunk>() : std::make_shared<Chunk>(*chunk);
        }
        std::copy(part.begin(), part.end(), chunk->begin() + static_cast<std::ptrdiff_t>(from));
      }
      offset += part.size();
      bytes.remove_prefix(part.size());
    }
  }

  // Up to `length` bytes to `out`; fewer only at the end.
  std::size_t read(std::uint64_t offset, std::size_t length, char* out) const {
    const std::uint64_t end = std::min(size_, offset + length);
    std::size_t done = 0;
    for (std::uint64_t at = offset; at < end;) {
      const std::uint64_t from = at % kChunk;
      const auto part = static_cast<std::size_t>(std::min(end - at, kChunk - from));
      const Chunk* const chunk = chunks_[at / kChunk].get();
      chunk == nullptr ? std::fill_n(out + done, part, '\0') : std::copy_n(chunk->data() + from, part, out + done);
      at += part;
      done += part;
    }
    return done;
  }

  [[nodiscard]] std::string text(std::uint64_t offset = 0, std::size_t length = std::string::npos) const {
    std::string out(std::min<std::uint64_t>(length, size_ - std::min(offset, size_)), '\0');
    read(offset, out.size(), out.data());
    return out;
  }

  // The same for the same bytes.
  [[nodiscard]] std::uint64_t fingerprint() const {
    std::uint64_t sum = size_;
    for (std::size_t i = 0; i < chunks_.size(); ++i) {
      const std::string_view bytes = chunks_[i] == nullptr ? std::string_view{} : std::string_view(*chunks_[i]);
      if (!zero(bytes)) {
        sum = (sum ^ std::hash<std::string_view>{}(bytes)) * 0x9E3779B97F4A7C15U + i;
      }
    }
    return sum;
  }

 private:
  static constexpr std::uint64_t kChunk = 4096;
  static bool zero(std::string_view bytes) {
    return bytes.empty() || (bytes[0] == '\0' && bytes.substr(1) == bytes.substr(0, bytes.size() - 1));
  }
  struct Chunk : std::array<char, kChunk> {
    Chunk() : std::array<char, kChunk>{} {}
    operator std::string_view() const { return {data(), size()}; }  // NOLINT(google-explicit-constructor)
  };

  std::vector<std::shared_ptr<Chunk>> chunks_;  // null: zeros; zeros behind the end
  std::uint64_t size_ = 0;
};

}  // namespace respand::fs
