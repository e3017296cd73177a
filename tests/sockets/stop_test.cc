// Stopping, and commits that come from another thread.

#include <unistd.h>

#include <atomic>
#include <thread>

#include "respand/base/mutex.h"
#include "respand/base/text.h"
#include "respand/queue/doorbell.h"
#include "respand/queue/ring.h"
#include "tests/sockets/bench.h"

namespace respand::sockets::test {
namespace {

using journal::CommitResult;
using Strings = std::vector<std::string>;

class Stop : public Bench {
 protected:
  void stop() {
    listeners->stop([this] { done = true; });
    quiet();
  }
  bool done = false;
};

TEST_F(Stop, NothingToDo) {
  open();
  stop();
  EXPECT_TRUE(done);
  EXPECT_NE(::access(settings.socket_path.c_str(), F_OK), 0);
  EXPECT_FALSE(connect().connected());
}

TEST_F(Stop, TheLastAcksAreSent) {
  open();
  Peer a = connect();
  Peer b = connect();
  say(a, "!ack\n{\"a\":1}\n{\"half\":");
  say(b, "!ack\n");
  b.send_some("{\"b\":1}\n{\"b\":2}\n");  // in the kernel, not read yet
  stop();
  EXPECT_FALSE(done);
  EXPECT_FALSE(a.ended());
  run_until_quiet();
  EXPECT_TRUE(done);
  EXPECT_EQ(a.take(), "{\"durable\":1}\n");
  EXPECT_EQ(b.take(), "{\"durable\":2}\n");
  EXPECT_TRUE(a.ended());
  EXPECT_TRUE(b.ended());
  EXPECT_EQ(intake.payloads.size(), 3U);
}

TEST_F(Stop, WritersThatWereNotAcceptedYetAreHeard) {
  open();
  Peer peer = connect();
  peer.send_some("{\"a\":1}\n");
  peer.close();
  stop();
  run_until_quiet();
  EXPECT_TRUE(done);
  EXPECT_EQ(intake.payloads, Strings{"{\"a\":1}"});
}

TEST_F(Stop, IdleConnectionsAreClosed) {
  settings.http_host = "127.0.0.1";
  open();
  Peer lines = connect();
  Peer kept = Peer::connect_tcp(listeners->http_port());
  Peer silent = connect();
  until([&] { return listeners->connections() == 3; });
  say(lines, "{\"a\":1}\n");
  send(kept, "POST /api/request-logs/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}");
  until([&] {
    run_until_quiet();
    return kept.heard().starts_with("HTTP/1.1 200");
  });
  stop();
  EXPECT_TRUE(done);
  until([&] { return lines.ended() && kept.ended() && silent.ended(); });
}

TEST_F(Stop, ARequestInFlightIsAnsweredAndToldThatItWasTheLast) {
  open();
  Peer peer = connect();
  say(peer, "POST /api/request-logs/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}");
  stop();
  EXPECT_FALSE(done);
  run_until_quiet();
  EXPECT_TRUE(done);
  EXPECT_TRUE(peer.heard().starts_with("HTTP/1.1 200 OK\r\n")) << peer.heard();
  EXPECT_TRUE(peer.ended());
}

TEST_F(Stop, AnUnfinishedRequestIsNotWaitedFor) {
  open();
  Peer peer = connect();
  say(peer, "POST /api/request-logs/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{");
  stop();
  EXPECT_TRUE(done);
  EXPECT_TRUE(peer.ended());
  EXPECT_TRUE(intake.payloads.empty());
}

TEST_F(Stop, WhatTheJournalRefusesAtTheEndIsNotAcknowledged) {
  open();
  Peer peer = connect();
  say(peer, "!ack\n{\"a\":1}\n");
  stop();
  run_until_quiet(CommitResult::kStopped);
  EXPECT_TRUE(done);
  EXPECT_EQ(peer.take(), "");
  EXPECT_TRUE(peer.ended());
}

TEST_F(Stop, AClientThatDoesNotReadIsNotWaitedForLong) {
  settings.stop_answer = std::chrono::milliseconds{5};
  open();
  Peer peer = connect();
  send(peer, "!ack\n");
  std::string bad;
  for (int i = 0; i < 50'000; ++i) {
    bad += "x\n";
  }
  for (std::size_t n = 1; n > 0;) {
    n = peer.send_some(bad);
    quiet();
  }
  stop();
  until([&] { return done; });
  EXPECT_EQ(listeners->connections(), 0U);
}

TEST_F(Stop, AJournalThatDoesNotCommitIsNotWaitedForLong) {
  settings.stop_commit = std::chrono::milliseconds{5};
  open();
  Peer peer = connect();
  say(peer, "!ack\n{\"a\":1}\n");
  stop();
  until([&] { return done; });
  EXPECT_TRUE(peer.ended());
  EXPECT_EQ(peer.take(), "");
  run_until_quiet();  // Comes late, and does no harm.
}

TEST_F(Stop, AFullProducerAtTheEnd) {
  open();
  std::vector<Peer> peers;
  std::string lines;
  for (int i = 0; i < 200; ++i) {
    lines += cat("{\"n\":", i, ",\"t\":\"", std::string(1000, 'x'), "\"}\n");
  }
  for (int i = 0; i < 200; ++i) {
    peers.push_back(connect());
    peers.back().send_some(lines);
    quiet();
  }
  stop();
  EXPECT_FALSE(done);
  run_until_quiet();
  EXPECT_TRUE(done);
}

TEST_F(Stop, ListenersThatWereNeverOpenedOrNotStopped) {
  { SocketIntake never(loop, settings, intake, registry, clock); }
  open();
  Peer peer = connect();
  say(peer, "!ack\n{\"a\":");
  listeners.reset();
  quiet();
  EXPECT_TRUE(peer.ended());
}

// Commits every batch on a thread of its own, as the journal does.
class ThreadedIntake final : public journal::JournalWriter {
 public:
  ThreadedIntake() : bell_([this] { sleeper_.wake(); }), thread_([this](const std::stop_token& stop) { run(stop); }) {}
  ~ThreadedIntake() override {
    thread_.request_stop();
    sleeper_.wake();
  }
  bool offer(std::unique_ptr<journal::Batch>& batch) noexcept override {
    const bool pushed = ring_.try_push(batch);
    bell_.ring();
    return pushed;
  }
  [[nodiscard]] bool accepting() const noexcept override { return true; }
  [[nodiscard]] Sequence durable_end() const noexcept override { return {}; }
  std::atomic<std::uint64_t> records = 0;

