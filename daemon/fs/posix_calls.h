#pragma once
// How this module asks the kernel: calls that a signal interrupted are made again, and failed ones become Errors. Used
// by the POSIX files here; any thread. The calls on an open file can be replaced, so that tests see what becomes of
// interrupted and partial ones.

#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "respand/base/result.h"
#include "respand/base/text.h"

namespace respand::fs {

// The calls that may do a part of what they were asked, or be interrupted, on a file that is open.
struct FileCalls {
  ssize_t (*pread)(int fd, void* out, std::size_t size, off_t offset) = ::pread;
  ssize_t (*pwritev)(int fd, const iovec* parts, int count, off_t offset) = ::pwritev;
  int (*fdatasync)(int fd) = ::fdatasync;
  int (*ftruncate)(int fd, off_t size) = ::ftruncate;
};
inline constexpr FileCalls kKernel{};

// The error of the system call that failed last, without a name where the caller adds it (respand/fs/directory.h).
// Reads errno before anything else can touch it.
[[nodiscard]] inline Error failed(std::string_view what) {
  const int why = errno;
  return os_error(why, what);
}
[[nodiscard]] inline Error failed(std::string_view what, std::string_view path) {
  const int why = errno;
  return os_error(why, cat(what, " ", path));
}

// Makes the call until no signal interrupts it. `call` returns a negative number and sets errno where it fails.
template <typename F>
[[nodiscard]] auto retry(F&& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) {
    result = call();
  }
  return result;
}

}  // namespace respand::fs
