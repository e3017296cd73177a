// socket.ack: published. Writers that wait are told once their records are settled, each in its own order.

#include <set>

#include "respand/base/text.h"
#include "tests/sockets/bench.h"

namespace respand::sockets::test {
namespace {

using journal::CommitResult;

class SettlementDouble final : public journal::Settlement {
 public:
  void wire(std::function<void()> hook) override { hook_ = std::move(hook); }
  void arm() override { armed_ = true; }
  [[nodiscard]] Sequence acknowledged_below() const override {
    std::uint64_t below = 1;
    while (settled_.contains(below)) {
      ++below;
    }
    return Sequence{below};
  }
  [[nodiscard]] bool is_acknowledged(Sequence first, Sequence end) const override {
    for (std::uint64_t one = first.value; one < end.value; ++one) {
      if (!settled_.contains(one)) {
        return false;
      }
    }
    return true;
  }
  void settle(std::uint64_t first, std::uint64_t last) {
    for (; first <= last; ++first) {
      settled_.insert(first);
    }
    if (std::exchange(armed_, false) && hook_) {
      hook_();
    }
  }

 private:
  std::set<std::uint64_t> settled_;
  std::function<void()> hook_;
  bool armed_ = false;
};

class Published : public Bench {
 protected:
  Published() { settings.settlement = &settlement; }
  // The journal commits what waits, under the next sequences.
  void commit() {
    for (auto& batch : intake.batches) {
      batch->set_first_sequence(Sequence{next});
      next += batch->records();
    }
    intake.commit_all();
    quiet();
  }
  void settle(std::uint64_t first, std::uint64_t last) {
    settlement.settle(first, last);
    quiet();
  }
  void stop() {
    listeners->stop([this] { done = true; });
    quiet();
  }
  static std::string post(std::string_view body) {
    return cat("POST /api/request-logs/create/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: ", body.size(),
               "\r\n\r\n", body);
  }

