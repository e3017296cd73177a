// Sockets that the service manager listens on: which of them are accepted and refused, and restarts under load, of
// which writers notice nothing but a wait.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "tests/integration/daemon.h"
#include "tests/integration/line_writer.h"
#include "tests/integration/oracle.h"
#include "tests/support/sanitized.h"
#include "tests/support/socket.h"

namespace respand::test {
namespace {

using ::testing::HasSubstr;

constexpr int kRestarts = kSanitized ? 5 : 50;

// Starts the daemon with these sockets; it must refuse to run. Returns what it printed.
std::string refused(std::vector<std::pair<UniqueFd, std::string>> sockets) {
  SinkServer sink;
  Systemd systemd;
  for (auto& [socket, name] : sockets) {
    systemd.add_socket(std::move(socket), name);
  }
  Daemon daemon(sink.url());
  daemon.run_under(systemd);
  daemon.launch();
  const auto exit = daemon.process().wait();
  EXPECT_TRUE(exit && exit->status == 1) << daemon.process().err();
  return daemon.process().err();
}

TEST(Activation, EveryListenerCanBeHandedOver) {
  SinkServer sink;
  Systemd systemd;
  Daemon daemon(sink.url());
  std::uint16_t port = 0;
  UniqueFd tcp = listening_tcp_socket(port);
  systemd.add_socket(std::move(tcp), "respand-http.socket");
  systemd.add_socket(ready_unix_socket(daemon.folder() / "d.sock", SOCK_DGRAM), "respand.socket");
  systemd.add_socket(ready_unix_socket(daemon.socket_path(), SOCK_STREAM), "respand.socket");
  daemon.run_under(systemd);
  Client early = daemon.connect();  // before it runs
  ASSERT_TRUE(early.send("!ack\n" + record(1) + "\n"));
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  EXPECT_EQ(early.read_line(), R"({"durable":1})");
  Client http = Client::connect_tcp(port);
  EXPECT_EQ(http.request("POST", "/api/request-logs/create/", record(2))->status(), 200);
  EXPECT_TRUE(send_datagram(daemon.folder() / "d.sock", record(3)));
  EXPECT_TRUE(sink.wait_for_records(3));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  EXPECT_TRUE(daemon.connect().connected()) << "the socket is the manager's, and stays";
}

TEST(Activation, AnotherPathThanTheConfiguredOneIsSaid) {
  SinkServer sink;
  Systemd systemd;
  Daemon daemon(sink.url());
  const std::string path = daemon.folder() / "other.sock";
  systemd.add_socket(ready_unix_socket(path, SOCK_STREAM), "respand.socket");
  daemon.run_under(systemd);
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const std::string said = daemon.process().err();
  EXPECT_NE(said.find("key=socket.path"), std::string::npos) << said;
  EXPECT_NE(said.find(cat("listens=", path)), std::string::npos) << said;
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Activation, WhatIsNoListenerIsRefusedAndNamed) {
  using Sockets = std::vector<std::pair<UniqueFd, std::string>>;
  const TempDir folder;
  const auto socket = [](int family, int type) { return UniqueFd(::socket(family, type | SOCK_CLOEXEC, 0)); };
  const auto one = [](UniqueFd fd) {
    Sockets sockets;
    sockets.emplace_back(std::move(fd), "odd.socket");
    return sockets;
  };
  EXPECT_THAT(refused(one(UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)))),
              HasSubstr("descriptor 3 (odd.socket), which is no socket"));
  EXPECT_THAT(refused(one(socket(AF_INET, SOCK_DGRAM))), HasSubstr("which is an Internet datagram socket"));
  EXPECT_THAT(refused(one(socket(AF_UNIX, SOCK_SEQPACKET))), HasSubstr("which is a Unix sequential-packet socket"));
  EXPECT_THAT(refused(one(socket(AF_INET, SOCK_STREAM))), HasSubstr("stream socket that does not listen"));
  Sockets two = one(ready_unix_socket(folder / "a", SOCK_STREAM));
  two.emplace_back(ready_unix_socket(folder / "b", SOCK_STREAM), "second.socket");
  EXPECT_THAT(refused(std::move(two)),
              HasSubstr("two sockets of one kind, descriptor 3 (odd.socket) and descriptor 4 (second.socket)"));
}

// Writers that come and go, and must never be turned away.
class Visitors {
 public:
  Visitors(const Daemon& daemon, Oracle& oracle, std::uint16_t port, std::string datagrams)
      : daemon_(daemon), oracle_(oracle), port_(port), datagrams_(std::move(datagrams)) {
    for (int i = 0; i < 2; ++i) {
      threads_.emplace_back([this](const std::stop_token& stop) { lines(stop); });
    }
    threads_.emplace_back([this](const std::stop_token& stop) { http(stop); });
    threads_.emplace_back([this](const std::stop_token& stop) { send_datagrams(stop); });
  }

