#include "cli/sender.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "respand/base/text.h"
#include "tests/support/client.h"
#include "tests/support/files.h"
#include "tests/support/socket.h"

namespace respand::cli {
namespace {

using test::Client;
using End = SendReport::End;

// The daemon's side of a connection, played by a function on a thread.
class Fake {
 public:
  explicit Fake(std::function<void(Client&)> play) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    // Small buffers: both directions fill soon.
    const int size = 4096;
    for (const int end : ends) {
      ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    }
    near_ = UniqueFd(ends[0]);
    thread_ = std::jthread([play = std::move(play), client = std::make_shared<Client>(UniqueFd(ends[1]))] {
      play(*client);
      client->close();
    });
  }
  SendReport send(const std::vector<std::string>& files) {
    SendEvents events;
    events.refused = [this](const std::string& file, std::uint64_t line, std::string_view why) {
      refused.push_back(cat(file.substr(file.rfind('/') + 1), ":", line, ": ", why));
    };
    events.progress = [](const SendReport&) {};
    SendReport report = send_records(std::move(near_), files, events);
    thread_.join();
    return report;
  }
  std::vector<std::string> refused;

 private:
  UniqueFd near_;
  std::jthread thread_;
};

// Reads all lines behind !ack.
std::vector<std::string> take_lines(Client& client) {
  EXPECT_EQ(client.read_line(), "!ack");
  std::vector<std::string> lines;
  while (auto line = client.read_line()) {
    lines.push_back(*line);
  }
  return lines;
}

struct Files {
  test::TempDir folder;
  std::string make(const std::string& name, std::string_view text) const {
    test::write_file(folder / name, text);
    return folder / name;
  }
  // `count` lines of 12 bytes.
  std::string lines(int count) const {
    std::string text;
    for (int i = 0; i < count; ++i) {
      text.append(cat("{\"n\":", 100'000 + i, "}\n"));
    }
    return make("lines", text);
  }
};

TEST(Sender, SendsAllFilesAndEndsWithTheLastAnswer) {
  const Files files;
  std::vector<std::string> got;
  Fake fake([&](Client& client) {
    got = take_lines(client);
    client.send("{\"durable\":2}\n{\"durable\":4}\n");
  });
  const SendReport report =
      fake.send({files.make("a", "{\"a\":1}\n\n{\"a\":2}\n"), files.make("b", "[\n{\"b\":\n1}, {\"b\":2}]")});
  EXPECT_EQ(got, (std::vector<std::string>{"{\"a\":1}", "{\"a\":2}", "{\"b\": 1}", "{\"b\":2}"}));
  EXPECT_EQ(report.end, End::kAnswered);
  EXPECT_EQ(report.sent, 4U);
  EXPECT_EQ(report.durable(), 4U);
  EXPECT_EQ(report.refused + report.unsendable, 0U);
}

TEST(Sender, NamesTheLineThatWasRefused) {
  const Files files;
  Fake fake([&](Client& client) {
    take_lines(client);
    client.send(
        "{\"line\":2,\"error\":\"bad\"}\n{\"durable\":3}\n{\"line\":4,\"error\":\"the journal is full; try again "
        "later\"}\n{\"durable\":4}\n");
  });
  const SendReport report = fake.send(
      {files.make("a", "{}\n\nnothing\n{\"x\n"), files.make("b", "{}\n"), files.make("c", "[\n\n{},\n\n{}\n]x")});
  EXPECT_EQ(report.end, End::kWentAway);
  EXPECT_EQ(report.sent, 5U);
  EXPECT_EQ(report.answered, 4U);
  EXPECT_EQ(report.durable(), 2U);
  EXPECT_EQ(report.refused, 2U);
  EXPECT_EQ(report.full, 1U);
  EXPECT_EQ(report.unsendable, 2U);
  EXPECT_EQ(fake.refused, (std::vector<std::string>{"a:3: not a JSON object", "c:6: not a JSON object", "a:4: bad",
                                                    "c:3: the journal is full; try again later"}));
}

// A daemon that writes each answer before it reads the next line, and so stands still while nobody reads its answers.
TEST(Sender, ReadsAnswersWhileItWrites) {
  const Files files;
  constexpr int kLines = 50'000;
  Fake fake([&](Client& client) {
    EXPECT_EQ(client.read_line(), "!ack");
    for (int i = 1; i <= kLines; ++i) {
      ASSERT_TRUE(client.read_line());
      ASSERT_TRUE(client.send(cat("{\"line\":", i, ",\"error\":\"no\"}\n{\"durable\":", i, "}\n")));
    }
    EXPECT_FALSE(client.read_line());
  });
  const SendReport report = fake.send({files.lines(kLines)});
  EXPECT_EQ(report.end, End::kAnswered);
  EXPECT_EQ(report.refused, static_cast<std::uint64_t>(kLines));
  EXPECT_EQ(report.durable(), 0U);
  EXPECT_EQ(fake.refused.back(), cat("lines:", kLines, ": no"));
}

TEST(Sender, SaysHowFarItCameWhenTheDaemonGoes) {
  const Files files;
  Fake fake([&](Client& client) {
    EXPECT_EQ(client.read_line(), "!ack");
    for (int i = 0; i < 10; ++i) {
      EXPECT_TRUE(client.read_line());
    }
    client.send("{\"durable\":7}\n{\"dura");  // What was not read yet makes this close a reset.
  });
  const SendReport report = fake.send({files.lines(100'000)});
  EXPECT_EQ(report.end, End::kWentAway);
  EXPECT_EQ(report.answered, 7U);
  EXPECT_GT(report.sent, 7U);
  EXPECT_LT(report.sent, 100'000U);
}

TEST(Sender, DoesNotTakeTheEndOfTheConnectionForAnAnswer) {
  const Files files;
  Fake silent([](Client& client) { take_lines(client); });
  EXPECT_EQ(silent.send({files.make("a", "{}\n{}\n")}).end, End::kWentAway);
  Fake gone([](Client&) {});
  EXPECT_EQ(gone.send({files.make("a", "{}\n")}).end, End::kWentAway);
}

TEST(Sender, DoesNotBelieveAStranger) {
  const Files files;
  const std::string path = files.make("a", "{}\n{}\n{}\n");
  for (const char* answer :
       {"HTTP/1.1 400 Bad Request\r\n\r\n", "{\"durable\":4}\n", "{\"durable\":2}\n{\"durable\":1}\n",
        "{\"line\":0,\"error\":\"x\"}\n", "{\"durable\":2}\n{\"line\":2,\"error\":\"x\"}\n",
        "{\"line\":4,\"error\":\"x\"}\n", "\n"}) {
    Fake fake([&](Client& client) {
      take_lines(client);
      client.send(answer);
    });
    EXPECT_EQ(fake.send({path}).end, End::kStranger) << answer;
  }
  Fake endless([](Client& client) {
    EXPECT_EQ(client.read_line(), "!ack");
    while (client.send(std::string(4096, 'x'))) {
    }
  });
  EXPECT_EQ(endless.send({path}).end, End::kStranger);
}

TEST(Sender, GoesOnBehindAFileThatCanNotBeRead) {
  const Files files;
  std::vector<std::string> got;
  Fake fake([&](Client& client) {
    got = take_lines(client);
    client.send("{\"durable\":1}\n");
  });
  const SendReport report = fake.send({files.folder / "missing", files.folder.path(), files.make("good", "{}")});
  EXPECT_EQ(report.end, End::kAnswered);
  EXPECT_EQ(report.unsendable, 2U);
  EXPECT_EQ(got, std::vector<std::string>{"{}"});
  ASSERT_EQ(fake.refused.size(), 2U);
  EXPECT_EQ(fake.refused[0], "missing:0: open: No such file or directory");
}

TEST(Sender, HasNothingToWaitForWhereNothingWasSent) {
  const Files files;
  Fake fake([](Client& client) { EXPECT_TRUE(take_lines(client).empty()); });
  const SendReport report = fake.send({files.make("empty", "\n \n")});
  EXPECT_EQ(report.end, End::kAnswered);
  EXPECT_EQ(report.sent, 0U);
}

TEST(Sender, PassesALargeLineThrough) {
  const Files files;
  const std::string record = "{\"a\":\"" + std::string(3'000'000, 'x') + "\"}";
  std::vector<std::string> got;
  Fake fake([&](Client& client) {
    got = take_lines(client);
    client.send("{\"durable\":2}\n");
  });
  EXPECT_EQ(fake.send({files.make("a", record), files.make("b", "[\n" + record + "]")}).end, End::kAnswered);
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0], record);
}

TEST(ConnectToDaemon, SaysWhyNot) {
  const test::TempDir folder;
  EXPECT_EQ(connect_to_daemon(folder / "nothing").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(connect_to_daemon(std::string(108, 'x')).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(connect_to_daemon("").error().code, ErrorCode::kInvalid);
  const std::string path = folder / "socket";
  const UniqueFd listener = test::bound_unix_socket(path);
  EXPECT_FALSE(connect_to_daemon(path));
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  EXPECT_TRUE(connect_to_daemon(path));
}

// The second daemon gets what the first one had not answered, and the refusals are told once.
TEST(Sender, GoesOnWithTheNextDaemon) {
  const respand::test::TempDir folder;
  respand::test::write_file(folder / "r.ndjson", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
  std::array<int, 2> first{};
  std::array<int, 2> second{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, first.data()), 0);
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, second.data()), 0);
  std::string got;
  const std::jthread daemons([&] {
    Client one{UniqueFd(first[1])};
    EXPECT_TRUE(one.read_line());
    EXPECT_TRUE(one.read_line());
    EXPECT_TRUE(one.read_line());
    EXPECT_TRUE(one.send("{\"durable\":1}\n{\"line\":2,\"error\":\"bad\"}\n"));
    one.close();
    Client two{UniqueFd(second[1])};
    EXPECT_EQ(two.read_line().value_or(""), "!ack");
    for (int line = 0; line < 2; ++line) {
      got += two.read_line().value_or("") + "\n";
    }
    EXPECT_TRUE(two.send("{\"line\":1,\"error\":\"bad\"}\n{\"durable\":2}\n"));
    two.close();
  });
  int again = 0;
  std::vector<std::string> refused;
  SendEvents events;
  events.refused = [&](const std::string&, std::uint64_t line, std::string_view why) {
    refused.push_back(cat(line, ": ", why));
  };
  events.progress = [](const SendReport&) {};
  events.again = [&] { ++again; };
  UniqueFd next(second[0]);
  SendOptions options;
  options.reconnect = [&] { return std::optional<UniqueFd>(std::move(next)); };
  const SendReport report = send_records(UniqueFd(first[0]), {folder / "r.ndjson"}, events, options);
  EXPECT_EQ(report.end, End::kAnswered);
  EXPECT_EQ(report.answered, 3U);
  EXPECT_EQ(report.refused, 1U);
  EXPECT_EQ(again, 1);
  EXPECT_EQ(refused, (std::vector<std::string>{"2: bad"}));
  EXPECT_EQ(got, "{\"a\":2}\n{\"a\":3}\n");
}

}  // namespace
}  // namespace respand::cli
