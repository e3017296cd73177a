// Which batches are marked as awaited, so that the journal syncs them at once (journal.sync_delay).

#include "respand/base/text.h"
#include "tests/sockets/bench.h"

namespace respand::sockets::test {
namespace {

class Awaited : public Bench {
 protected:
  // Whether the one batch in flight is awaited; commits it.
  [[nodiscard]] bool is_awaited() {
    EXPECT_EQ(intake.batches.size(), 1U);
    const bool awaited = !intake.batches.empty() && intake.batches.front()->awaited();
    run_until_quiet();
    return awaited;
  }
};

TEST_F(Awaited, WhoeverHearsOfItWaits) {
  open();
  Peer plain = connect();
  Peer acknowledged = connect();
  Peer http = connect();
  say(acknowledged, "!ack\n");
  say(plain, "{\"a\":1}\n");
  EXPECT_FALSE(is_awaited());
  say(acknowledged, "{\"a\":2}\n");
  EXPECT_TRUE(is_awaited());
  say(plain, "[{\"a\":3},{\"a\":4}]\n");
  EXPECT_FALSE(is_awaited()) << "a batch that was awaited is used again";
  say(http, "POST /api/request-logs/create/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 7\r\n\r\n{\"a\":5}");
  EXPECT_TRUE(is_awaited());
}

TEST_F(Awaited, OneThatWaitsIsEnough) {
  open();
  Peer plain = connect();
  Peer acknowledged = connect();
  say(acknowledged, "!ack\n");
  EXPECT_GT(plain.send_some("{\"a\":1}\n"), 0U);
  EXPECT_GT(acknowledged.send_some("{\"a\":2}\n"), 0U);
  quiet();
  EXPECT_TRUE(is_awaited());
}

// A writer that waits for room waits for the batch as well, even if it asked for no acks.
TEST_F(Awaited, WhoWaitsForRoomWaits) {
  open();
  Peer peer = connect();
  const std::string line = cat("{\"t\":\"", std::string(100'000, 'x'), "\"}\n");
  bool awaited = false;
  for (int sent = 0; sent < 1000 && !awaited; ++sent) {
    static_cast<void>(peer.send_some(line));
    quiet();
    for (const auto& batch : intake.batches) {
      awaited = awaited || batch->awaited();
    }
  }
  EXPECT_TRUE(awaited);
  run_until_quiet();
}

}  // namespace
}  // namespace respand::sockets::test
