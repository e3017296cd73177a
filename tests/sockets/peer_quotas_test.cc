// What is counted for each peer, and how much each may hand in a second.

#include "sockets/peer_quotas.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "respand/base/text.h"
#include "tests/sockets/bench.h"

namespace respand::sockets::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
constexpr std::uint32_t kStranger = 54'321;  // nobody's number

TEST(PeerQuotas, ALimitLetsASecondsWorthThroughAtOnceAndThenItsRate) {
  ManualClock clock;
  PeerQuotas users({}, {.records = 10, .bytes = 0});
  PeerQuota& user = users.of(1, clock.mono());
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(user.wait(clock.mono()), Duration{0}) << i;
    user.took_record(0);
  }
  const Duration wait = user.wait(clock.mono());
  EXPECT_GT(wait, milliseconds{99});
  EXPECT_LE(wait, milliseconds{101});
  clock.advance(wait);
  EXPECT_EQ(user.wait(clock.mono()), Duration{0});
  user.took_record(0);
  EXPECT_GT(user.wait(clock.mono()), Duration{0});
  clock.advance(seconds{3600});
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(user.wait(clock.mono()), Duration{0}) << "no more than a second is saved";
    user.took_record(0);
  }
  EXPECT_GT(user.wait(clock.mono()), Duration{0});
}

