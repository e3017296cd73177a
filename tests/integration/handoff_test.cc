// Open connections during a restart: none is cut, whatever its peer was in the middle of.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "sockets/connection_state.h"
#include "tests/integration/daemon.h"

namespace respand::test {
namespace {

using ::testing::HasSubstr;

class Handoff : public testing::Test {
 protected:
  explicit Handoff(Systemd::Settings settings = {}) : systemd_(std::move(settings)) { daemon_.run_under(systemd_); }
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(daemon_.start()); }

  void restart() {
    ASSERT_NO_FATAL_FAILURE(daemon_.stop());
    ASSERT_NO_FATAL_FAILURE(daemon_.start());
    EXPECT_TRUE(eventually([&] { return systemd_.stored().empty(); })) << "what was taken back is not kept";
  }
  // Sends it in two parts with a restart in between.
  void send_around_a_restart(Client& client, std::string_view text, std::size_t first) {
    ASSERT_TRUE(client.send(text.substr(0, first)));
    ASSERT_NO_FATAL_FAILURE(restart());
    ASSERT_TRUE(client.send(text.substr(first))) << "cut at " << first;
  }

  SinkServer sink_;
  Systemd systemd_;
  Daemon daemon_{sink_.url(), "http: {listen: \"127.0.0.1:0\"}\ndelivery: {drain_timeout: 5s}"};
};

TEST_F(Handoff, AHalfLineAndTheCountOfAcknowledgements) {
  Client client = daemon_.connect();
  ASSERT_TRUE(client.send("!ack\n" + record(1) + "\n"));
  EXPECT_EQ(client.read_line(), R"({"durable":1})");
  ASSERT_NO_FATAL_FAILURE(send_around_a_restart(client, record(2) + "\n", 40));
  EXPECT_EQ(client.read_line(), R"({"durable":2})");
  ASSERT_NO_FATAL_FAILURE(send_around_a_restart(client, "{\n", 1));
  EXPECT_THAT(client.read_line().value_or(""), HasSubstr(R"({"line":3,"error":")"));
  EXPECT_EQ(client.read_line(), R"({"durable":3})");
  ASSERT_NO_FATAL_FAILURE(restart());
  ASSERT_TRUE(client.send(record(4)));
  client.half_close();
  EXPECT_EQ(client.read_all(), "{\"durable\":4}\n");
  EXPECT_TRUE(sink_.wait_for_records(3));
  EXPECT_TRUE(eventually([&] { return daemon_.imbalance().empty(); })) << daemon_.imbalance();
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

TEST_F(Handoff, TheFirstWord) {
  Client silent = daemon_.connect();
  Client half = daemon_.connect();
  ASSERT_NO_FATAL_FAILURE(send_around_a_restart(half, "!ack\n" + record(1) + "\n", 3));
  EXPECT_EQ(half.read_line(), R"({"durable":1})");
  ASSERT_TRUE(silent.send("!ack\n" + record(2) + "\n"));
  EXPECT_EQ(silent.read_line(), R"({"durable":1})");
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

TEST_F(Handoff, AnHttpRequestCutAnywhere) {
  const std::string body = record(1);
  const std::string head = "POST /api/request-logs/create/ HTTP/1.1\r\nHost: localhost\r\n";
  const std::string plain = cat(head, "Content-Length: ", body.size(), "\r\n\r\n", body);
  const std::string chunked = cat(
      head, "Transfer-Encoding: chunked\r\n\r\n7\r\n", body.substr(0, 7), "\r\n",
      [&] {
        std::array<char, 16> size{};
        std::snprintf(size.data(), size.size(), "%zx", body.size() - 7);
        return std::string(size.data());
      }(),
      ";odd=1\r\n", body.substr(7), "\r\n0\r\nTrailer: x\r\n\r\n");
  Client client = daemon_.connect();
  std::size_t sent = 0;
  std::size_t cuts = 0;
  for (const std::string& request : {plain, chunked}) {
    const std::size_t body_at = request.find("\r\n\r\n") + 4;
    for (const std::size_t cut : {std::size_t{5}, body_at - 1, body_at, body_at + 2, body_at + 8, body_at + 11,
                                  request.size() - 20, request.size() - 4, request.size() - 1}) {
      if (kSanitized && ++cuts % 3 != 0) {
        continue;  // sanitizers are after other mistakes
      }
      ASSERT_NO_FATAL_FAILURE(send_around_a_restart(client, request, cut));
      const auto answer = client.read_answer();
      ASSERT_TRUE(answer) << "cut at " << cut << " of " << request;
      EXPECT_EQ(answer->status(), 200) << "cut at " << cut << " of " << request << "\n" << answer->body;
      ++sent;
    }
  }
  EXPECT_TRUE(sink_.wait_for_records(sent));
  for (const std::string& arrived : sink_.bodies()) {
    EXPECT_THAT(arrived, testing::StartsWith(body.substr(0, body.size() - 1))) << "as it was written";
  }
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

TEST_F(Handoff, HttpOverTcp) {
  const auto line = daemon_.process().wait_for_line("http on ");
  ASSERT_TRUE(line);
  Client client = Client::connect_tcp(static_cast<std::uint16_t>(std::stoul(line->substr(line->rfind(':') + 1))));
  const std::string request = cat(
      "POST /request-logs/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: ", record(1).size(), "\r\n\r\n", record(1));
  ASSERT_NO_FATAL_FAILURE(send_around_a_restart(client, request, request.size() - 10));
  EXPECT_EQ(client.read_answer()->status(), 200);
  ASSERT_NO_FATAL_FAILURE(restart());
  EXPECT_EQ(client.request("POST", "/request-logs/", record(2))->status(), 200) << "kept alive";
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

TEST_F(Handoff, ALargeRecordHalfWritten) {
  const std::string large = record(1, 19U << 20);
  Client client = daemon_.connect();
  ASSERT_NO_FATAL_FAILURE(send_around_a_restart(client, "!ack\n" + large + "\n", 15U << 20));
  EXPECT_EQ(client.read_line(), R"({"durable":1})");
  EXPECT_TRUE(sink_.wait_for_records(1));
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

TEST_F(Handoff, ALineThatIsTooLargeStaysRefused) {
  const std::string large = record(1, 21U << 20);
  Client client = daemon_.connect();
  ASSERT_NO_FATAL_FAILURE(send_around_a_restart(client, "!ack\n" + large + "\n" + record(2) + "\n", large.size() - 5));
  EXPECT_THAT(client.read_line().value_or(""), HasSubstr(R"({"line":1,"error":"over socket.max_record (20MiB))"));
  std::optional<std::string> answer = client.read_line();
  if (answer == R"({"durable":1})") {
    answer = client.read_line();
  }
  EXPECT_EQ(answer, R"({"durable":2})");
  EXPECT_TRUE(sink_.wait_for_records(1));
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

TEST_F(Handoff, WhatIsWrittenWhileItIsAwayCountsThoughTheWriterIsGone) {
  Client client = daemon_.connect();
  ASSERT_TRUE(client.send(record(1) + "\n" + record(2).substr(0, 20)));
  EXPECT_TRUE(sink_.wait_for_records(1));
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
  ASSERT_TRUE(client.send(record(2).substr(20) + "\n" + record(3)));
  client.close();
  ASSERT_NO_FATAL_FAILURE(daemon_.start());
  EXPECT_TRUE(sink_.wait_for_records(3));
  EXPECT_TRUE(daemon_.wait_for_metric("respand_connections", 0));
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

// Its answers fill the kernel's buffers and respand's own: none is missing, none is said twice.
TEST_F(Handoff, AnswersThatThePeerHasNotReadYet) {
  constexpr std::uint64_t kLines = 20'000;
  Client client = daemon_.connect();
  std::string lines = "!ack\n";
  for (std::uint64_t line = 0; line < kLines; ++line) {
    lines += "{\n";
  }
  // It stops reading when there is no room for answers: what it has not read by then waits in the kernel.
  std::jthread writer([&] { EXPECT_TRUE(client.send(lines)); });
  ASSERT_TRUE(eventually([&] { return daemon_.metric("respand_records_received_total") >= 1'000; }));
  ASSERT_NO_FATAL_FAILURE(restart());
  Client reader{UniqueFd(::dup(client.fd()))};
  std::uint64_t refused = 0;
  std::uint64_t durable = 0;
  while (durable < kLines) {
    const auto answer = reader.read_line();
    ASSERT_TRUE(answer) << refused << " refused, " << durable << " durable";
    if (answer->starts_with(R"({"line":)")) {
      ASSERT_THAT(*answer, HasSubstr(cat(R"({"line":)", ++refused, ",")));
    } else {
      durable = std::stoull(answer->substr(answer->find(':') + 1));
      ASSERT_LE(durable, refused);
    }
  }
  EXPECT_EQ(refused, kLines);
  writer.join();
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

TEST_F(Handoff, MoreConnectionsThanAMessageCarries) {
  std::vector<Client> clients;
  for (std::uint64_t i = 0; i < 300; ++i) {
    clients.push_back(daemon_.connect());
    ASSERT_TRUE(clients.back().send("!ack\n" + record(i).substr(0, 30)));
  }
  EXPECT_TRUE(daemon_.wait_for_metric("respand_connections", 300));
  ASSERT_NO_FATAL_FAILURE(restart());
  EXPECT_TRUE(daemon_.wait_for_metric("respand_connections", 300));
  for (std::uint64_t i = 0; i < 300; ++i) {
    ASSERT_TRUE(clients[i].send(record(i).substr(30) + "\n"));
    ASSERT_EQ(clients[i].read_line(), R"({"durable":1})") << i;
  }
  clients.clear();
  EXPECT_TRUE(daemon_.wait_for_metric("respand_connections", 0)) << "nobody else holds them";
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

TEST_F(Handoff, AClosedConnectionIsClosedForItsPeer) {
  Client client = daemon_.connect();
  ASSERT_NO_FATAL_FAILURE(restart());
  ASSERT_TRUE(client.send("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_THAT(client.read_all(), HasSubstr("404"));
  EXPECT_TRUE(client.at_end()) << "no copy of it is left in the store";
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

TEST_F(Handoff, AfterKillTheConnectionIsGoneAndNothingElse) {
  Client client = daemon_.connect();
  ASSERT_TRUE(client.send("!ack\n" + record(1) + "\n"));
  EXPECT_EQ(client.read_line(), R"({"durable":1})");
  daemon_.kill();
  EXPECT_EQ(client.read_all(), "");
  ASSERT_NO_FATAL_FAILURE(daemon_.start());
  EXPECT_TRUE(sink_.wait_for_records(1));
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

class NoStore : public Handoff {
 protected:
  NoStore() : Handoff({.store = 0}) {}
};

TEST_F(NoStore, ThePeerHasItsAnswersAndSeesTheEnd) {
  Client client = daemon_.connect();
  ASSERT_TRUE(client.send("!ack\n" + record(1) + "\n" + record(2).substr(0, 30)));
  EXPECT_EQ(client.read_line(), R"({"durable":1})");
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
  EXPECT_EQ(client.read_all(), "");
  EXPECT_TRUE(client.at_end());
  ASSERT_NO_FATAL_FAILURE(daemon_.start());
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

class DeafManager : public Handoff {
 protected:
  DeafManager() : Handoff({.reads = false}) {}
};

TEST_F(DeafManager, ConnectionsAreClosedAndTheStopIsClean) {
  std::vector<Client> clients;
  for (int i = 0; i < 600; ++i) {  // more messages than its queue takes
    clients.push_back(daemon_.connect());
  }
  EXPECT_TRUE(daemon_.wait_for_metric("respand_connections", 600));
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

// What is in the store is not believed.
class ForeignStore : public testing::Test {
 protected:
  // The daemon starts with this in its store; the peer must see the end. What the daemon said.
  std::string start_with(UniqueFd description) {
    SinkServer sink;
    Systemd systemd;
    Daemon daemon(sink.url());
    daemon.run_under(systemd);
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    Client peer{UniqueFd(ends[0])};
    systemd.store(UniqueFd(ends[1]), "respand-connections");
    if (description) {
      systemd.store(std::move(description), "respand-description");
    }
    daemon.start();
    EXPECT_EQ(peer.read_all(), "");
    EXPECT_TRUE(peer.at_end()) << daemon.process().err();
    EXPECT_TRUE(eventually([&] { return systemd.stored().empty(); }));
    EXPECT_EQ(daemon.send_acknowledged(record(1) + "\n").back(), R"({"durable":1})");
    daemon.stop();
    return daemon.process().err();
  }
  static UniqueFd memory(std::string_view bytes, bool sealed = true) {
    UniqueFd file(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    EXPECT_EQ(::write(file.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    if (sealed) {
      EXPECT_EQ(::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE), 0);
    }
    return file;
  }
};

TEST_F(ForeignStore, IsClosedAndSaid) {
  using namespace std::string_view_literals;
  EXPECT_THAT(start_with({}), HasSubstr("closed=1"));
  EXPECT_THAT(start_with(memory("respandH\2\0\0\0\1\0\0\0"sv)),
              HasSubstr("another version of respand left them (format 2, this one reads 1)"));
  EXPECT_THAT(start_with(memory("respandH\1\0\0\0\1\0\0\0"sv, false)), HasSubstr("no sealed memory file"));
  EXPECT_THAT(start_with(memory("")), HasSubstr("something else"));
  EXPECT_THAT(start_with(memory("respandH\1\0\0\0\377\377\377\377\377\377\377\377"sv)), HasSubstr("do not match"));
  EXPECT_THAT(start_with(memory("respandH\1\0\0\0\1\0\0\0\3\0\0\0abc"sv)), HasSubstr("do not match"));
  EXPECT_THAT(start_with(UniqueFd(::open("/dev/zero", O_RDONLY | O_CLOEXEC))), HasSubstr("no sealed memory file"));
}

}  // namespace
}  // namespace respand::test
