// A large backlog: how long a start with it takes, how much memory it needs, and whether it drains as fast as it came.
//   build/release/backlog [GIB [BYTES [YAML]]]      10 GiB of records of 1300 bytes; YAML: more configuration, a
//   section a line in braces
// The API is away while the journal is filled by one writer, which pipelines lines and reads the acks. Then the page
// cache is dropped where that is permitted, the daemon is started again, and the API comes back.

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "bench/rig.h"
#include "respand/base/fd.h"
#include "respand/base/text.h"

namespace {

using namespace respand;
using namespace respand::bench;

// Makes the next reads of the journal come from the disk: its files are synced, so their cached pages can be dropped.
void forget_pages(const std::string& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      const UniqueFd file(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC));
      ::fdatasync(file.get());
      ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const double gib = argc > 1 ? std::strtod(argv[1], nullptr) : 10;
  const std::size_t bytes = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1300;
  const auto records =
      static_cast<std::uint64_t>(gib * (1U << 30) / static_cast<double>(bytes)) / Rig::kBlock * Rig::kBlock;
  const std::string more = cat("journal: {max_size: 256GiB}\n", argc > 3 ? argv[3] : "");
  // SIGSTOP and SIGCONT make the outage: while the sink hangs nothing is delivered, and it keeps its port.
  Sink sink;
  Rig daemon(sink.port(), more);
  sink.pause();
  daemon.start();
  const double filled = static_cast<double>(records) / daemon.pipeline(records, bytes);
  const double peak_filling = daemon.memory_mib("VmHWM");
  daemon.stop();
  forget_pages(daemon.path("journal"));
  const double ready = daemon.start();
  const double at_ready = daemon.memory_mib("VmRSS");
  const double backlog = daemon.metric("respand_backlog_records");
  const MonoTime begin = system_clock().mono();
  sink.resume();
  sink.wait_for(records);
  const double drained = static_cast<double>(records) / seconds_since(begin);
  std::printf(
      "%llu records, %.1f GiB: filled at %.0f/s (peak %.1f MiB); ready %.0f ms after exec with %.0f waiting, %.1f MiB "
      "resident; drained at %.0f/s, %.2f x as fast as filled (peak %.1f MiB)\n",
      static_cast<unsigned long long>(records), gib, filled, peak_filling, ready * 1000, backlog, at_ready, drained,
      drained / filled, daemon.memory_mib("VmHWM"));
  daemon.stop();
}