TEST(PeerQuotas, WhatOneRecordTookBeyondTheLimitIsWaitedForAfterwards) {
  ManualClock clock;
  PeerQuotas users({}, {.records = 0, .bytes = 1000});
  PeerQuota& user = users.of(1, clock.mono());
  EXPECT_EQ(user.allowance(1 << 20), PeerQuota::kLeastRead);
  user.took_bytes(11'000);
  const Duration wait = user.wait(clock.mono());
  EXPECT_GE(wait, seconds{10});
  EXPECT_LE(wait, milliseconds{10'010});
  EXPECT_EQ(users.of(2, clock.mono()).wait(clock.mono()), Duration{0}) << "each has its own";
  users.reconfigure({}, {});
  EXPECT_EQ(user.wait(clock.mono()), Duration{0});
  EXPECT_EQ(user.allowance(1 << 20), std::size_t{1} << 20);
}

TEST(PeerQuotas, TheTableIsBoundedAndItsSumsAreKept) {
  ManualClock clock;
  PeerQuotas users({}, {});
  constexpr std::uint32_t kConnected = 100;  // the first ones stay connected
  for (std::uint32_t uid = 0; uid < 10 * PeerQuotas::kMost; ++uid) {
    PeerQuota& user = uid < kConnected ? users.connect(uid, clock.mono()) : users.of(uid, clock.mono());
    user.took_record(0);
    user.took_bytes(3);
  }
  const auto counts = users.counts(clock.mono());
  EXPECT_EQ(counts.size(), PeerQuotas::kMost + 1);
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t connections = 0;
  for (const PeerCount& count : counts) {
    records += count.records;
    bytes += count.bytes;
    connections += count.connections;
  }
  EXPECT_EQ(records, 10 * PeerQuotas::kMost);
  EXPECT_EQ(bytes, 3 * records);
  EXPECT_EQ(connections, kConnected);
  EXPECT_TRUE(counts.front().others) << "they have handed in most";
}

TEST(PeerQuotas, WhereAllAreConnectedNewOnesShareAPlace) {
  ManualClock clock;
  PeerQuotas users({}, {.records = 1, .bytes = 0});
  for (std::uint32_t uid = 0; uid < PeerQuotas::kMost; ++uid) {
    static_cast<void>(users.connect(uid, clock.mono()));
  }
  PeerQuota& one = users.connect(90'000, clock.mono());
  PeerQuota& other = users.connect(90'001, clock.mono());
  EXPECT_EQ(&one, &other);
  PeerQuotas::disconnect(one);
  PeerQuotas::disconnect(other);
  EXPECT_EQ(users.counts(clock.mono()).size(), PeerQuotas::kMost + 1);
}

class PeerQuotasOverSockets : public Bench {
 protected:
  // Whether a connection is closed at once that a user makes who has no rights but these groups.
  bool turned_away(const std::vector<gid_t>& groups) {
    int result[2];
    EXPECT_EQ(::pipe(result), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const bool became = ::setgroups(groups.size(), groups.data()) == 0 &&
                          ::setresgid(kStranger, kStranger, kStranger) == 0 &&
                          ::setresuid(kStranger, kStranger, kStranger) == 0;
      test::Peer peer = connect();
      // The byte tells the parent that it may go on; after that this waits for the end of the connection.
      char answer = became && peer.connected() ? 'c' : '!';
      static_cast<void>(!::write(result[1], &answer, 1));
      ::fcntl(peer.fd(), F_SETFL, 0);
      const ssize_t n = ::read(peer.fd(), &answer, 1);  // the end, or an answer
      answer = n <= 0 ? 'e' : 'a';
      static_cast<void>(!::write(result[1], &answer, 1));
      ::_exit(0);
    }
    ::close(result[1]);
    char connected = 0;
    EXPECT_EQ(::read(result[0], &connected, 1), 1);
    EXPECT_EQ(connected, 'c');
    const bool taken_in = [&] {
      const std::size_t before = listeners->connections();
      quiet();
      return listeners->connections() > before;
    }();
    listeners.reset();  // whoever was let in is now hung up on
    char word = 0;
    EXPECT_EQ(::read(result[0], &word, 1), 1);
    ::close(result[0]);
    ::waitpid(child, nullptr, 0);
    return !taken_in;
  }
};

TEST_F(PeerQuotasOverSockets, AMemberOfAnAllowedGroupMayConnect) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root may become somebody else";
  }
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  settings.mode = 0666;
  settings.access.gids = {4242};
  open();
  EXPECT_TRUE(turned_away({}));
  open();
  EXPECT_FALSE(turned_away({4, 4242})) << "by a supplementary group";
  open();
  EXPECT_TRUE(turned_away({4}));
}

TEST_F(PeerQuotasOverSockets, EachIsCounted) {
  open();
  test::Peer peer = connect();
  say(peer, "{\"a\":1}\n{\"a\":2}\n{]\n[{\"a\":3},4]\n");
  run_until_quiet();
  auto users = listeners->users();
  ASSERT_EQ(users.size(), 1U);
  EXPECT_EQ(users[0].uid, ::geteuid());
  EXPECT_EQ(users[0].connections, 1U);
  EXPECT_EQ(users[0].records, 3U);
  EXPECT_EQ(users[0].refused, 2U);
  EXPECT_EQ(users[0].bytes, 31U);
  peer.close();
  quiet();
  users = listeners->users();
  EXPECT_EQ(users[0].connections, 0U);
  EXPECT_EQ(users[0].records, 3U) << "what was counted stays";
}

TEST_F(PeerQuotasOverSockets, WhoIsOverTheLimitIsReadLater) {
  settings.rate_limits.of_users = {.records = 20, .bytes = 0};
  open();
  test::Peer peer = connect();
  std::string lines;
  for (int i = 0; i < 2000; ++i) {
    lines += "{\"a\":\"0123456789\"}\n";  // several reads
  }
  send(peer, "!ack\n");
  EXPECT_GT(peer.send_some(lines), 0U);
  quiet();
  const std::size_t at_once = intake.payloads.size();
  EXPECT_GE(at_once, 20U);
  EXPECT_LT(at_once, 1000U) << "a read of a few KiB goes through at once, no more";
  EXPECT_TRUE(listeners->users()[0].held_back);
  EXPECT_GE(metric("respand_rate_limit_waits_total"), 1);
  // Its time comes, and all of it is taken in and acknowledged.
  until([&] {
    clock.advance(seconds{1});
    intake.commit_all();
    return intake.payloads.size() == 2000;
  });
  run_until_quiet();
  EXPECT_NE(peer.heard().find("{\"durable\":2000}"), std::string::npos);
}

TEST(UsersByAddress, AnAddressIsNoUserOfTheHost) {
  PeerQuotas addresses({}, {}, PeerKind::kAddress);
  const PeerQuota& one = addresses.connect(net::Address{0, "0.0.0.0"}, MonoTime{});
  EXPECT_FALSE(one.known_uid()) << "records.route: [{uid: 0}] is not for it";
}

// The twin over TCP, by address.
TEST_F(PeerQuotasOverSockets, AnAddressThatIsOverItsLimitIsReadLater) {
  settings.rate_limits.of_addresses = {.records = 20, .bytes = 0};
  settings.http_port = 0;
  settings.http_host = "127.0.0.1";
  open();
  test::Peer peer = test::Peer::connect_tcp(listeners->http_port());
  std::string body = "[{}";
  for (int i = 1; i < 500; ++i) {
    body += ",{}";
  }
  body += "]";
  const std::string request =
      cat("POST /request-logs/create HTTP/1.1\r\nHost: localhost\r\nContent-Length: ", body.size(), "\r\n\r\n", body);
  intake.at_once = true;
  send(peer, request);
  quiet();
  auto users = listeners->users();
  ASSERT_EQ(users.size(), 1U);
  EXPECT_EQ(users[0].kind, PeerKind::kAddress);
  EXPECT_EQ(users[0].address, "127.0.0.1");
  EXPECT_EQ(users[0].records, 500U);
  EXPECT_TRUE(users[0].held_back);
  send(peer, request);
  quiet();
  EXPECT_EQ(intake.payloads.size(), 500U) << "the next request has to wait";
  test::Peer other = connect();
  send(other, "{}\n");
  quiet();
  EXPECT_EQ(intake.payloads.size(), 501U) << "who comes over the Unix socket has not";
  until([&] {
    clock.advance(seconds{30});
    return intake.payloads.size() == 1001;
  });
}

// What a record takes in the journal beside its bytes counts too: a million of {} takes a lot of room.
TEST_F(PeerQuotasOverSockets, OfTheLimitOfBytesARecordCostsWhatItTakesInTheJournal) {
  settings.rate_limits.of_users = {.records = 0, .bytes = 100'000};
  open();
  test::Peer peer = connect();
  std::string lines = "[{}";
  for (int i = 1; i < 10'000; ++i) {
    lines += ",{}";
  }
  intake.at_once = true;
  send(peer, lines + "]\n{}\n");
  quiet();
  EXPECT_EQ(listeners->users()[0].records, 10'001U);
  clock.advance(seconds{2});
  EXPECT_TRUE(listeners->users()[0].held_back) << "30 KB were written, and more than a megabyte is in the journal";
  clock.advance(seconds{30});
  EXPECT_FALSE(listeners->users()[0].held_back);
}

TEST_F(PeerQuotasOverSockets, AStopTakesInWhatWasSentAlsoFromWhoHasToWait) {
  settings.rate_limits.of_users = {.records = 1, .bytes = 0};
  open();
  test::Peer peer = connect();
  std::string lines;
  for (int i = 0; i < 500; ++i) {
    lines += "{\"a\":\"0123456789\"}\n";
  }
  send(peer, lines);
  quiet();
  EXPECT_LT(intake.payloads.size(), 500U);
  bool stopped = false;
  listeners->stop([&] { stopped = true; });
  until([&] {
    intake.commit_all();
    return stopped;
  });
  EXPECT_EQ(intake.payloads.size(), 500U);
}

}  // namespace
}  // namespace respand::sockets::test
