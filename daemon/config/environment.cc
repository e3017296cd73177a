// The real environment: the only place of this module that touches the machine.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "config/node.h"
#include "respand/base/fd.h"
#include "respand/base/text.h"
#include "respand/config/config.h"

namespace respand::config {
namespace {

// Reads a whole regular file. Anything else is refused, and opening never blocks: a FIFO or a device could keep the
// reader waiting, or never end.
Result<std::string> read_regular_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) {
    return os_error(errno, cat("cannot read ", printable(path, 200)));
  }
  if (!S_ISREG(status.st_mode)) {
    return error(ErrorCode::kInvalid, cat("cannot read ", printable(path, 200), ": not a regular file"));
  }
  std::string text;
  char block[16 * 1024];
  while (text.size() <= kMaxText) {
    const ssize_t count = ::read(fd.get(), block, sizeof(block));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return os_error(errno, cat("cannot read ", printable(path, 200)));
    }
    if (count == 0) {
      return text;
    }
    text.append(block, static_cast<std::size_t>(count));
  }
  return error(ErrorCode::kInvalid,
               cat("cannot read ", printable(path, 200), ": larger than ", to_text(Bytes{kMaxText})));
}

bool others_can_read(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0;
}

std::optional<std::string> get_variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Result<std::vector<std::string>> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code failed;
  for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    names.push_back(at->path().filename().string());
  }
  if (failed) {
    return os_error(failed.value(), cat("cannot read ", printable(folder, 200)));
  }
  return names;
}

}  // namespace

Environment Environment::process() { return {get_variable, read_regular_file, others_can_read, names_in}; }

}  // namespace respand::config
