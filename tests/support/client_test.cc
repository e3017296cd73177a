#include "tests/support/client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

#include "tests/support/files.h"
#include "tests/support/sink_server.h"

namespace respand::test {
namespace {

struct Pair {
  Pair() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    near = Client(UniqueFd(ends[0]));
    far = Client(UniqueFd(ends[1]));
  }
  Client near{UniqueFd()};
  Client far{UniqueFd()};
};

TEST(Client, ReadsLinesThatComeInPieces) {
  Pair pair;
  ASSERT_TRUE(pair.far.send("one\ntw"));
  EXPECT_EQ(pair.near.read_line(), "one");
  EXPECT_EQ(pair.near.read_line(Duration{0}), std::nullopt);
  EXPECT_FALSE(pair.near.at_end());
  ASSERT_TRUE(pair.far.send("o\nrest"));
  EXPECT_EQ(pair.near.read_line(), "two");
  pair.far.half_close();
  EXPECT_EQ(pair.near.read_line(), std::nullopt);
  EXPECT_TRUE(pair.near.at_end());
}

TEST(Client, SendsNothingToAClosedSocketAndGivesUpOnOneThatDoesNotRead) {
  Pair pair;
  EXPECT_FALSE(pair.near.send(std::string(64 * 1024 * 1024, 'x'), Duration{0}));
  pair.far.close();
  EXPECT_FALSE(pair.near.send("x"));
}

TEST(Client, SaysWhereNobodyListens) {
  const TempDir folder;
  EXPECT_FALSE(Client::connect_unix(folder / "nothing").connected());
  EXPECT_FALSE(Client::connect_unix(std::string(200, 'x')).connected());
  std::uint16_t port = 0;
  { port = SinkServer().port(); }
  EXPECT_FALSE(Client::connect_tcp(port).connected());
}

TEST(Client, ReadsAnswersOneAfterTheOther) {
  Pair pair;
  ASSERT_TRUE(pair.far.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A:  b \r\n\r\nokHTTP/1.1 503 No\r\n\r\n"));
  const auto first = pair.near.read_answer();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->status(), 200);
  EXPECT_EQ(first->body, "ok");
  EXPECT_EQ(first->header("x-a"), "b");
  const auto second = pair.near.read_answer();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->status(), 503);
}

}  // namespace
}  // namespace respand::test
