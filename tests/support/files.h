#pragma once
// A folder that is removed at the end of a test, and functions that read or write a whole file. Failures abort: a test
// can't go on without them.

#include <string>
#include <string_view>
#include <vector>

namespace respand::test {

// A new folder under $TMPDIR or /tmp, removed with all that is in it. Its path is short enough for Unix sockets.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

void write_file(const std::string& path, std::string_view bytes);
[[nodiscard]] std::string read_file(const std::string& path);
// Names in a folder, sorted.
[[nodiscard]] std::vector<std::string> names_in(const std::string& path);
// The lines of a text, without their ends.
[[nodiscard]] std::vector<std::string> lines_of(std::string_view text);
// How often `what` occurs in a text. Requires: `what` is not empty.
[[nodiscard]] std::size_t count_of(std::string_view text, std::string_view what);

}  // namespace respand::test
