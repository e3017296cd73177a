#pragma once
// SmallDisk: a real file system of a few MiB, mounted where only this thread, the threads and the processes that it
// starts from then on can see it (a mount namespace). It can be filled to the last byte and given room again. Needs
// root; where mounting is not permitted `why_not()` says so and there is no disk.

#include <cstdint>
#include <string>

#include "respand/base/units.h"
#include "tests/support/files.h"

namespace respand::test {

class SmallDisk {
 public:
  enum class Kind : std::uint8_t { kExt4, kTmpfs };

  // `inodes`: as many files and folders as there may be; 0: plenty. Of a tmpfs only.
  SmallDisk(Kind kind, Bytes size, std::uint64_t inodes = 0);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  [[nodiscard]] const std::string& why_not() const { return why_not_; }
  [[nodiscard]] std::string operator/(std::string_view name) const { return mount_ + "/" + std::string(name); }

  // Takes all room that is left, to the last block. To be called again for room that became free meanwhile.
  void fill();
  // Takes all inodes, so that no more files can be made.
  void fill_inodes();
  // Gives back what fill() and fill_inodes() took.
  void free();
  // Bytes that can still be written.
  [[nodiscard]] std::uint64_t available() const;

 private:
  [[nodiscard]] std::string mount_disk(Kind kind, Bytes size, std::uint64_t inodes);

  TempDir folder_;
  std::string mount_;
  std::string why_not_;
  bool mounted_ = false;
};

// For a test that can't go on without the disk.
#define SKIP_WITHOUT(disk)                                                                          \
  if (!(disk).why_not().empty()) {                                                                  \
    GTEST_SKIP() << "this test mounts a small file system, which needs root: " << (disk).why_not(); \
  }                                                                                                 \
  static_cast<void>(0)

}  // namespace respand::test
