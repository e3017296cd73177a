// What logging one record costs the thread that logs it, in C++. bench/caller starts the daemon and the APIs, and this.
//   build/release/caller WAY PLACE RECORDS PER_SECOND
// WAY: nothing (only the two looks at the clocks), line, ack (PLACE: the socket), spool (PLACE: the folder), post
// (PLACE: a port of 127.0.0.1). Hands in the records of 1,300 bytes evenly, or one after the other where one takes
// longer than that. Prints a line for each: nanoseconds of time, nanoseconds of this thread's CPU time.

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "respand/base/fd.h"
#include "respand/base/text.h"
#include "tests/support/client.h"

namespace {

using namespace respand;

constexpr std::size_t kBytes = 1300;
constexpr std::int64_t kSecond = 1'000'000'000;

void require(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "caller: %s\n", what);
    std::exit(1);
  }
}

std::int64_t nanoseconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

// A line, which differs from all others in its way and number.
std::string record(const std::string& way, std::uint64_t number) {
  const std::string head = cat(R"({"model":"gpt-4o","custom_identifier":"caller-)", way, "-", number,
                               R"(","prompt_messages":[{"role":"user","content":")");
  const std::string tail = "\"}],\"cost\":0.001,\"generation_time\":1.2}\n";
  return cat(head, std::string(kBytes - head.size() - tail.size(), 'x'), tail);
}

// Logs one record; what it is handed is the line and its number.
using Way = std::function<void(const std::string& line, std::uint64_t number)>;

Way line_way(const std::string& socket) {
  auto client = std::make_shared<test::Client>(test::Client::connect_unix(socket));
  require(client->connected(), "nobody listens on the socket");
  return [client](const std::string& line, std::uint64_t) {
    require(::write(client->fd(), line.data(), line.size()) == static_cast<ssize_t>(line.size()), "a write failed");
  };
}

Way ack_way(const std::string& socket) {
  auto client = std::make_shared<test::Client>(test::Client::connect_unix(socket));
  require(client->connected() && client->send("!ack\n"), "nobody listens on the socket");
  return [client](const std::string& line, std::uint64_t) {
    require(::write(client->fd(), line.data(), line.size()) == static_cast<ssize_t>(line.size()), "a write failed");
    char answer[128];
    require(::read(client->fd(), answer, sizeof answer) > 0, "no acknowledgement came");
  };
}

Way spool_way(const std::string& folder) {
  return [folder](const std::string& line, std::uint64_t number) {
    const std::string hidden = cat(folder, "/", number, ".tmp");
    {
      const UniqueFd file(::open(hidden.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
      require(::write(file.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size()), "a write failed");
    }
    require(::rename(hidden.c_str(), cat(folder, "/", number, ".json").c_str()) == 0, "a rename failed");
  };
}

// Over a connection that is kept: without TLS, and without an HTTP library, so the least that a POST can cost.
Way post_way(const std::string& port) {
  auto client = std::make_shared<test::Client>(
      test::Client::connect_tcp(static_cast<std::uint16_t>(std::strtoul(port.c_str(), nullptr, 10))));
  require(client->connected(), "nobody listens on the port");
  return [client](const std::string& line, std::uint64_t) {
    require(client->send(
                cat("POST /api/request-logs/create/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                    "Authorization: Bearer caller\r\nContent-Length: ",
                    line.size(), "\r\n\r\n", line)),
            "a request could not be sent");
    const auto answer = client->read_answer();
    require(answer && answer->status() == 200, "a request was not answered with 200");
  };
}

Way way_of(const std::string& name, const std::string& place) {
  if (name == "nothing") {
    return [](const std::string&, std::uint64_t) {};
  }
  if (name == "line") {
    return line_way(place);
  }
  if (name == "ack") {
    return ack_way(place);
  }
  if (name == "spool") {
    return spool_way(place);
  }
  require(name == "post", "there is no such way; its file says which there are");
  return post_way(place);
}

void wait_until(std::int64_t due) {
  const std::int64_t rest = due - nanoseconds(CLOCK_MONOTONIC);
  if (rest > 0) {
    const timespec wait{rest / kSecond, rest % kSecond};
    ::ppoll(nullptr, 0, &wait, nullptr);
  }
}

}  // namespace

int main(int argc, char** argv) {
  require(argc == 5, "WAY PLACE RECORDS PER_SECOND");
  const Way log = way_of(argv[1], argv[2]);
  const std::uint64_t records = std::strtoull(argv[3], nullptr, 10);
  const std::int64_t apart = kSecond / std::strtoll(argv[4], nullptr, 10);
  std::vector<std::pair<std::int64_t, std::int64_t>> costs;
  costs.reserve(records);
  const std::int64_t begin = nanoseconds(CLOCK_MONOTONIC);
  for (std::uint64_t number = 0; number < records; ++number) {
    const std::string line = record(argv[1], number);
    wait_until(begin + static_cast<std::int64_t>(number) * apart);
    const std::int64_t cpu = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
    const std::int64_t time = nanoseconds(CLOCK_MONOTONIC);
    log(line, number);
    const std::int64_t took = nanoseconds(CLOCK_MONOTONIC) - time;
    costs.emplace_back(took, nanoseconds(CLOCK_THREAD_CPUTIME_ID) - cpu);
  }
  for (const auto& [time, cpu] : costs) {
    std::printf("%lld %lld\n", static_cast<long long>(time), static_cast<long long>(cpu));
  }
}