  std::atomic<std::uint64_t> refused = 0;     // could not connect
  std::atomic<std::uint64_t> unanswered = 0;  // their connection ended before the last answer
  std::atomic<std::uint64_t> visits = 0;

 private:
  void lines(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      ++visits;
      refused += daemon_.connect().connected() ? 0U : 1U;
      LineWriter writer(daemon_, oracle_);
      if (!writer.connected() || !writer.write(10) || !writer.end()) {
        ++unanswered;
      }
    }
  }
  void http(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      Client client = Client::connect_tcp(port_);
      ++visits;
      refused += client.connected() ? 0U : 1U;
      const std::uint64_t number = oracle_.next();
      const auto answer = client.request("POST", "/api/request-logs/", oracle_.text_of(number));
      if (answer && answer->status() == 200) {
        oracle_.acknowledged(number);
      } else {
        ++unanswered;
      }
    }
  }
  void send_datagrams(const std::stop_token& stop) {
    const UniqueFd fd = connected_unix_socket(datagrams_, SOCK_DGRAM);
    ASSERT_TRUE(fd);
    while (!stop.stop_requested()) {
      const std::uint64_t number = oracle_.next();
      const std::string text = oracle_.text_of(number);
      pollfd writable{fd.get(), POLLOUT, 0};
      if (::poll(&writable, 1, 100) <= 0) {
        continue;  // its queue is full while nobody reads
      }
      if (::send(fd.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
        ++visits;
      } else if (errno != EAGAIN) {
        ++refused;
      }
    }
  }

  const Daemon& daemon_;
  Oracle& oracle_;
  const std::uint16_t port_;
  const std::string datagrams_;
  std::vector<std::jthread> threads_;
};

TEST(Activation, RestartsUnderLoadRefuseNobodyAndLoseNothing) {
  Oracle oracle;
  SinkServer sink({}, [&](const sink::Exchange& exchange) { oracle.arrived(exchange); });
  Systemd systemd;
  Daemon daemon(sink.url(), "delivery: {drain_timeout: 5s}");
  std::uint16_t port = 0;
  UniqueFd tcp = listening_tcp_socket(port);
  systemd.add_socket(std::move(tcp), "respand.socket");
  systemd.add_socket(ready_unix_socket(daemon.folder() / "d.sock", SOCK_DGRAM), "respand.socket");
  systemd.add_socket(ready_unix_socket(daemon.socket_path(), SOCK_STREAM), "respand.socket");
  daemon.run_under(systemd);
  {
    Visitors visitors(daemon, oracle, port, daemon.folder() / "d.sock");
    for (int life = 0; life < kRestarts; ++life) {
      daemon.set_key(Oracle::key_of(static_cast<std::uint64_t>(life)));
      ASSERT_NO_FATAL_FAILURE(daemon.start());
      const std::uint64_t before = oracle.acknowledgements().count();
      EXPECT_TRUE(oracle.acknowledgements().wait_for(before + 20));
      ASSERT_NO_FATAL_FAILURE(daemon.stop());
    }
    daemon.set_key(Oracle::key_of(kRestarts));
    ASSERT_NO_FATAL_FAILURE(daemon.start());
    EXPECT_EQ(visitors.refused, 0U);
    EXPECT_EQ(visitors.unanswered, 0U) << "connections go over to the next process";
    std::printf("%d restarts, %llu visits: refused %llu, cut off %llu\n", kRestarts,
                static_cast<unsigned long long>(visitors.visits), static_cast<unsigned long long>(visitors.refused),
                static_cast<unsigned long long>(visitors.unanswered));
  }
  EXPECT_TRUE(eventually([&] { return oracle.waiting() == 0; }));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  const Oracle::Verdict verdict = oracle.verdict(kRestarts + 1);
  std::printf("acknowledged %llu, lost %llu\n", static_cast<unsigned long long>(verdict.acknowledged),
              static_cast<unsigned long long>(verdict.lost));
  EXPECT_GT(verdict.acknowledged, 20U * kRestarts);
  EXPECT_EQ(verdict.lost, 0U);
  EXPECT_EQ(verdict.altered, 0U);
  EXPECT_EQ(verdict.invented, 0U);
  EXPECT_EQ(verdict.retaken, 0U);
  EXPECT_EQ(verdict.repeated, 0U);
  for (const std::uint64_t duplicates : verdict.duplicates) {
    EXPECT_EQ(duplicates, 0U) << "a clean restart sends nothing twice";
  }
}

}  // namespace
}  // namespace respand::test
