#pragma once
// PrivateFile: a file that a command writes records to. They are nobody else's: it is made with mode 0600, and an older
// one of that name becomes so before anything is written. Symbolic links are not followed, and what is not this user's
// own regular file, under this one name, is not written to: in /tmp somebody may have made it first. Main thread.

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
  // Empties it.
  [[nodiscard]] static Result<std::unique_ptr<PrivateFile>> open(const std::string& path);
  ~PrivateFile() override;
  PrivateFile(const PrivateFile&) = delete;
  PrivateFile& operator=(const PrivateFile&) = delete;

  // Goes bad where the disk takes no more.
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
