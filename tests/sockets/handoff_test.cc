// Connections that go to the next process while the journal takes nothing: each goes with what it holds, and none with
// records in flight.

#include "sockets/connection_handoff.h"

#include <unistd.h>

#include "tests/sockets/bench.h"

namespace respand::sockets::test {
namespace {

using Strings = std::vector<std::string>;

class HandoverAtStop : public Bench {
 protected:
  void stop() {
    listeners->stop([this] { done = true; }, &left);
    quiet();
  }
  // The next process, with all connections.
  void start_again() {
    std::vector<UniqueFd> sockets;
    for (const UniqueFd& socket : left.sockets()) {
      sockets.emplace_back(::dup(socket.get()));
    }
    auto description = left.describe();
    ASSERT_TRUE(description);
    left.clear();
    listeners.reset();
    open();
    Return restored = restore(std::move(*description), std::move(sockets));
    EXPECT_EQ(restored.problem, "");
    listeners->take_back(std::move(restored.connections));
  }
  ConnectionHandoff left;
  bool done = false;
};

TEST_F(HandoverAtStop, WhoWaitsForRoomGoesAtOnceAndWhoWaitsForTheDiskWhenItHasAnswered) {
  open();
  Peer first = connect();
  Peer waits = connect();
  Peer posts = connect();
  intake.ring_full = true;
  say(first, "!ack\n{\"a\":1}\n");
  say(waits, "!ack\n{\"b\":1}\n{\"b\":2}\n{\"b\":");
  say(posts, "POST /request-logs/ HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n{\"c\":1}POST /requ");
  stop();
  EXPECT_FALSE(done);
  EXPECT_EQ(left.sockets().size(), 2U) << "nothing of theirs is on its way";
  intake.ring_full = false;
  until([&] {
    run_until_quiet();
    return done;
  });
  EXPECT_EQ(left.sockets().size(), 3U);
  EXPECT_EQ(first.take(), "{\"durable\":1}\n");
  EXPECT_EQ(waits.take() + posts.take(), "");
  EXPECT_EQ(intake.payloads, Strings{"{\"a\":1}"});

  ASSERT_NO_FATAL_FAILURE(start_again());
  run_until_quiet();
  EXPECT_EQ(waits.take(), "{\"durable\":2}\n");
  EXPECT_TRUE(posts.take().starts_with("HTTP/1.1 200 OK"));
  say(first, "{\"a\":2}\n");
  say(waits, "3}\n");
  say(posts, "est-logs/ HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n{\"c\":2}");
  run_until_quiet();
  EXPECT_EQ(first.take(), "{\"durable\":2}\n");
  EXPECT_EQ(waits.take(), "{\"durable\":3}\n");
  EXPECT_TRUE(posts.take().starts_with("HTTP/1.1 200 OK"));
  EXPECT_EQ(intake.payloads.size(), 7U) << "each once";
  EXPECT_FALSE(first.ended() || waits.ended() || posts.ended());
}

TEST_F(HandoverAtStop, AnArrayThatIsHalfTakenDoesNotGoOver) {
  open();
  Peer peer = connect();
  say(peer, "{\"x\":0}\n");
  run_until_quiet();
  std::string array = "[";
  const std::string large(1 << 20, 'x');
  for (int i = 0; i < 18; ++i) {  // more than the listener lets in at once
    array += std::string(i == 0 ? "" : ",") + R"({"a":")" + large + "\"}";
  }
  send(peer, "!ack\n");
  Peer acks = connect();
  send(acks, "!ack\n" + array + "]\n");
  quiet();
  stop();
  EXPECT_EQ(left.sockets().size(), 1U);
  until([&] {
    run_until_quiet();
    return done;
  });
  EXPECT_EQ(acks.take(), "{\"durable\":1}\n") << "it is taken to its end first";
  EXPECT_EQ(left.sockets().size(), 2U);
}

TEST_F(HandoverAtStop, WhoHasClosedItsSideEndsAsEver) {
  open();
  Peer peer = connect();
  say(peer, "!ack\n{\"a\":1}\n{\"a\":2}");
  peer.half_close();
  quiet();
  stop();
  until([&] {
    run_until_quiet();
    return done;
  });
  EXPECT_TRUE(left.sockets().empty());
  EXPECT_EQ(peer.take(), "{\"durable\":2}\n");
  EXPECT_TRUE(peer.ended());
}

TEST_F(HandoverAtStop, TheNextProcessHasItsOwnLimits) {
  open();
  Peer a = connect();
  Peer b = connect();
  say(a, "{\"long\":\"0123456789");
  say(b, "{\"b\":");
  stop();
  ASSERT_TRUE(done);
  settings.connections = {.most = 1};
  settings.max_record = Bytes{16};
  ASSERT_NO_FATAL_FAILURE(start_again());
  quiet();
  EXPECT_EQ(listeners->connections(), 1U);
  EXPECT_NE(a.ended(), b.ended());
}

}  // namespace
}  // namespace respand::sockets::test
