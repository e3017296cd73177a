// An API 50 ms away, behind TLS: records a second compared with max_in_flight / round trip, and the number of
// connections that were used. HTTP/2, then HTTP/1.1. netem makes the delay, in a network namespace of its own, as root;
// where the kernel has no netem, the API takes that long for each answer.
//   build/release/distance [IN_FLIGHT [MILLISECONDS [LOSS_PERCENT]]]      256 50 0

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <thread>

#include "bench/rig.h"
#include "respand/base/text.h"
#include "tests/support/nginx.h"
#include "tests/support/slow_network.h"

namespace {

using namespace respand;
using namespace respand::bench;

constexpr double kWarmUp = 2;  // seconds
constexpr double kMeasured = 5;

void measure(const std::string& version, int in_flight, double possible, int delay) {
  test::Certificates certificates;
  const Sink sink({"--delay", cat(delay, "ms")});
  test::Nginx::Options front{.pair = certificates.good()};
  if (delay > 0) {
    front.http =
        cat("upstream api { server 127.0.0.1:", sink.port(), "; keepalive 1000; keepalive_requests 10000000; }");
    front.location = "proxy_pass http://api;";
  }
  test::Nginx nginx(front);
  Rig daemon(nginx.url(), cat("api: {ca_file: ", certificates.authority(), ", http_version: \"", version,
                              "\"}\ndelivery: {max_in_flight: ", in_flight, ", drain_timeout: 1s}"));
  daemon.start();
  std::string records = "!ack\n";
  for (int i = 0; i < static_cast<int>(possible * (kWarmUp + kMeasured + 1)); ++i) {
    records += record_line(1300);
  }
  test::Client writer = daemon.connect();
  std::jthread load([&] {
    writer.send(records, std::chrono::hours{1});
    writer.half_close();
    static_cast<void>(writer.read_all(std::chrono::hours{1}));
  });
  load.join();  // All is durable: from here on the daemon only delivers.
  const double already = daemon.metric("respand_records_delivered_total");
  MonoTime begin = system_clock().mono();
  while (seconds_since(begin) < kWarmUp && daemon.metric("respand_records_delivered_total") < already + possible) {
    ::usleep(10'000);  // the pages are as far away as the API: a look costs a round trip anyway
  }
  const double cpu = daemon.cpu_seconds();
  begin = system_clock().mono();
  const double before = daemon.metric("respand_records_delivered_total");
  while (seconds_since(begin) < kMeasured && daemon.metric("respand_backlog_records") > 0) {
    ::usleep(10'000);
  }
  const double delivered = daemon.metric("respand_records_delivered_total") - before;
  const double rate = delivered / seconds_since(begin);
  std::set<std::uint64_t> connections;
  for (const test::Nginx::Served& one : nginx.served()) {
    connections.insert(one.connection);
  }
  std::printf("HTTP/%-5s %8.0f records/s %6.1f %% of %.0f/s over %zu connections, limit %.0f, CPU %.1f us a record\n",
              version == "auto" ? "2" : version.c_str(), rate, 100 * rate / possible, possible, connections.size(),
              daemon.metric("respand_concurrency_limit"), (daemon.cpu_seconds() - cpu) * 1e6 / delivered);
  std::fflush(stdout);
  daemon.stop();
}

}  // namespace

int main(int argc, char** argv) {
  const int in_flight = argc > 1 ? std::atoi(argv[1]) : 256;
  const int milliseconds = argc > 2 ? std::atoi(argv[2]) : 50;
  const int loss = argc > 3 ? std::atoi(argv[3]) : 0;
  const std::string why = test::enter_slow_network(std::chrono::milliseconds{milliseconds}, loss);
  std::printf("%s\n", why.empty() ? "by netem" : cat("by the API, because here is no netem: ", why).c_str());
  const int delay = why.empty() ? 0 : milliseconds;
  constexpr int kConnections = 64;  // delivery.max_connections, of which HTTP/1.1 needs one each
  measure("auto", in_flight, 1000.0 * in_flight / milliseconds, delay);
  measure("1.1", in_flight, 1000.0 * std::min(in_flight, kConnections) / milliseconds, delay);
}
