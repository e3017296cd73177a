// What an acknowledgement costs, compared with a bare loop on the same disk in the same run. Nothing is delivered
// meanwhile, because the destination refuses connections.
//   build/release/intake [RECORDS [BYTES]]      1000000 pipelined records of 1300 bytes; a tenth for the waiting
//   clients
// 1. One connection that pipelines, compared with a loop that writes the same bytes in groups of the same size, each
//    with one fdatasync.
// 2. 64 clients that each wait for the acknowledgement of a record before they send the next, against a loop of one
//    write and one fdatasync a record.

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/rig.h"
#include "respand/base/fd.h"

namespace {

using namespace respand;
using namespace respand::bench;

constexpr int kRounds = 3;
constexpr std::uint64_t kClients = 64;
constexpr std::uint16_t kNobody = 1;  // a port on which nobody listens
// Enough for all rounds; the first segments are new files, as on a first day.
constexpr const char* kSettings = "journal: {max_size: 64GiB}\n";

// Records a second of a loop that writes `bytes` a record, `group` records at a time, and syncs each group.
double bare_loop(const std::string& path, std::uint64_t records, std::size_t bytes, std::uint64_t group) {
  const UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  const std::string block(bytes * group, 'x');
  const MonoTime start = system_clock().mono();
  off_t at = 0;
  for (std::uint64_t written = 0; written < records; written += group) {
    if (::pwrite(file.get(), block.data(), block.size(), at) != static_cast<ssize_t>(block.size()) ||
        ::fdatasync(file.get()) != 0) {
      std::perror("bare loop");
      std::exit(1);
    }
    at += static_cast<off_t>(block.size());
  }
  const double rate = static_cast<double>(records) / seconds_since(start);
  ::unlink(path.c_str());
  return rate;
}

struct Pipelined {
  double rate = 0;
  std::uint64_t group = 1;  // records in a group, on average
};

Pipelined pipelined(Rig& daemon, std::uint64_t records, std::size_t bytes) {
  const double groups_before = daemon.metric("respand_commit_seconds_count");
  Pipelined result{.rate = static_cast<double>(records) / daemon.pipeline(records, bytes)};
  const double groups = daemon.metric("respand_commit_seconds_count") - groups_before;
  result.group = static_cast<std::uint64_t>(static_cast<double>(records) / groups + 0.5);
  return result;
}

// Sends the next record on each connection as soon as the last one is acknowledged. One thread, so that the clients
// cost little of the two cores.
double waiting_clients(Rig& daemon, std::uint64_t records, std::size_t bytes) {
  const std::string line = record_line(bytes);
  const UniqueFd poller(::epoll_create1(EPOLL_CLOEXEC));
  std::vector<test::Client> clients;
  for (std::uint64_t i = 0; i < kClients; ++i) {
    clients.push_back(daemon.connect());
    epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
    ::epoll_ctl(poller.get(), EPOLL_CTL_ADD, clients.back().fd(), &event);
  }
  const MonoTime start = system_clock().mono();
  for (auto& client : clients) {
    client.send("!ack\n" + line);
  }
  std::uint64_t sent = kClients;
  std::array<epoll_event, kClients> events{};
  for (std::uint64_t acknowledged = 0; acknowledged < records;) {
    const int ready = ::epoll_wait(poller.get(), events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < ready; ++i) {
      const int fd = clients[events[static_cast<std::size_t>(i)].data.u64].fd();
      std::array<char, 256> answer;  // one line: one record is on its way on each connection
      if (::recv(fd, answer.data(), answer.size(), 0) <= 0) {
        std::perror("acknowledgement");
        std::exit(1);
      }
      ++acknowledged;
      if (sent < records) {
        ++sent;
        if (::send(fd, line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size())) {
          std::perror("record");
          std::exit(1);
        }
      }
    }
  }
  return static_cast<double>(records) / seconds_since(start);
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t records = argc > 1 ? std::strtoull(argv[1], nullptr, 10) / Rig::kBlock * Rig::kBlock : 1'000'000;
  const std::size_t bytes = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1300;
  const std::size_t on_disk = bytes + 160;  // with header, additions, padding
  Rig daemon(kNobody, kSettings);
  daemon.start();
  std::printf("%-34s %12s %12s %8s\n", "", "respand/s", "bare loop/s", "ratio");
  std::vector<double> ratios;
  for (int round = 0; round < kRounds; ++round) {
    const Pipelined p = pipelined(daemon, records, bytes);
    const double bare = bare_loop(daemon.path("bare"), records, on_disk, p.group);
    ratios.push_back(p.rate / bare);
    std::printf("one connection, pipelined           %12.0f %12.0f %8.2f   (groups of %llu)\n", p.rate, bare,
                ratios.back(), static_cast<unsigned long long>(p.group));
    std::fflush(stdout);
  }
  std::printf("median ratio %.2f\n", median(ratios));
  ratios.clear();
  for (int round = 0; round < kRounds; ++round) {
    const double rate = waiting_clients(daemon, records / 10, bytes);
    const double bare = bare_loop(daemon.path("bare"), records / 50, on_disk, 1);
    ratios.push_back(rate / bare);
    std::printf("64 clients, each waits for its ack  %12.0f %12.0f %8.2f   (a sync a record)\n", rate, bare,
                ratios.back());
    std::fflush(stdout);
  }
  std::printf("median ratio %.2f\n", median(ratios));
  daemon.stop();
}
