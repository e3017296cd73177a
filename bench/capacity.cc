// APIs that limit or fail at times, with the real binaries: how much of what each would take is used, how much is
// refused, and how often a record is posted; for respand, and for ten workers that do not adapt (fixed_workers.h).
//   build/release/capacity [--warm SECONDS] [--for SECONDS] [--records N] [--only TEXT]      30 30 100000

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bench/fixed_workers.h"
#include "bench/rig.h"
#include "respand/base/text.h"

namespace {

using namespace respand;
using namespace respand::bench;

constexpr std::uint32_t kFixedWorkers = 10;
constexpr double kMostPatience = 300;  // seconds for the records of a row that fails

struct Options {
  double warm = 30;  // seconds until a rate is looked at
  double seconds = 30;
  std::uint64_t records = 100'000;  // for the rows that fail
  std::string only;
};

struct Row {
  const char* name;
  std::vector<std::string> sink;
  double allowed = 0;  // requests a second; 0: as many as it can
  double failing = 0;  // share of the requests
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"nothing fails", {}, 0, 0},
      {"2 % fail (500, 502, 503)", {"--fail", "500:0.007", "--fail", "502:0.007", "--fail", "503:0.006"}, 0, 0.02},
      {"5 % fail", {"--fail", "500:0.02", "--fail", "502:0.02", "--fail", "503:0.01"}, 0, 0.05},
      {"10 % fail", {"--fail", "500:0.04", "--fail", "502:0.03", "--fail", "503:0.03"}, 0, 0.1},
      {"30 % fail", {"--fail", "500:0.1", "--fail", "502:0.1", "--fail", "503:0.1"}, 0, 0.3},
      {"50 % fail", {"--fail", "500:0.2", "--fail", "502:0.2", "--fail", "503:0.1"}, 0, 0.5},
      {"token bucket 300/s:30", {"--rate", "300/s:30"}, 300, 0},
      {"the same, Retry-After 1", {"--rate", "300/s:30", "--retry-after", "1"}, 300, 0},
      {"60/s:10, Retry-After 1", {"--rate", "60/s:10", "--retry-after", "1"}, 60, 0},
      {"200/s:400, Retry-After 5", {"--rate", "200/s:400", "--retry-after", "5"}, 200, 0},
      {"1000 in 10 s, to its end", {"--window", "1000/10s", "--retry-after", "reset"}, 100, 0},
      {"sliding 1000 in 10 s", {"--sliding-window", "1000/10s", "--retry-after", "reset"}, 100, 0},
      {"20 at once, 30 ms", {"--concurrency", "20", "--delay", "30ms"}, 666.7, 0},
      {"300/s:30, 10 % fail", {"--rate", "300/s:30", "--fail", "500:0.1"}, 300, 0.1},
  };
  return all;
}

struct Count {
  double at = 0;  // seconds since the start
  double good = 0;
  double tried = 0;
};

struct Outcome {
  double rate = 0;     // records a second
  double refused = 0;  // share of the requests
  double tries = 0;    // requests a record
};

Count count(const Sink& sink, MonoTime start) {
  const auto requests = static_cast<double>(sink.count("requests"));
  return {seconds_since(start), static_cast<double>(sink.records()), requests};
}

void wait_until(const std::function<bool()>& done) {
  while (!done()) {
    ::usleep(5000);  // looks at the API's own count two hundred times a second
  }
}

// What begins to post that many records, until it goes.
using Sender = std::function<std::shared_ptr<void>(std::uint16_t port, std::uint64_t records)>;

// Between two times.
Outcome at_a_rate(const Row& row, const Options& options, const Sender& sender) {
  const Sink sink(row.sink);
  const auto records = static_cast<std::uint64_t>(row.allowed * (options.warm + options.seconds) * 1.3) + 1000;
  const std::shared_ptr<void> sending = sender(sink.port(), records);
  const MonoTime start = system_clock().mono();
  wait_until([&] { return seconds_since(start) >= options.warm; });
  const Count from = count(sink, start);
  wait_until([&] { return seconds_since(start) >= options.warm + options.seconds; });
  const Count to = count(sink, start);
  const double good = to.good - from.good;
  const double tried = to.tried - from.tried;
  return {good / (to.at - from.at), (tried - good) / tried, tried / good};
}

