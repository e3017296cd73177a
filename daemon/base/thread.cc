#include "respand/base/thread.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <csignal>

namespace respand {

void name_this_thread(std::string_view name) {
  std::array<char, 16> buffer{};
  std::copy_n(name.begin(), std::min(name.size(), buffer.size() - 1), buffer.begin());
  ::pthread_setname_np(::pthread_self(), buffer.data());
}

void block_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    ::sigaddset(&set, signal);
  }
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ,
              SIG_IGN);  // A file-size limit is to be an EFBIG that the journal handles, not the process's end.
}

}  // namespace respand
