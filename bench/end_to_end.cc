// End to end with the real binaries: one writer on the Unix socket, the daemon, the stand-in API; durable, one POST a
// record. Prints records a second and the daemon's CPU time a record, and the time from exec to ready.
//   build/release/end_to_end [RECORDS [BYTES [YAML]]]      200000 records of 1300 bytes; YAML: more configuration

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

#include "respand/base/clock.h"
#include "respand/base/text.h"
#include "tests/support/client.h"
#include "tests/support/files.h"
#include "tests/support/json.h"
#include "tests/support/process.h"

namespace {

using namespace respand;
using respand::test::Client;

double seconds_since(MonoTime begin) { return std::chrono::duration<double>(system_clock().mono() - begin).count(); }

// User and system time of a running process, in seconds.
double cpu_seconds(pid_t pid) {
  const std::string stat = test::read_file(cat("/proc/", pid, "/stat"));
  const char* at = stat.c_str() + stat.rfind(')') + 2;
  char* next = nullptr;
  for (int field = 3; field < 14; ++field) {
    at = std::strchr(at, ' ') + 1;
  }
  const double user = std::strtod(at, &next);
  const double system = std::strtod(next, nullptr);
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

long peak_kib(pid_t pid) {
  const std::string status = test::read_file(cat("/proc/", pid, "/status"));
  return std::strtol(status.c_str() + status.find("VmHWM:") + 6, nullptr, 10);
}

std::uint16_t port_in(const std::string& line) {
  return static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1)));
}

struct Run {
  double ready_ms = 0;
  double acknowledged = 0;  // records a second, until the last acknowledgement
  double delivered = 0;     // records a second, until the API had the last one
  double cpu_us = 0;        // of the daemon, a record
  long peak_kib = 0;
};

Run run(std::uint64_t records, std::size_t bytes, const std::string& more) {
  const test::TempDir folder;
  const std::string respand = RESPAND_BINARY;
  test::Process sink(respand, {"sink", "--listen", "127.0.0.1:0"});
  const std::string listening = sink.wait_for_line("listening on").value();
  const std::uint16_t sink_port = port_in(listening);
  test::write_file(folder / "respand.yaml",
                   cat("api: {base_url: \"http://127.0.0.1:", sink_port,
                       "/api\", api_key: bench}\nsocket: {path: ", folder / "s.sock",
                       "}\njournal: {directory: ", folder / "journal", "}\ndead_letters: {directory: ", folder / "dead",
                       "}\nspool: {directory: ", folder.path(), "/spool}\n", more, "\n"));
  std::filesystem::create_directory(folder / "spool");
  Run result;
  const MonoTime begin = system_clock().mono();
  test::Process daemon(respand, {"run", "--config", folder / "respand.yaml"});
  daemon.wait_for_line(" ready ").value();
  result.ready_ms = seconds_since(begin) * 1000;

  const std::string record =
      cat(R"({"model":"nextbit256/cydonia-2b","prompt_messages":[{"role":"user","content":")",
          std::string(bytes > 260 ? bytes - 260 : 0, 'x'),
          R"("}],"completion_message":{"role":"assistant","content":"Hello from Nextbit through Respan."},)",
          R"("cost":0.001,"generation_time":1.2,"customer_params":{"customer_identifier":"user_123"}})", "\n");
  std::string block;
  constexpr std::uint64_t kBlock = 100;
  for (std::uint64_t i = 0; i < kBlock; ++i) {
    block += record;
  }
  const double cpu_before = cpu_seconds(daemon.pid());
  Client writer = Client::connect_unix(folder / "s.sock");
  const MonoTime start = system_clock().mono();
  std::jthread load([&] {
    writer.send("!ack\n");
    for (std::uint64_t sent = 0; sent < records; sent += kBlock) {
      writer.send(block, std::chrono::hours{1});
    }
    writer.half_close();
  });
  const std::string answers = writer.read_all(std::chrono::hours{1});
  result.acknowledged = static_cast<double>(records) / seconds_since(start);
  load.join();
  Client stats = Client::connect_tcp(sink_port);
  std::uint64_t arrived = 0;
  while (arrived < records) {
    arrived = std::stoull(test::member(stats.request("GET", "/stats")->body, "records"));
    ::usleep(5000);  // asks the API's own count; five milliseconds in seconds are no error of measurement
  }
  result.delivered = static_cast<double>(records) / seconds_since(start);
  result.cpu_us = (cpu_seconds(daemon.pid()) - cpu_before) * 1e6 / static_cast<double>(records);
  result.peak_kib = peak_kib(daemon.pid());
  daemon.terminate();
  static_cast<void>(daemon.wait());
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t records = argc > 1 ? std::strtoull(argv[1], nullptr, 10) / 100 * 100 : 200'000;
  const std::size_t bytes = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1300;
  const std::string more = argc > 3 ? argv[3] : "";
  std::printf("%10s %12s %12s %10s %10s   (%llu records of %zu bytes)\n", "ready ms", "acked/s", "delivered/s",
              "CPU us/rec", "peak MiB", static_cast<unsigned long long>(records), bytes);
  for (int round = 0; round < 3; ++round) {
    const Run r = run(records, bytes, more);
    std::printf("%10.1f %12.0f %12.0f %10.1f %10.1f\n", r.ready_ms, r.acknowledged, r.delivered, r.cpu_us,
                static_cast<double>(r.peak_kib) / 1024);
    std::fflush(stdout);
  }
}