// The rate until 95 % of the records have gone: then the last ones wait for their fifth try. The tries are those of all
// records.
Outcome as_fast_as_it_can(const Row& row, const Options& options, const Sender& sender) {
  const Sink sink(row.sink);
  const auto all = static_cast<double>(options.records);
  const std::shared_ptr<void> sending = sender(sink.port(), options.records);
  const MonoTime start = system_clock().mono();
  Count now;
  Count nearly;
  wait_until([&] {
    now = count(sink, start);
    if (nearly.at == 0 && (now.good >= 0.95 * all || now.at >= kMostPatience)) {
      nearly = now;
    }
    return now.good >= all || now.at >= kMostPatience;
  });
  return {nearly.good / nearly.at, (now.tried - now.good) / now.tried, now.tried / now.good};
}

Outcome measure(const Row& row, const Options& options, const Sender& sender) {
  return row.allowed > 0 ? at_a_rate(row, options, sender) : as_fast_as_it_can(row, options, sender);
}

std::shared_ptr<void> send_with_respand(std::uint16_t port, std::uint64_t records) {
  struct Sending {
    explicit Sending(std::uint16_t to) : daemon(to, "") {}
    ~Sending() {
      load.join();
      daemon.stop();
    }
    Rig daemon;
    std::jthread load;
  };
  auto sending = std::make_shared<Sending>(port);
  sending->daemon.start();
  sending->load = std::jthread([&daemon = sending->daemon, records] {
    static_cast<void>(daemon.pipeline((records + Rig::kBlock - 1) / Rig::kBlock * Rig::kBlock, 300));
  });
  return sending;
}

std::shared_ptr<void> send_with_fixed_workers(std::uint16_t port, std::uint64_t records) {
  return std::make_shared<FixedWorkers>(port, records, kFixedWorkers);
}

void print(const Outcome& result, double possible) {
  std::printf(" %8.0f/s %6.1f %% %7.2f %% %6.2f |", result.rate, 100 * result.rate / possible, 100 * result.refused,
              result.tries);
  std::fflush(stdout);
}

std::optional<Options> read(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--warm") {
      options.warm = std::atof(argv[i + 1]);
    } else if (name == "--for") {
      options.seconds = std::atof(argv[i + 1]);
    } else if (name == "--records") {
      options.records = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (name == "--only") {
      options.only = argv[i + 1];
    } else {
      return std::nullopt;
    }
  }
  return argc % 2 == 1 ? std::optional(options) : std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = read(argc, argv);
  if (!options || options->seconds <= 0) {
    std::fprintf(stderr, "capacity [--warm SECONDS] [--for SECONDS] [--records N] [--only TEXT]\n");
    return 64;
  }
  const std::vector<Sender> senders = {send_with_respand, send_with_fixed_workers};
  std::vector<double> without_failures(senders.size(), 0);
  std::printf("%-27s| %-37s| %s\n%-27s| %-37s| %s\n", "", "respand", "ten fixed workers", "the API",
              "  records    used  refused  tries", "  records    used  refused  tries");
  for (const Row& row : rows()) {
    const bool base = row.allowed <= 0 && row.failing <= 0;
    const bool wanted = options->only.empty() || std::strstr(row.name, options->only.c_str()) != nullptr;
    if (!wanted && !base) {
      continue;
    }
    std::printf("%-27s|", row.name);
    for (std::size_t i = 0; i < senders.size(); ++i) {
      const Outcome result = measure(row, *options, senders[i]);
      without_failures[i] = base ? result.rate : without_failures[i];
      print(result, (row.allowed > 0 ? row.allowed : without_failures[i]) * (1 - row.failing));
    }
    std::printf("\n");
  }
}
