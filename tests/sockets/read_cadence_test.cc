// When a connection's input may gather, and what becomes of input that gathers.

#include "sockets/read_cadence.h"

#include "respand/base/text.h"
#include "sockets/connection_handoff.h"
#include "tests/sockets/bench.h"

namespace respand::sockets::test {
namespace {

using std::chrono::milliseconds;

constexpr Duration kInterval = milliseconds{4};

class ReadCadenceTest : public ::testing::Test {
 protected:
  void reads(int count, std::size_t bytes, Duration apart, bool awaited = false) {
    for (int i = 0; i < count; ++i) {
      cadence.note_read(bytes, awaited, now);
      now += apart;
    }
  }
  ReadCadence cadence{kInterval};
  MonoTime now{std::chrono::seconds{100}};
};

TEST_F(ReadCadenceTest, SmallAndOftenGathers) {
  reads(15, 1300, milliseconds{1});
  EXPECT_FALSE(cadence.gathers());
  reads(1, 1300, milliseconds{1});
  EXPECT_TRUE(cadence.gathers());
}

TEST_F(ReadCadenceTest, SeldomNeverDoes) {
  reads(200, 1300, milliseconds{3});  // fewer than two in an interval
  EXPECT_FALSE(cadence.gathers());
}

TEST_F(ReadCadenceTest, WhoBecomesFrequentGathersLater) {
  reads(40, 1300, milliseconds{50});
  reads(31, 1300, milliseconds{1});
  EXPECT_TRUE(cadence.gathers());
}

TEST_F(ReadCadenceTest, WhoWaitsForAnswersIsReadAtOnce) {
  reads(200, 1300, Duration{0}, true);
  EXPECT_FALSE(cadence.gathers());
  reads(16, 1300, Duration{0});
  EXPECT_TRUE(cadence.gathers());
  reads(1, 1300, Duration{0}, true);
  EXPECT_FALSE(cadence.gathers());
}

TEST_F(ReadCadenceTest, LargeReadsAreLargeEnough) {
  reads(200, 8192, Duration{0});
  EXPECT_FALSE(cadence.gathers());
}

TEST_F(ReadCadenceTest, ABurstEndsIt) {
  reads(16, 1300, Duration{0});
  reads(1, 65535, Duration{0});
  EXPECT_TRUE(cadence.gathers());
  reads(1, 65536, Duration{0});
  EXPECT_FALSE(cadence.gathers());
}

TEST_F(ReadCadenceTest, APauseEndsIt) {
  reads(16, 1300, Duration{0});
  for (int i = 0; i < 3; ++i) {
    cadence.note_nothing();
    EXPECT_TRUE(cadence.gathers());
  }
  reads(1, 1300, Duration{0});
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(cadence.gathers());
    cadence.note_nothing();
  }
  EXPECT_FALSE(cadence.gathers());
}

TEST_F(ReadCadenceTest, WithoutAnIntervalNothingGathers) {
  cadence = ReadCadence(Duration{0});
  reads(200, 1300, Duration{0});
  EXPECT_FALSE(cadence.gathers());
}

// The bench's clock stands still, so that lines which come one by one are as frequent as can be.
class GatheredReads : public Bench {
 protected:
  static constexpr int kLines = 16;
  void open_and_gather(Peer& peer, Duration interval) {
    settings.gather_reads = interval;
    intake.at_once = true;
    open();
    peer = connect();
    more(peer, kLines);
    ASSERT_EQ(intake.payloads.size(), std::size_t{kLines});
  }
  void more(Peer& peer, int lines) {
    for (int i = 0; i < lines; ++i) {
      say(peer, cat("{\"n\":", next_++, "}\n"));
    }
  }
  void expect_all() {
    ASSERT_EQ(intake.payloads.size(), static_cast<std::size_t>(next_));
    for (int i = 0; i < next_; ++i) {
      EXPECT_EQ(intake.payloads[static_cast<std::size_t>(i)], cat("{\"n\":", i, "}"));
    }
  }
  static constexpr Duration kForEver = std::chrono::hours{24};

 private:
  int next_ = 0;
};

TEST_F(GatheredReads, ComeWithTheNextLook) {
  Peer peer;
  ASSERT_NO_FATAL_FAILURE(open_and_gather(peer, milliseconds{1}));
  more(peer, 100);
  until([&] { return intake.payloads.size() == kLines + 100; });
  expect_all();
}

TEST_F(GatheredReads, ShareABatch) {
  Peer peer;
  ASSERT_NO_FATAL_FAILURE(open_and_gather(peer, kForEver));
  const std::size_t before = intake.offered;
  more(peer, 10);
  EXPECT_EQ(intake.offered, before);
  listeners->stop([] {});
  run_until_quiet();
  EXPECT_EQ(intake.offered, before + 1);
  expect_all();
}

TEST_F(GatheredReads, AreReadWhenTheWriterIsGone) {
  Peer peer;
  ASSERT_NO_FATAL_FAILURE(open_and_gather(peer, milliseconds{1}));
  more(peer, 3);
  peer.close();
  until([&] { return listeners->connections() == 0; });
  expect_all();
}

TEST_F(GatheredReads, GoOnAfterAPauseAndABurst) {
  Peer peer;
  ASSERT_NO_FATAL_FAILURE(open_and_gather(peer, milliseconds{1}));
  for (const int lines : {1, 20'000, 3, 1, 50}) {
    std::string text;
    const std::size_t before = intake.payloads.size();
    for (int i = 0; i < lines; ++i) {
      text += "{\"burst\":1}\n";
    }
    send(peer, text);
    until([&] { return intake.payloads.size() == before + static_cast<std::size_t>(lines); });
  }
}

TEST_F(GatheredReads, WaitInTheSocketThatTheNextProcessTakesOver) {
  Peer peer;
  ASSERT_NO_FATAL_FAILURE(open_and_gather(peer, kForEver));
  more(peer, 2);
  ConnectionHandoff left;
  bool done = false;
  listeners->stop([&] { done = true; }, &left);
  run_until_quiet();
  EXPECT_TRUE(done);
  EXPECT_EQ(left.sockets().size(), 1U);
  expect_all();
  EXPECT_FALSE(peer.ended());
}

}  // namespace
}  // namespace respand::sockets::test
