#include "app/process_resources.h"

#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

namespace respand::app {

void set_process_limits() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
}

void give_back_startup_memory() {
  ::malloc_trim(0);
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char permissions[5] = {};
    char path = 0;
    // Only file-backed text that nobody could have written to: dropping such pages can't lose anything.
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %*s %c", &begin, &end, permissions, &path) ==
            4 &&
        std::string_view(permissions) == "r-xp" && path == '/') {
      ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);  // NOLINT(performance-no-int-to-ptr)
    }
  }
}

}  // namespace respand::app