 private:
  void run(const std::stop_token& stop) {
    for (;;) {
      std::unique_ptr<journal::Batch> batch;
      bell_.arm();
      if (ring_.try_pop(batch)) {
        bell_.disarm();
        records += batch->records();
        journal::Producer& producer = batch->producer();
        producer.committed(std::move(batch), CommitResult::kDurable);
      } else if (stop.stop_requested()) {
        return;
      } else {
        sleeper_.wait_until(system_clock().mono() + std::chrono::seconds(1));
      }
    }
  }
  queue::Ring<std::unique_ptr<journal::Batch>> ring_{kRingCapacity};
  queue::Sleeper sleeper_;
  queue::Doorbell bell_;
  std::jthread thread_;
};

TEST_F(Stop, CommitsFromTheJournalsThread) {
  const auto threaded = std::make_unique<ThreadedIntake>();
  auto intake_listeners = std::make_unique<SocketIntake>(loop, settings, *threaded, registry, clock);
  ASSERT_TRUE(intake_listeners->start().has_value());
  constexpr int kPeers = 16;
  constexpr int kRounds = 100;
  std::vector<Peer> peers;
  std::vector<int> sent(kPeers, 1);
  for (int i = 0; i < kPeers; ++i) {
    peers.push_back(connect());
    send(peers.back(), "!ack\n{\"n\":1}\n");
  }
  until([&] {
    bool all = true;
    for (std::size_t i = 0; i < kPeers; ++i) {
      if (peers[i].heard().ends_with(cat("{\"durable\":", sent[i], "}\n")) && sent[i] < kRounds) {
        ++sent[i];
        peers[i].send_some("{\"n\":1}\n");
      }
      all = all && peers[i].heard().ends_with(cat("{\"durable\":", kRounds, "}\n"));
    }
    return all;
  });
  EXPECT_EQ(threaded->records, static_cast<std::uint64_t>(kPeers * kRounds));
  intake_listeners->stop([this] { done = true; });
  until([&] { return done; });
}

}  // namespace
}  // namespace respand::sockets::test
