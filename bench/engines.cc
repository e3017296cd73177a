// The HTTP client alone, without a daemon: CPU time and rate of POSTs over TLS and HTTP/2 to an nginx in another
// process, by libcurl (api.engine: libcurl) and by the engine of respand's own (auto), by turns.
//   build/release/engines [RECORDS [IN_FLIGHT [BYTES [ROUNDS [MILLISECONDS]]]]]      100000 64 1300 5 0
// MILLISECONDS: so far away is the server, by netem, as root; where the kernel has none, the API takes that long for
// each answer. Then the rate is compared with what is possible.

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bench/rig.h"
#include "respand/base/text.h"
#include "respand/http/client.h"
#include "tests/support/nginx.h"
#include "tests/support/slow_network.h"

namespace {

using namespace respand;
using namespace respand::bench;

double cpu_of_this_process() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Load {
  std::uint64_t records = 100'000;
  std::size_t in_flight = 64;
  std::size_t bytes = 1300;
};

struct Measured {
  double cpu = 0;   // microseconds a record
  double rate = 0;  // records a second
};

std::uint64_t failures = 0;

// One answer is waited for before the clock starts, so that connections and tickets are there.
void run(http::Client& client, std::uint64_t records, const Load& load, std::vector<std::string>& payloads) {
  std::vector<http::Answer> answers;
  std::uint64_t started = 0;
  for (std::uint64_t ended = 0; ended < records;) {
    for (; started < records && started - ended < std::min(load.in_flight, client.capacity()); ++started) {
      client.start(started, std::move(payloads.back()));
      payloads.pop_back();
    }
    client.poll(
        MonoTime::max(), [] { return true; }, answers);
    for (http::Answer& answer : answers) {
      payloads.push_back(std::move(answer.payload));
      if (answer.status == 200) {
        ++ended;
      } else {  // By libcurl, nginx refuses what comes before its settings are acknowledged: it goes again.
        ++failures;
        --started;
      }
    }
    answers.clear();
  }
}

Measured measure(const http::Target& target, const Load& load) {
  const auto client = http::make_client(target, system_clock());
  std::vector<std::string> payloads(std::max<std::size_t>(load.in_flight, 1), record_line(load.bytes));
  run(*client, 1, load, payloads);
  const double cpu = cpu_of_this_process();
  const MonoTime begin = system_clock().mono();
  run(*client, load.records, load, payloads);
  const auto records = static_cast<double>(load.records);
  const double seconds = seconds_since(begin);
  return {(cpu_of_this_process() - cpu) * 1e6 / records, records / seconds};
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int at, std::uint64_t otherwise) {
    return argc > at ? std::strtoull(argv[at], nullptr, 10) : otherwise;
  };
  const Load load{.records = number(1, 100'000), .in_flight = number(2, 64), .bytes = number(3, 1300)};
  const auto away = static_cast<int>(number(5, 0));
  const bool by_api = away > 0 && !test::enter_slow_network(std::chrono::milliseconds{away}, 0).empty();
  test::Certificates certificates;
  test::Nginx::Options front{.pair = certificates.good()};
  std::optional<Sink> sink;
  if (by_api) {
    sink.emplace(std::vector<std::string>{"--delay", cat(away, "ms")});
    front.http =
        cat("upstream api { server 127.0.0.1:", sink->port(), "; keepalive 1000; keepalive_requests 10000000; }");
    front.location = "proxy_pass http://api;";
  }
  const test::Nginx nginx(front);
  http::start_library();
  http::Target target;
  target.url = cat(nginx.url(), "/api/request-logs/create/");
  target.bearer = "sk-a-key-of-usual-length-0123456789";
  target.user_agent = "respand/bench";
  target.ca_file = certificates.authority();
  http::Target by_libcurl = target;
  by_libcurl.engine = http::Engine::kLibcurl;

  std::vector<double> cpu[2];
  std::vector<double> rate[2];
  for (std::uint64_t round = 0; round < number(4, 5); ++round) {
    for (const int own : {0, 1}) {
      const Measured measured = measure(own == 1 ? target : by_libcurl, load);
      cpu[own].push_back(measured.cpu);
      rate[own].push_back(measured.rate);
      std::printf("%-8s %6.2f us of CPU a record %9.0f records/s\n", own == 1 ? "auto" : "libcurl", measured.cpu,
                  measured.rate);
      std::fflush(stdout);
    }
  }
  if (away > 0) {
    const double possible = 1000.0 * static_cast<double>(load.in_flight) / away;
    std::printf("of %.0f/s that are possible: auto %.1f %%, libcurl %.1f %%\n", possible,
                100 * median(rate[1]) / possible, 100 * median(rate[0]) / possible);
  }
  std::set<std::uint64_t> connections;
  for (const test::Nginx::Served& one : nginx.served()) {
    connections.insert(one.connection);
  }
  std::printf("connections in all rounds: %zu\n", connections.size());
  std::printf("requests that had to go again: %llu\n", static_cast<unsigned long long>(failures));
  std::printf("medians: CPU %.2f / %.2f us = %.3f, rate %.0f / %.0f = %.2f\n", median(cpu[1]), median(cpu[0]),
              median(cpu[1]) / median(cpu[0]), median(rate[1]), median(rate[0]), median(rate[1]) / median(rate[0]));
}
