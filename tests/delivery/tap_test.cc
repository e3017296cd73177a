// Tap: watchers see what becomes of records, and nobody waits for a slow watcher.

#include "delivery/tap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "respand/base/text.h"

namespace respand::delivery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class TapTest : public testing::Test {
 protected:
  void show(std::string_view record, TapOutcome outcome = TapOutcome::kDelivered, int status = 200,
            std::string body = {}) {
    http::Answer answer;
    answer.status = status;
    answer.body = std::move(body);
    tap.show({outcome, Sequence{7}, 2, answer, record}, parser);
  }
  static std::string taken(Watcher& watcher, std::size_t most = 1 << 30) {
    std::string out;
    watcher.take(out, most);
    return out;
  }

  ManualClock clock;
  Tap tap{clock};
  record::RecordParser parser;
};

TEST_F(TapTest, ALineSaysWhatBecameOfARecord) {
  const auto watcher = tap.watch({}, {});
  EXPECT_TRUE(tap.watched());
  show("{\"model\":\"gpt-4o\",\n\"customer_identifier\":\"a\\u0063me\"}");
  EXPECT_THAT(
      taken(*watcher),
      HasSubstr(R"("outcome":"delivered","code":"200","milliseconds":0,"attempts":2,"sequence":7,"model":"gpt-4o",)"
                R"("customer":"acme","bytes":53,"record":{"model":"gpt-4o", "customer_identifier":"a\u0063me"}})"
                "\n"));
  show("{}", TapOutcome::kRefused, 422, "no \"model\"");
  EXPECT_THAT(taken(*watcher), HasSubstr(R"("outcome":"dead_lettered","code":"422",)"));
  show("{}", TapOutcome::kRetried, 503, "busy");
  EXPECT_THAT(taken(*watcher), HasSubstr(R"("why":"503: busy")"));
  EXPECT_EQ(taken(*watcher), "");
  tap.leave(watcher);
  EXPECT_FALSE(tap.watched());
  show("{}");
  EXPECT_EQ(taken(*watcher), "");
}

TEST_F(TapTest, Filters) {
  const auto model = tap.watch({.model = "a"}, {});
  const auto customer = tap.watch({.customer = "x"}, {});
  const auto refused = tap.watch({.outcome = TapOutcome::kRefused}, {});
  show(R"({"model":"a","n":1})");
  show(R"({"model":"b","customer_identifier":"x","n":2})");
  show(R"({"model":"b","n":3})", TapOutcome::kRefused, 422);
  EXPECT_THAT(taken(*model), HasSubstr("\"n\":1"));
  EXPECT_THAT(taken(*customer), HasSubstr("\"n\":2"));
  EXPECT_THAT(taken(*refused), HasSubstr("\"n\":3"));
  for (const auto& watcher : {model, customer, refused}) {
    EXPECT_EQ(taken(*watcher), "");
  }
}

TEST_F(TapTest, WhoIsSlowMissesRecordsAndIsToldHowMany) {
  int wakes = 0;
  const auto watcher = tap.watch({}, [&] { ++wakes; });
  const std::string record = cat(R"({"a":")", std::string(100'000, 'x'), "\"}");
  for (int i = 0; i < 100; ++i) {
    show(record);
  }
  EXPECT_EQ(wakes, 1);
  std::string first = taken(*watcher, 1);
  EXPECT_THAT(first, StartsWith(R"({"left_out":)"));
  const auto kept = static_cast<std::size_t>(std::count(first.begin(), first.end(), '\n')) - 1;
  EXPECT_EQ(kept, 1U) << "as much as was asked for";
  std::string rest = taken(*watcher);
  EXPECT_LE(rest.size(), Watcher::kMostBytes);
  const auto lines = static_cast<std::uint64_t>(std::count(rest.begin(), rest.end(), '\n')) + kept;
  EXPECT_THAT(first, StartsWith(cat(R"({"left_out":)", 100 - lines, "}\n")));
  show("{}");
  EXPECT_EQ(wakes, 2);
}

TEST_F(TapTest, ARecordThatIsTooLargeIsShownByItsSize) {
  const auto watcher = tap.watch({}, {});
  const auto of_size = [](std::size_t size) { return cat(R"({"a":")", std::string(size - 8, 'x'), "\"}"); };
  show(of_size(Watcher::kMostRecord));
  EXPECT_THAT(taken(*watcher), testing::Not(HasSubstr("null")));
  show(of_size(Watcher::kMostRecord + 1));
  EXPECT_THAT(taken(*watcher), HasSubstr("\"bytes\":1048577,\"record\":null}"));
}

TEST_F(TapTest, WatchersAreFew) {
  std::vector<std::shared_ptr<Watcher>> all;
  for (std::size_t i = 0; i < Tap::kMostWatchers; ++i) {
    all.push_back(tap.watch({}, {}));
    ASSERT_NE(all.back(), nullptr);
  }
  EXPECT_EQ(tap.watch({}, {}), nullptr);
  tap.leave(all.back());
  EXPECT_NE(tap.watch({}, {}), nullptr);
}

TEST_F(TapTest, WorkersShowWhileWatchersComeAndGo) {
  std::atomic<bool> stop = false;
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < 3; ++i) {
      workers.emplace_back([&] {
        record::RecordParser own;
        const http::Answer answer;
        while (!stop) {
          tap.show({TapOutcome::kDelivered, Sequence{1}, 1, answer, "{}"}, own);
        }
      });
    }
    for (int round = 0; round < 200; ++round) {
      std::atomic<int> wakes = 0;
      const auto watcher = tap.watch({}, [&] { ++wakes; });
      while (taken(*watcher).empty()) {
        std::this_thread::yield();
      }
      tap.leave(watcher);  // `wakes` goes away
    }
    stop = true;
  }
}

TEST(RecordsIn, ABatch) {
  EXPECT_THAT(records_in(R"({"logs":[{"a":[1,{"b":"],["}]},{}]})"), ElementsAre(R"({"a":[1,{"b":"],["}]})", "{}"));
  EXPECT_THAT(records_in(""), IsEmpty());
}

TEST(Fates, HaveNames) {
  for (const TapOutcome outcome : {TapOutcome::kDelivered, TapOutcome::kRetried, TapOutcome::kRefused}) {
    EXPECT_EQ(outcome_of(name_of(outcome)), outcome);
  }
  EXPECT_EQ(outcome_of("lost"), std::nullopt);
}

}  // namespace
}  // namespace respand::delivery
