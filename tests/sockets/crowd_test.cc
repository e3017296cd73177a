// Places for connections: a connection that is of no use gives way, and nobody can take all places.

#include <gtest/gtest.h>
#include <unistd.h>

#include "respand/base/text.h"
#include "tests/sockets/bench.h"

namespace respand::sockets::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Out = net::Crowd::Out;

constexpr std::string_view kPost =
    "POST /api/request-logs/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 7\r\n\r\n{\"a\":1}";

TEST(Patience, ARequestHasItsTimeAndMoreForWhatHasCome) {
  const Patience::Limits limits{.next = seconds{300}, .request = seconds{30}, .leave = seconds{10}};
  const MonoTime now{seconds{1000}};
  Patience patience;
  EXPECT_FALSE(patience.deadline(limits));
  patience.enter(Patience::Phase::kRequest, now);
  EXPECT_EQ(patience.deadline(limits), now + seconds{30});
  patience.heard(499);
  EXPECT_EQ(patience.deadline(limits), now + seconds{30});
  patience.heard(1);
  EXPECT_EQ(patience.deadline(limits), now + seconds{31});
  patience.enter(Patience::Phase::kRequest, now + seconds{5});
  EXPECT_EQ(patience.deadline(limits), now + seconds{31}) << "the same request";
  patience.excuse(now + seconds{100});
  EXPECT_EQ(patience.deadline(limits), now + seconds{131});
  patience.enter(Patience::Phase::kNext, now);
  EXPECT_EQ(patience.deadline(limits), now + seconds{300});
  patience.enter(Patience::Phase::kLeave, now);
  EXPECT_EQ(patience.deadline(limits), now + seconds{10});
  patience.end();
  EXPECT_FALSE(patience.deadline(limits));
}

TEST(ConnectionLimits, NobodyTakesAllWhoWasNotToldTo) {
  EXPECT_EQ((net::ConnectionLimits{.most = 4096}.of_a_user()), 2048U);
  EXPECT_EQ((net::ConnectionLimits{.most = 4096, .per_user = 4096}.of_a_user()), 4096U);
  EXPECT_EQ((net::ConnectionLimits{.most = 4096}.over_tcp()), 3072U);
  EXPECT_EQ((net::ConnectionLimits{.most = 5}.over_tcp()), 3U);
  EXPECT_EQ((net::ConnectionLimits{.most = 2}.over_tcp()), 1U);
  EXPECT_EQ((net::ConnectionLimits{.most = 1}.over_tcp()), 1U) << "better than none";
  EXPECT_EQ((net::ConnectionLimits{.most = 1}.of_a_user()), 1U);
}

class Crowded : public Bench {
 protected:
  void open_listeners(std::size_t most, std::size_t per_user) {
    settings.connections = {.most = most, .per_user = per_user};
    settings.http_host = "127.0.0.1";
    open();
  }
  test::Peer dial_tcp() const { return test::Peer::connect_tcp(listeners->http_port()); }
  // Connects and says something.
  test::Peer talk(std::string_view words) {
    test::Peer peer = connect();
    say(peer, words);
    return peer;
  }
  [[nodiscard]] double closed(std::string_view reason) const {
    return metric(cat("respand_connections_refused_total{reason=\"", reason, "\"}"));
  }
};

TEST_F(Crowded, AnHttpRequestThatDoesNotComeIsNotWaitedForForEver) {
  settings.patience = {.next = hours{10}, .request = milliseconds{20}, .leave = hours{10}};
  open_listeners(100, 100);
  test::Peer line = talk("{");
  test::Peer silent = connect();
  test::Peer head = talk("P");
  test::Peer body = talk(kPost.substr(0, kPost.size() - 1));
  test::Peer tcp = dial_tcp();
  test::Peer silent_tcp = dial_tcp();
  say(tcp, "P");
  until([&] { return listeners->connections() == 6; });
  clock.advance(hours{1});
  for (test::Peer* peer : {&head, &body, &tcp}) {
    until([&] { return peer->heard().starts_with("HTTP/1.1 408 Request Timeout\r\n"); });
  }
  until([&] { return silent_tcp.ended(); });
  EXPECT_EQ(closed("timed_out"), 4);
  EXPECT_EQ(rejected("http", "bad_request"), 3);
  EXPECT_FALSE(line.ended()) << "a logger may have nothing to say for days";
  EXPECT_FALSE(silent.ended());
  say(line, "\"a\":1}\n");
  EXPECT_EQ(intake.payloads.size(), 1U);
}

TEST_F(Crowded, WhoDoesNotCloseBehindItsLastAnswerIsClosed) {
  settings.patience = {.next = hours{10}, .request = milliseconds{20}, .leave = milliseconds{20}};
  open_listeners(100, 100);
  test::Peer peer = talk("P");
  until([&] {
    clock.advance(seconds{1});
    return listeners->connections() == 0;
  });
  EXPECT_TRUE(peer.heard().starts_with("HTTP/1.1 408 "));
  EXPECT_EQ(closed("timed_out"), 1) << "counted once";
}

