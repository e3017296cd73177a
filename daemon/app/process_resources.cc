#include "app/process_resources.h"

#include <malloc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

namespace respand::app {

std::uint64_t set_process_limits() {
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) {
    return ~std::uint64_t{0};
  }
  const rlimit raised{files.rlim_max, files.rlim_max};
  return ::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? files.rlim_max : files.rlim_cur;
}

void keep_secrets() {
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  ::unsetenv("SSLKEYLOGFILE");
}

void give_back_startup_memory() {
  // A sanitizer has an allocator of its own. glibc's is then unused and may not be set up: trimming it crashed now and
  // then.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  ::malloc_trim(0);
#endif
  std::ifstream maps("/proc/self/smaps");
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  bool droppable = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t from = 0;
    std::uintptr_t to = 0;
    char permissions[5] = {};
    char path = 0;
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %*s %c", &from, &to, permissions, &path) >=
        3) {
      const std::string_view may(permissions);
      begin = from;
      end = to;
      droppable = path == '/' && (may == "r-xp" || may == "r--p");
    } else if (droppable && line.starts_with("Anonymous:")) {
      // Only mappings of which no page was ever written to (relocations are): dropping pages that are in the file as
      // they are in memory can't lose anything.
      std::uint64_t own = 1;
      if (std::sscanf(line.c_str(), "Anonymous: %" SCNu64 " kB", &own) == 1 && own == 0) {
        ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);  // NOLINT(performance-no-int-to-ptr)
      }
    }
  }
}

}  // namespace respand::app
