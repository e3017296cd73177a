#pragma once
// StateFile: a small file that holds a content as it was written last: a magic, and frames with a content and a
// checksum each, of which the last whole one counts. A kill -9 leaves the old content or the new one; where the write
// was synced, a power cut does too. One thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "respand/base/result.h"
#include "respand/fs/file_system.h"

namespace respand::fleet {

class StateFile {
 public:
  static constexpr std::size_t kMagic = 8;
  // A file that would become larger is made anew. Renaming a file over another one makes the kernel write it to the
  // disk at once, which a frame that is appended does not.
  static constexpr std::uint64_t kMostAppended = std::uint64_t{1} << 20;
  enum class Durable : bool { kNo, kYes };

  // `magic` has kMagic bytes and lives for ever; `fs` is borrowed. The folder is made by the first write.
  StateFile(std::string folder, std::string_view name, std::string_view magic, fs::FileSystem& fs);

  // The content of the last write. kNotFound: there is none; kCorrupt: the file is damaged.
  [[nodiscard]] Result<std::string> read() const;
  // When it returns success, a start after kill -9 finds this content; with kYes after a power cut too. After a failure
  // a start may find the old content or this one.
  [[nodiscard]] Status write(std::string_view content, Durable durable);
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  [[nodiscard]] bool append(std::string_view frame);
  [[nodiscard]] Status write_new(std::string_view frame, Durable durable);

  const std::string folder_;
  const std::string path_;
  const std::string_view magic_;
  fs::FileSystem& fs_;
  bool folder_made_ = false;
  std::unique_ptr<fs::File> file_;  // that frames are appended to; null: the next write makes a new one
  std::uint64_t end_ = 0;           // of its last frame
};

}  // namespace respand::fleet
