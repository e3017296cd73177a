// A hidden capacity, with the real binaries: an API that takes 20 requests at once at 30 ms each and answers 429 to
// more. Prints how much of it is used and how much is refused, in the first seconds and after them.
//   build/release/capacity [AT_ONCE [MILLISECONDS [SECONDS]]]      20 30 15

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "bench/rig.h"
#include "respand/base/text.h"

namespace {

using namespace respand;
using namespace respand::bench;

constexpr double kReachedWithin = 5;  // seconds

struct Count {
  double at = 0;  // seconds since the start
  double good = 0;
  double refused = 0;
};

Count count(const Sink& sink, MonoTime start) {
  const auto records = static_cast<double>(sink.count("records"));
  const auto requests = static_cast<double>(sink.count("requests"));
  return {seconds_since(start), records, requests - records};
}

void print(const char* what, const Count& from, const Count& to, double possible) {
  const double good = to.good - from.good;
  const double refused = to.refused - from.refused;
  const double rate = good / (to.at - from.at);
  std::printf("%-12s %8.0f records/s %6.1f %% of the capacity %6.2f %% refused\n", what, rate, 100 * rate / possible,
              100 * refused / (good + refused));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const int at_once = argc > 1 ? std::atoi(argv[1]) : 20;
  const int milliseconds = argc > 2 ? std::atoi(argv[2]) : 30;
  const int seconds = argc > 3 ? std::atoi(argv[3]) : 15;
  const double possible = 1000.0 * at_once / milliseconds;
  const Sink sink({"--concurrency", std::to_string(at_once), "--delay", cat(milliseconds, "ms")});
  Rig daemon(sink.port(), "");
  daemon.start();
  std::string records = "!ack\n";
  for (int i = 0; i < static_cast<int>(possible * (seconds + 2)); ++i) {
    records += record_line(300);
  }
  test::Client writer = daemon.connect();
  std::jthread load([&] {
    writer.send(records, std::chrono::hours{1});
    writer.half_close();
    static_cast<void>(writer.read_all(std::chrono::hours{1}));
  });
  const MonoTime start = system_clock().mono();
  const Count begin = count(sink, start);
  Count early;
  Count now = begin;
  while (now.at < seconds) {
    ::usleep(10'000);  // looks at the API's own count a hundred times a second
    now = count(sink, start);
    if (early.at == 0 && now.at >= kReachedWithin) {
      early = now;
    }
  }
  std::printf("an API that takes %d at once, %d ms each: %.0f/s\n", at_once, milliseconds, possible);
  print("first 5 s", begin, early, possible);
  print("after that", early, now, possible);
  daemon.stop();
}
