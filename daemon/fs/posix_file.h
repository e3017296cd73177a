#pragma once
// PosixFile: a File that is an open file descriptor. Made by the POSIX file system and its directories; threads as for
// File.

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <utility>

#include "fs/posix_calls.h"
#include "respand/base/fd.h"
#include "respand/fs/directory.h"

namespace respand::fs {

class PosixFile final : public DirectoryFile, public Identified {
 public:
  // `path` is for messages only. `calls` is borrowed for the file's life.
  PosixFile(UniqueFd fd, std::string path, const FileCalls& calls = kKernel)
      : fd_(std::move(fd)), path_(std::move(path)), calls_(calls) {}

  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) const override;
  [[nodiscard]] Status write_at(std::uint64_t offset, std::span<const ConstBytes> parts) override;
  [[nodiscard]] Status sync_data() override;
  [[nodiscard]] Status truncate(std::uint64_t size) override;
  [[nodiscard]] Result<std::uint64_t> size() const override;
  [[nodiscard]] Result<FileIdentity> identity() const override;
  [[nodiscard]] Result<FileInfo> info() const override;
  [[nodiscard]] Result<FileBirth> birth() const override;
  [[nodiscard]] Writers writers() const override;

 private:
  const UniqueFd fd_;
  const std::string path_;
  const FileCalls& calls_;
};

// Of an open descriptor; `path` is for messages.
[[nodiscard]] Result<FileIdentity> identity_of_descriptor(int fd, std::string_view path);
// Of an open descriptor; `what` is the call, for messages.
[[nodiscard]] Result<FileInfo> info_of_descriptor(int fd, std::string_view what);
[[nodiscard]] FileInfo to_info(const struct stat& info);

}  // namespace respand::fs
