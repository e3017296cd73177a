#pragma once
// Files with their content, as a tar archive (POSIX ustar). Pure.

#include <cstdint>
#include <string>
#include <string_view>

namespace respand::cli {

class Archive {
 public:
  // `seconds`: since 1970, the time of all its files.
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
