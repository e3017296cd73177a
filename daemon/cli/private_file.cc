#include "cli/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "respand/base/text.h"

namespace respand::cli {
namespace {

// Why the file must not be written to; empty: it may.
std::string_view objection(const struct ::stat& info) {
  return !S_ISREG(info.st_mode)       ? "is not a regular file"
         : info.st_uid != ::geteuid() ? "belongs to another user"
         : info.st_nlink > 1          ? "has another name besides (a hard link)"
                                      : "";
}

}  // namespace

Result<std::unique_ptr<PrivateFile>> PrivateFile::open(const std::string& path) {
  // Non-blocking, because opening a FIFO would wait for its reader.
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600));
  if (!fd) {
    return errno == ELOOP ? error(ErrorCode::kInvalid, cat(path, " is a symbolic link, and is not followed"))
                          : os_error(errno, path);
  }
  struct ::stat info {};
  if (::fstat(fd.get(), &info) != 0) {
    return os_error(errno, path);
  }
  if (const std::string_view why = objection(info); !why.empty()) {
    return error(ErrorCode::kInvalid, cat(path, " ", why, ": name a new file"));
  }
  if (::fchmod(fd.get(), 0600) != 0 || ::ftruncate(fd.get(), 0) != 0) {
    return os_error(errno, path);
  }
  return std::unique_ptr<PrivateFile>(new PrivateFile(std::move(fd)));
}

PrivateFile::PrivateFile(UniqueFd fd) : fd_(std::move(fd)) { setp(buffer_.data(), buffer_.data() + buffer_.size()); }

PrivateFile::~PrivateFile() { static_cast<void>(PrivateFile::sync()); }

PrivateFile::int_type PrivateFile::overflow(int_type c) {
  if (sync() != 0) {
    return traits_type::eof();
  }
  if (!traits_type::eq_int_type(c, traits_type::eof())) {
    *pptr() = traits_type::to_char_type(c);
    pbump(1);
  }
  return traits_type::not_eof(c);
}

int PrivateFile::sync() {
  for (const char* at = pbase(); at != pptr();) {
    const ssize_t written = ::write(fd_.get(), at, static_cast<std::size_t>(pptr() - at));
    if (written < 0 && errno != EINTR) {
      return -1;
    }
    at += written > 0 ? written : 0;
  }
  setp(buffer_.data(), buffer_.data() + buffer_.size());
  return 0;
}

}  // namespace respand::cli
