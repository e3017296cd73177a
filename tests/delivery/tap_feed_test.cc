// What a worker shows of its records to whoever watches.

#include "delivery/tap_feed.h"

#include <gtest/gtest.h>

#include "parts.h"

namespace respand::delivery {
namespace {

class TapFeedTest : public ::testing::Test {
 protected:
  // The lines that wait for the watcher.
  [[nodiscard]] std::string shown() {
    std::string out;
    watcher_->take(out, 1 << 20);
    return out;
  }
  Parts parts_{{}, std::nullopt, true};
  Tap tap_{parts_.clock};
  std::shared_ptr<Watcher> watcher_ = tap_.watch({}, {});
  TapFeed feed_{&tap_, parts_.lanes};
};

TEST_F(TapFeedTest, IsWatchedWhileSomebodyIsThere) {
  EXPECT_TRUE(feed_.watched());
  tap_.leave(watcher_);
  EXPECT_FALSE(feed_.watched());
  EXPECT_FALSE(TapFeed(nullptr, parts_.lanes).watched()) << "nobody can";
}

TEST_F(TapFeedTest, ShowsARecordWithItsAttemptsAndAnswer) {
  Record record = parts_.record(7);
  record.attempts = 3;
  feed_.show(record, TapOutcome::kRefused, status(422, "no"), R"({"model":"m"})");
  const std::string line = shown();
  EXPECT_NE(line.find(R"("outcome":"dead_lettered","code":"422")"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("attempts":3,"sequence":7,"model":"m")"), std::string::npos) << line;
  EXPECT_EQ(line.find(R"("key":)"), std::string::npos) << "the configuration's";
}

TEST_F(TapFeedTest, OfAnotherRouteItSaysWhich) {
  Record record = parts_.record(7);
  record.ref.route = ApiRoute::kSpans;
  record.ref.way = journal::way_of(ApiRoute::kSpans);
  feed_.show(record, TapOutcome::kDelivered, status(200), "{}");
  const std::string line = shown();
  EXPECT_NE(line.find(std::string(path_of(ApiRoute::kSpans))), std::string::npos) << line;
}

TEST_F(TapFeedTest, OfABatchEachRecordHasItsOwnBody) {
  const RecordBatch batch{parts_.record(1), parts_.record(2)};
  http::Answer answer = status(503);
  answer.payload = R"({"logs":[{"n":1},{"n":2}]})";
  feed_.show_retried(batch, answer);
  const std::string lines = shown();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2);
  const std::size_t second = lines.find(R"("sequence":2)");
  ASSERT_NE(second, std::string::npos) << lines;
  EXPECT_LT(lines.find(R"("record":{"n":1})"), second);
  EXPECT_NE(lines.find(R"("record":{"n":2})", second), std::string::npos) << lines;
  EXPECT_NE(lines.find(R"("outcome":"retried")"), std::string::npos);
}

TEST_F(TapFeedTest, ABodyThatHoldsFewerRecordsShowsThese) {
  const RecordBatch batch{parts_.record(1), parts_.record(2)};
  http::Answer answer = status(503);
  answer.payload = R"({"logs":[{"n":1})";
  feed_.show_retried(batch, answer);
  const std::string lines = shown();
  EXPECT_EQ(lines.find(R"("sequence":2)"), std::string::npos) << lines;
}

}  // namespace
}  // namespace respand::delivery
