#pragma once
// Archive: makes a tar archive (POSIX ustar) of files in memory. Pure.

#include <cstdint>
#include <string>
#include <string_view>

namespace respand::cli {

class Archive {
 public:
  // `seconds`: the time of all files in the archive, since 1970.
  explicit Archive(std::uint64_t seconds) : seconds_(seconds) {}
  // Requires: a path of at most 100 bytes.
  void add(std::string_view path, std::string_view content);
  // The whole archive.
  [[nodiscard]] std::string tar() const;

 private:
  const std::uint64_t seconds_;
  std::string bytes_;
};

}  // namespace respand::cli
