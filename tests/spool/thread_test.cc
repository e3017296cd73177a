// The spool on its own thread, with the machine's clock and a journal on another one.

#include <thread>

#include "tests/spool/support.h"

namespace respand::spool {
namespace {

class SpoolThreadTest : public SpoolTest {
 protected:
  void launch() {
    spool_ = std::make_unique<Spool>(settings_, directories_, journal_, journal_, journal_, registry_, system_clock());
    const Status started = spool_->start();
    ASSERT_TRUE(started) << started.error().message;
  }
  // Commits until `records` are durable and their files removed.
  void commit_until(std::size_t records) {
    std::jthread journal([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        if (!journal_.commit_one()) {
          std::this_thread::yield();
        }
      }
    });
    journal_.await_release(records);
  }
};

TEST_F(SpoolThreadTest, TakesFilesAsTheyAppear) {
  launch();
  for (int i = 0; i < 20; ++i) {
    directory_.write(cat(".", i), numbered_lines(0, 100));
    std::filesystem::rename(directory_ / cat(".", i), directory_ / cat(i, ".ndjson"));
  }
  commit_until(2000);
  EXPECT_TRUE(directory_.files().empty());
  spool_->stop();
  EXPECT_EQ(journal_.payloads().size(), 2000U);
}

TEST_F(SpoolThreadTest, StopsAmidAHugeFileAndGoesOnLater) {
  std::string text;
  const std::string padding(5000, 's');
  constexpr std::uint64_t kRecords = 10'000;
  for (std::uint64_t i = 0; i < kRecords; ++i) {
    text += cat("{\"i\":", i, ",\"s\":\"", padding, "\"}\n");
  }
  directory_.write(".a", text);
  std::filesystem::rename(directory_ / ".a", directory_ / "a.ndjson");
  settings_.quiet_period = std::chrono::milliseconds{1};
  launch();
  journal_.await_offer();
  spool_->stop();  // Returns although the journal commits nothing.
  EXPECT_TRUE(directory_.has("a.ndjson"));
  crash(3);
  launch();
  commit_until(kRecords);
  spool_->stop();
  EXPECT_FALSE(directory_.has("a.ndjson"));
  const auto counts = tally(journal_);
  EXPECT_EQ(counts.size(), kRecords);
  EXPECT_EQ(journal_.payloads().size(), kRecords);
}

TEST_F(SpoolThreadTest, StartsAndStopsIdle) {
  for (int i = 0; i < 20; ++i) {
    launch();
    spool_->stop();
    spool_->stop();
    spool_.reset();
  }
}

}  // namespace
}  // namespace respand::spool
