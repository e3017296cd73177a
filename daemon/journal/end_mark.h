#pragma once
// The file `end`: where the journal's last durable record is. It is written after every group, and not synced. With it
// a start knows how far the newest segment reaches without reading all of it, and notices where acknowledged records
// are missing at its end. It is believed only where the record that it names is there and sound; without it recovery
// reads the whole newest segment. Journal thread, and main thread before and after.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "journal/format.h"
#include "respand/base/result.h"
#include "respand/fs/file_system.h"

namespace respand::journal {

struct EndMark {
  static constexpr std::size_t kSize = 64;
  std::uint64_t journal = 0;
  SegmentId segment;
  std::uint64_t offset = 0;    // of the last durable record's header
  Sequence sequence;           // of that record
  std::uint64_t appended = 0;  // bytes of all records up to and with it
  bool clean = false;          // the journal was stopped: nothing was written behind it
};

void encode(const EndMark& mark, std::span<std::byte, EndMark::kSize> out);
[[nodiscard]] HeaderState decode(std::span<const std::byte, EndMark::kSize> in, EndMark& mark);

class EndMarkFile {
 public:
  // kUnsupported where it is of a newer format version. A file that is missing, damaged or can't be made is no error.
  [[nodiscard]] static Result<EndMarkFile> open(fs::FileSystem& fs, const std::string& directory);
  // Reads the file without changing it. What it returns is not for writing.
  [[nodiscard]] static Result<EndMarkFile> look(fs::FileSystem& fs, const std::string& directory);
  [[nodiscard]] const std::optional<EndMark>& found() const { return found_; }
  // Whether the file was there and is not sound.
  [[nodiscard]] bool damaged() const { return damaged_; }
  // On return the mark survives a kill -9.
  [[nodiscard]] Status write(const EndMark& mark);
  [[nodiscard]] Status sync();

 private:
  [[nodiscard]] Status read(const std::string& path);

  std::unique_ptr<fs::File> file_;  // null where it could not be made
  std::optional<EndMark> found_;
  bool damaged_ = false;
};

}  // namespace respand::journal
