// The rates that hosts usually have: one writer hands in records evenly, and each is posted alone. Prints the daemon's
// CPU time for each record, and how long after its write() a record was acknowledged (with `!ack`) and had reached the
// API.
//   build/release/paced [SECONDS [YAML [YAML]]]      10 s for each rate; records of 1300 bytes
// YAML is more configuration, a section a line in braces ('journal: {sync_delay: 0}'); with two of them the rounds
// alternate, and the ratio of the medians of the CPU time is printed for each rate.

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <thread>

#include "bench/rig.h"
#include "respand/base/fd.h"
#include "respand/base/text.h"

namespace {

using namespace respand;
using namespace respand::bench;

constexpr std::size_t kBytes = 1300;
constexpr int kRates[] = {1, 10, 100, 1000, 5000};
constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::string_view kSent = R"({"sent":)";

enum class Way : std::uint8_t { kPlain, kAcknowledged };

std::uint64_t nanoseconds() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(system_clock().mono().time_since_epoch()).count());
}

double milliseconds_since(std::uint64_t then) { return static_cast<double>(nanoseconds() - then) / 1e6; }

double percentile(std::vector<double>& sorted, double share) {
  return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

// The records that the stand-in API takes, with the time of each. They come through a named pipe.
class Arrivals {
 public:
  explicit Arrivals(const std::string& pipe) {
    if (::mkfifo(pipe.c_str(), 0600) != 0) {
      std::perror("mkfifo");
      std::exit(1);
    }
    // For writing as well, so that neither end waits for the other, and it never ends.
    fd_ = UniqueFd(::open(pipe.c_str(), O_RDWR | O_CLOEXEC));
  }

  // Reads until that many have come; milliseconds from the write to the arrival of each.
  std::vector<double> take(std::uint64_t records) {
    std::vector<double> waits;
    std::string bytes;
    while (waits.size() < records) {
      const std::size_t have = bytes.size();
      bytes.resize(have + (1U << 16));
      const ssize_t got = ::read(fd_.get(), bytes.data() + have, bytes.size() - have);
      bytes.resize(have + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
      std::size_t begin = 0;
      for (std::size_t end = bytes.find('\n'); end != std::string::npos; end = bytes.find('\n', begin)) {
        const std::size_t sent = bytes.find(kSent, begin);
        waits.push_back(milliseconds_since(std::strtoull(&bytes[sent + kSent.size()], nullptr, 10)));
        begin = end + 1;
      }
      bytes.erase(0, begin);
    }
    return waits;
  }

 private:
  UniqueFd fd_;
};

struct Run {
  double cpu_us = 0;  // of the daemon, a record
  std::vector<double> durable;
  std::vector<double> delivered;
};

// Writes a record at each tick, and hears what was acknowledged meanwhile.
class Writer {
 public:
  Writer(const Rig& daemon, Way way) : client_(daemon.connect()), way_(way) {
    tail_ = "," + record_line(kBytes - 29).substr(1);
    if (way_ == Way::kAcknowledged) {
      client_.send("!ack\n");
    }
  }

  std::vector<double> write(std::uint64_t records, int rate) {
    const std::uint64_t begin = nanoseconds();
    for (std::uint64_t number = 0; number < records; ++number) {
      const std::uint64_t due = begin + number * kSecond / static_cast<std::uint64_t>(rate);
      while (nanoseconds() < due) {
        hear(due - nanoseconds());
      }
      sent_.push_back(nanoseconds());
      client_.send(cat(kSent, sent_.back(), tail_));
    }
    while (way_ == Way::kAcknowledged && !sent_.empty()) {
      hear(kSecond);
    }
    return std::move(waits_);
  }

 private:
  void hear(std::uint64_t within) {
    pollfd entry{client_.fd(), POLLIN, 0};
    const timespec wait{static_cast<time_t>(within / kSecond), static_cast<long>(within % kSecond)};
    if (::ppoll(&entry, way_ == Way::kAcknowledged ? 1 : 0, &wait, nullptr) <= 0) {
      return;
    }
    const std::string line = client_.read_line().value_or("");
    const std::size_t durable =
        line.rfind(':') == std::string::npos ? 0 : std::stoull(line.substr(line.rfind(':') + 1));
    for (; heard_ < durable && !sent_.empty(); ++heard_) {
      waits_.push_back(milliseconds_since(sent_.front()));
      sent_.pop_front();
    }
  }

  test::Client client_;
  const Way way_;
  std::string tail_;
  std::deque<std::uint64_t> sent_;
  std::size_t heard_ = 0;
  std::vector<double> waits_;
};

Run run(int rate, int seconds, Way way, const std::string& more) {
  const test::TempDir folder;
  Arrivals arrivals(folder / "arrivals");
  const Sink sink({"--record", folder / "arrivals"});
  Rig daemon(sink.port(), more);
  daemon.start();
  const std::uint64_t records = static_cast<std::uint64_t>(rate) * static_cast<std::uint64_t>(seconds);
  Run result;
  const double before = daemon.cpu_seconds();
  {
    const std::jthread reader([&] { result.delivered = arrivals.take(records); });
    Writer writer(daemon, way);
    result.durable = writer.write(records, rate);
  }
  result.cpu_us = (daemon.cpu_seconds() - before) * 1e6 / static_cast<double>(records);
  daemon.stop();
  std::sort(result.durable.begin(), result.durable.end());
  std::sort(result.delivered.begin(), result.delivered.end());
  return result;
}

void print(int rate, Way way, Run& run, const std::string& settings) {
  const auto put = [](std::vector<double>& waits, double share) {
    waits.empty() ? std::printf(" %8s", "-") : std::printf(" %8.2f", percentile(waits, share));
  };
  std::printf("%6d %6s %10.1f |", rate, way == Way::kPlain ? "plain" : "!ack", run.cpu_us);
  for (const double share : {0.5, 0.99, 1.0}) {
    put(run.durable, share);
  }
  std::printf(" |");
  for (const double share : {0.5, 0.99, 1.0}) {
    put(run.delivered, share);
  }
  std::printf("   %s\n", settings.c_str());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const int seconds = argc > 1 ? std::max(std::atoi(argv[1]), 1) : 10;
  std::vector<std::string> settings = {argc > 2 ? argv[2] : ""};
  if (argc > 3) {
    settings.emplace_back(argv[3]);
  }
  const int rounds = settings.size() == 2 ? 3 : 1;
  std::printf("%6s %6s %10s | %-26s | %-26s\n", "", "", "daemon's", " write to durable, ms", " write to delivered, ms");
  std::printf("%6s %6s %10s | %8s %8s %8s | %8s %8s %8s\n", "rate/s", "lines", "CPU us/rec", "p50", "p99", "max", "p50",
              "p99", "max");
  for (const int rate : kRates) {
    for (const Way way : {Way::kPlain, Way::kAcknowledged}) {
      std::vector<std::vector<double>> cpu(settings.size());
      for (int round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < settings.size(); ++i) {
          Run result = run(rate, seconds, way, settings[i]);
          cpu[i].push_back(result.cpu_us);
          print(rate, way, result, settings[i]);
        }
      }
      if (settings.size() == 2) {
        std::printf("%6d first to second: CPU x %.2f\n", rate, median(cpu[0]) / median(cpu[1]));
      }
    }
  }
}
