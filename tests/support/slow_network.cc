#include "tests/support/slow_network.h"

#include <sched.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "respand/base/text.h"
#include "tests/support/process.h"

namespace respand::test {
std::string enter_slow_network(std::chrono::milliseconds there_and_back, int loss) {
  if (::unshare(CLONE_NEWNET) != 0) {
    return cat("unshare: ", std::strerror(errno));
  }
  if (auto failed = failure_of("/usr/sbin/ip", {"link", "set", "lo", "up"}); !failed.empty()) {
    return failed;
  }
  // A packet passes lo once in each direction. The limit is for packets in flight, far more than a test ever has.
  return failure_of("/usr/sbin/tc", {"qdisc", "add", "dev", "lo", "root", "netem", "limit", "1000000", "delay",
                                     cat(there_and_back.count() * 500, "us"), "loss", cat(loss, "%")});
}

}  // namespace respand::test
