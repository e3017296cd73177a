#pragma once
// PrivateFile: a file that a command writes records to, and that nobody else may read. It is made with mode 0600, and
// an older file of that name gets that mode before anything is written. Symbolic links are not followed, and only a
// regular file of this user with a single name is written to: in /tmp somebody else may have made one first. Main
// thread.

#include <array>
#include <memory>
#include <ostream>
#include <streambuf>
#include <string>

#include "respand/base/fd.h"
#include "respand/base/result.h"

namespace respand::cli {

class PrivateFile final : private std::streambuf {
 public:
  // Opens the file and empties it.
  [[nodiscard]] static Result<std::unique_ptr<PrivateFile>> open(const std::string& path);
  ~PrivateFile() override;
  PrivateFile(const PrivateFile&) = delete;
  PrivateFile& operator=(const PrivateFile&) = delete;

  // Its state is bad once the disk takes no more.
  [[nodiscard]] std::ostream& stream() { return stream_; }

 private:
  explicit PrivateFile(UniqueFd fd);
  int_type overflow(int_type c) override;
  int sync() override;

  UniqueFd fd_;
  std::array<char, std::size_t{64} * 1024> buffer_;
  std::ostream stream_{this};
};

}  // namespace respand::cli
