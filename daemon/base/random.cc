#include "respand/base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace respand {

std::uint64_t entropy() {
  std::uint64_t seed = 0;
  while (::getrandom(&seed, sizeof seed, 0) != static_cast<ssize_t>(sizeof seed)) {
    if (errno != EINTR) {
      std::abort();  // No kernel that this program runs on lacks getrandom.
    }
  }
  return seed;
}

}  // namespace respand
