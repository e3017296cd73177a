#pragma once
// Aside: keeps messages that a relay can't read, as they came, for people. Bounded; the relay's thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "respand/base/result.h"
#include "respand/base/units.h"
#include "respand/fs/file_system.h"

namespace respand::fleet {

class Aside {
 public:
  static constexpr std::uint64_t kMostFiles = 1000;
  static constexpr Bytes kMostBytes = mebibytes(256);

  // `fs` is borrowed. The folder is made by the first keep().
  Aside(std::string folder, fs::FileSystem& fs) : folder_(std::move(folder)), fs_(fs) {}

  // When it returns the file's path, the message is on the disk. kNoSpace: there is too much already.
  [[nodiscard]] Result<std::string> keep(std::string_view stream, std::uint64_t sequence, std::string_view message);

 private:
  [[nodiscard]] Status measure();

  const std::string folder_;
  fs::FileSystem& fs_;
  bool measured_ = false;
  std::uint64_t files_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace respand::fleet
