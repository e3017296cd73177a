#pragma once
// ReadWindow: memory of one consumer of the journal, into which a read brings the records that follow, because a
// consumer usually takes them next. It is a copy of bytes of a segment, and a hint only: a record in it is checked like
// one from the disk, and read from there where it does not hold. One thread at a time.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace respand::journal {

class RecordReader;

// The window, without a place until the first read.
class ReadWindow {
 public:
  // What one read brings at most. A record that is larger is read by itself.
  static constexpr std::size_t kSize = 64 * 1024;

 private:
  friend class RecordReader;
  // Which bytes of a segment's file are meant: offsets hold within one edition of a segment.
  struct Source {
    std::uint64_t segment = 0;
    std::uint32_t edition = 0;
    friend bool operator==(const Source&, const Source&) = default;
  };
  // The bytes at [offset, offset + size) of the source, or nothing where they are not all here.
  [[nodiscard]] std::span<const std::byte> find(const Source& source, std::uint64_t offset, std::size_t size) const {
    const bool here = source == source_ && offset >= begin_ && offset + size <= begin_ + size_;
    return here ? std::span<const std::byte>(bytes_.get() + (offset - begin_), size) : std::span<const std::byte>();
  }

  std::unique_ptr<std::byte[]> bytes_;  // none before the first read ahead
  Source source_;                       // of the last record that was read
  std::uint64_t next_ = 0;              // where that record ended
  std::uint64_t begin_ = 0;             // of the bytes that are here, all of source_
  std::size_t size_ = 0;
};

}  // namespace respand::journal
