// End to end with the real binaries: one writer on the Unix socket, the daemon, the stand-in API; durable, one POST a
// record unless the configuration says otherwise. Prints records a second and the daemon's CPU time a record, and the
// time from exec to ready.
//   build/release/end_to_end [RECORDS [BYTES [YAML [YAML]]]]      200000 records of 1300 bytes
// YAML is more configuration, a section a line in braces ('journal: {sync: never}'); with two of them the rounds
// alternate, and the medians' ratio is printed at the end.

#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/rig.h"

namespace {

using namespace respand;
using namespace respand::bench;

constexpr int kRounds = 3;

struct Run {
  double ready_ms = 0;
  double acknowledged = 0;  // records a second, until the last acknowledgement
  double delivered = 0;     // records a second, until the API had the last one
  double cpu_us = 0;        // of the daemon, a record
  double ledger_us = 0;     // of these, of the ledger's thread
  double peak_mib = 0;
};

Run run(std::uint64_t records, std::size_t bytes, const std::string& more) {
  const Sink sink;
  Rig daemon(sink.port(), more);
  Run result;
  result.ready_ms = daemon.start() * 1000;
  const double cpu_before = daemon.cpu_seconds();
  const MonoTime start = system_clock().mono();
  result.acknowledged = static_cast<double>(records) / daemon.pipeline(records, bytes);
  sink.wait_for(records);
  result.delivered = static_cast<double>(records) / seconds_since(start);
  result.cpu_us = (daemon.cpu_seconds() - cpu_before) * 1e6 / static_cast<double>(records);
  result.ledger_us = daemon.cpu_seconds("ledger") * 1e6 / static_cast<double>(records);
  result.peak_mib = daemon.memory_mib("VmHWM");
  daemon.stop();
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t records = argc > 1 ? std::strtoull(argv[1], nullptr, 10) / Rig::kBlock * Rig::kBlock : 200'000;
  const std::size_t bytes = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1300;
  std::vector<std::string> settings = {argc > 3 ? argv[3] : ""};
  if (argc > 4) {
    settings.emplace_back(argv[4]);
  }
  std::printf("%10s %12s %12s %10s %10s %10s   (%llu records of %zu bytes)\n", "ready ms", "acked/s", "delivered/s",
              "CPU us/rec", "ledger us", "peak MiB", static_cast<unsigned long long>(records), bytes);
  std::vector<std::vector<double>> delivered(settings.size());
  std::vector<std::vector<double>> cpu(settings.size());
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < settings.size(); ++i) {
      const Run r = run(records, bytes, settings[i]);
      delivered[i].push_back(r.delivered);
      cpu[i].push_back(r.cpu_us);
      std::printf("%10.1f %12.0f %12.0f %10.1f %10.2f %10.1f   %s\n", r.ready_ms, r.acknowledged, r.delivered, r.cpu_us,
                  r.ledger_us, r.peak_mib, settings[i].c_str());
      std::fflush(stdout);
    }
  }
  if (settings.size() == 2) {
    std::printf("first to second, medians: delivered/s x %.2f, CPU x %.2f\n",
                median(delivered[0]) / median(delivered[1]), median(cpu[0]) / median(cpu[1]));
  }
}