TEST_F(Crowded, AConnectionThatIsKeptForNothingIsClosedWithoutAWord) {
  settings.patience = {.next = milliseconds{20}, .request = hours{10}, .leave = hours{10}};
  open_listeners(100, 100);
  intake.at_once = true;
  test::Peer peer = talk(kPost);
  until([&] { return peer.heard().starts_with("HTTP/1.1 200 "); });
  peer.take();
  clock.advance(seconds{1});
  until([&] { return peer.ended(); });
  EXPECT_EQ(peer.take(), "");
  EXPECT_EQ(rejected("http", "bad_request"), 0);
}

// Connections that send one byte each once kept everybody else out for ever.
TEST_F(Crowded, WhoHasSaidNothingOfUseGivesWayWhereAllPlacesAreTaken) {
  open_listeners(4, 4);
  test::Peer first = talk("{");
  clock.advance(seconds{1});
  test::Peer second = talk("P");
  test::Peer third = connect();
  test::Peer used = talk("{\"a\":1}\n{");
  until([&] { return listeners->connections() == 4; });
  EXPECT_EQ(listeners->crowd().out, Out::kAll) << "nobody has to give way at once";
  test::Peer early = connect();
  until([&] { return early.ended(); });
  EXPECT_EQ(closed("too_many"), 1);

  clock.advance(seconds{9});
  EXPECT_EQ(listeners->crowd().out, Out::kNobody);
  test::Peer next = talk("{\"a\":2}\n");
  EXPECT_TRUE(first.ended()) << "the one that has said nothing of use for longest";
  EXPECT_FALSE(second.ended());
  EXPECT_EQ(closed("gave_way"), 1);
  EXPECT_EQ(intake.payloads.size(), 2U);
  EXPECT_EQ(listeners->crowd().out, Out::kAll);

  clock.advance(hours{24});
  test::Peer two = talk("{\"a\":3}\n");
  test::Peer three = talk("{\"a\":4}\n");
  EXPECT_TRUE(second.ended());
  EXPECT_TRUE(third.ended());
  EXPECT_FALSE(used.ended()) << "who has handed in a record keeps its place";
  clock.advance(hours{24});
  test::Peer late = connect();
  until([&] { return late.ended(); });
  EXPECT_EQ(listeners->crowd().out, Out::kAll);
  EXPECT_EQ(listeners->crowd().most, 4U);
  say(used, "\"a\":5}\n");
  EXPECT_EQ(intake.payloads.size(), 5U);
}

TEST_F(Crowded, AnUploadThatGetsOnIsNoIdleOne) {
  open_listeners(2, 2);
  const std::string record = cat("{\"a\":\"", std::string(400'000, 'x'), "\"}\n");
  test::Peer upload = talk(record.substr(0, 200'000));
  clock.advance(seconds{60});
  say(upload, std::string_view(record).substr(200'000, 100'000));
  clock.advance(seconds{9});
  test::Peer other = talk("{\"a\":1}\n");
  test::Peer late = connect();
  until([&] { return late.ended(); });
  say(upload, std::string_view(record).substr(300'000));
  EXPECT_EQ(intake.payloads.size(), 2U);
}

TEST_F(Crowded, AUserHasItsShare) {
  open_listeners(100, 2);
  test::Peer one = talk("{\"a\":1}\n");
  test::Peer two = talk("{\"a\":2}\n");
  EXPECT_EQ(listeners->crowd().out, Out::kUser);
  EXPECT_EQ(listeners->crowd().uid, ::geteuid());
  test::Peer three = connect();
  until([&] { return three.ended(); });
  EXPECT_EQ(closed("too_many_of_user"), 1);
  test::Peer tcp = dial_tcp();
  say(tcp, kPost);
  until([&] { return intake.payloads.size() == 3; });
  one.close();
  until([&] { return listeners->connections() == 2; });
  EXPECT_EQ(listeners->crowd().out, Out::kNobody);
  listeners->reconfigure({}, {}, {.most = 100, .per_user = 1});
  EXPECT_EQ(listeners->crowd().out, Out::kUser) << "a reload counts at once; who is connected stays";
  EXPECT_FALSE(two.ended());
}

TEST_F(Crowded, TcpLeavesPlacesForTheUnixSocket) {
  open_listeners(4, 4);
  intake.at_once = true;
  std::vector<test::Peer> over_tcp;
  for (std::size_t n = 1; n <= 3; ++n) {
    over_tcp.push_back(dial_tcp());
    until([&] { return listeners->connections() == n; });
  }
  EXPECT_EQ(listeners->crowd().out, Out::kTcp);
  test::Peer fourth = dial_tcp();
  until([&] { return fourth.ended(); });
  test::Peer unix_peer = talk("{\"a\":1}\n");
  EXPECT_EQ(intake.payloads.size(), 1U);
  EXPECT_EQ(listeners->crowd().out, Out::kAll);
}

}  // namespace
}  // namespace respand::sockets::test