  SettlementDouble settlement;
  std::uint64_t next = 1;
  bool done = false;
};

TEST_F(Published, LinesAreAcknowledgedOnceTheyAreSettled) {
  open();
  Peer peer = connect();
  say(peer, "!ack\n{\"a\":1}\n{\"a\":2}\n");
  commit();
  EXPECT_EQ(peer.take(), "") << "durable is not enough";
  settle(1, 1);
  EXPECT_EQ(peer.take(), "");
  settle(2, 2);
  EXPECT_EQ(peer.take(), "{\"durable\":2}\n");
  say(peer, "{\"a\":3}\n");
  settlement.settle(3, 3);  // before the journal says that it is durable
  commit();
  EXPECT_EQ(peer.take(), "{\"durable\":3}\n");
}

TEST_F(Published, HttpIsAnsweredOnceItsRecordsAreSettled) {
  open();
  Peer peer = connect();
  say(peer, post("[{\"a\":1},{\"a\":2}]"));
  commit();
  EXPECT_EQ(peer.take(), "");
  settle(1, 2);
  EXPECT_TRUE(peer.take().starts_with("HTTP/1.1 2"));
}

TEST_F(Published, WhoDoesNotWaitIsNotHeldUp) {
  open();
  Peer waits = connect();
  Peer plain = connect();
  say(waits, "!ack\n{\"a\":1}\n");
  say(plain, "{\"a\":2}\n");
  commit();
  plain.half_close();
  until([&] { return plain.ended(); });
  EXPECT_EQ(waits.take(), "");
}

// The record that comes first can't be published for a while: others hear of theirs, its own writer does not.
TEST_F(Published, APoisonRecordHoldsUpItsOwnWriterOnly) {
  open();
  Peer poisoned = connect();
  Peer other = connect();
  say(poisoned, "!ack\n{\"poison\":1}\n");
  commit();
  say(other, "!ack\n{\"a\":2}\n");
  say(poisoned, "{\"a\":3}\n");
  commit();
  settle(2, 3);
  until([&] { return other.heard() == "{\"durable\":1}\n"; });
  EXPECT_EQ(poisoned.take(), "") << "in its own order";
  settle(1, 1);
  EXPECT_EQ(poisoned.take(), "{\"durable\":2}\n");
}

TEST_F(Published, ARefusalIsToldAtOnceUnlessEarlierLinesWait) {
  open();
  Peer waits = connect();
  Peer other = connect();
  say(waits, "!ack\n{\"a\":1}\n");
  commit();
  say(other, post("{\"a\":2}"));
  say(waits, "{\"a\":3}\n");
  intake.commit_all(CommitResult::kFull);
  quiet();
  EXPECT_TRUE(other.take().starts_with("HTTP/1.1 503"));
  EXPECT_EQ(waits.take(), "");
  settle(1, 1);
  until([&] { return waits.heard().ends_with("{\"durable\":2}\n"); });
  EXPECT_NE(waits.take().find("\"line\":2"), std::string::npos);
}

// What a writer may have without its acknowledgement is bounded; it goes on when the cluster does.
TEST_F(Published, AWriterThatRunsAheadWaits) {
  open();
  Peer peer = connect();
  say(peer, "!ack\n");
  std::size_t sent = 0;
  for (std::uint64_t before = 0; before != next || sent < 100; ++sent) {
    before = next;
    say(peer, "{\"a\":1}\n");
    commit();
    ASSERT_LT(sent, 5000U);
  }
  EXPECT_EQ(next - 1, 1024U);
  EXPECT_EQ(peer.take(), "");
  settle(1, 1024);
  commit();
  EXPECT_GT(next - 1, 1024U);
  EXPECT_EQ(peer.take(), "{\"durable\":1024}\n");
}

TEST_F(Published, AClientThatLeavesIsForgotten) {
  open();
  {
    Peer peer = connect();
    say(peer, "!ack\n{\"a\":1}\n");
    commit();
    peer.close();
  }
  Peer other = connect();
  say(other, "!ack\n{\"a\":2}\n");
  commit();
  settle(1, 2);
  EXPECT_EQ(other.take(), "{\"durable\":1}\n");
}

TEST_F(Published, AStopWaitsForWhatIsSettledMeanwhile) {
  open();
  Peer peer = connect();
  say(peer, "!ack\n{\"a\":1}\n");
  commit();
  stop();
  EXPECT_FALSE(done);
  settle(1, 1);
  EXPECT_EQ(peer.take(), "{\"durable\":1}\n");
  EXPECT_TRUE(done);
  EXPECT_TRUE(peer.ended());
}

TEST_F(Published, WhatIsNotSettledAtTheEndIsNotAcknowledged) {
  settings.stop_commit = std::chrono::milliseconds{5};
  open();
  Peer lines = connect();
  Peer http = connect();
  say(lines, "!ack\n{\"a\":1}\n");
  say(http, post("{\"a\":2}"));
  commit();
  stop();
  until([&] { return done; });
  EXPECT_EQ(lines.take(), "");
  EXPECT_EQ(http.take(), "");
  EXPECT_TRUE(lines.ended());
  settle(1, 2);  // comes late, and does no harm
}

// A peer that waits for its answer may be gone; where all places are taken, the one that waits longest gives way.
TEST_F(Published, WhoWaitsLongestGivesWay) {
  settings.connections.most = settings.connections.per_user = 2;
  open();
  std::vector<Peer> peers;
  for (int i = 0; i < 2; ++i) {
    peers.push_back(connect());
    say(peers.back(), post("{\"a\":1}"));
    commit();
    clock.advance(std::chrono::minutes{1});
  }
  Peer third = connect();
  say(third, post("{\"a\":3}"));
  commit();
  settle(1, 3);
  EXPECT_TRUE(peers[0].ended());
  EXPECT_TRUE(peers[1].take().starts_with("HTTP/1.1 2"));
  EXPECT_TRUE(third.take().starts_with("HTTP/1.1 2"));
}

}  // namespace
}  // namespace respand::sockets::test
