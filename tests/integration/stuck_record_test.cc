// One record that the API never takes, among healthy traffic: it is listed, and given up by hand or by the
// configuration.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/integration/daemon.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

using testing::HasSubstr;

class StuckRecord : public testing::Test {
 protected:
  StuckRecord() : sink_(refusing()), daemon_(sink_.url()) {}

  static sink::Rules refusing() {
    sink::Rules rules;
    rules.refuse = "poison";
    return rules;
  }
  // Starts with a retry section that takes the sink's refusal for the moment's fault, and sends the record.
  void start(const std::string& retry) {
    daemon_.set_more(cat("delivery: {retry: {initial: 5ms, max: 20ms, statuses: {transient: [422]}", retry, "}}"));
    ASSERT_NO_FATAL_FAILURE(daemon_.start());
    daemon_.send_acknowledged("{\"custom_identifier\":\"poison\"}\n");
  }
  bool stuck_beside_traffic() {
    return eventually([&] {
      daemon_.send_acknowledged(record(++sent_) + "\n");
      return daemon_.metric("respand_records_stuck") == 1;
    });
  }
  // Runs a command; what it printed.
  std::string run(std::vector<std::string> words, int status = 0) const {
    words.insert(words.end(), {"--config", daemon_.config_path()});
    Process process(RESPAND_BINARY, words);
    const auto exit = process.wait();
    EXPECT_TRUE(exit && exit->status == status) << process.out() << process.err();
    return process.out() + process.err();
  }

  SinkServer sink_;
  Daemon daemon_;
  std::uint64_t sent_ = 0;
};

TEST_F(StuckRecord, IsNamedAndGivenUpByHand) {
  ASSERT_NO_FATAL_FAILURE(start(""));
  ASSERT_TRUE(stuck_beside_traffic());
  const std::string json = run({"status", "--json"});
  const std::string longest = member(member(member(json, "delivery"), "stuck"), "longest");
  const std::string number = member(longest.substr(1, longest.size() - 2), "sequence");
  EXPECT_THAT(run({"status"}),
              testing::ContainsRegex("1 record has failed [0-9]+ times since [0-9: -]+ .422., others are "
                                     "delivered: respand dead-letters add --sequence " +
                                     number));
  const HttpMessage ready = daemon_.page("/readyz");
  EXPECT_EQ(ready.status(), 200);
  EXPECT_THAT(ready.body, HasSubstr("respand dead-letters add --sequence " + number));
  EXPECT_THAT(run({"dead-letters", "add", "--sequence", "4711"}, 1), HasSubstr("record 4711 is not among those"));
  // It may be in flight at this moment: then its answer puts it aside.
  EXPECT_THAT(run({"dead-letters", "add", "--sequence", number}), HasSubstr("record " + number));
  ASSERT_TRUE(daemon_.wait_for_metric("respand_records_dead_lettered_total", 1, {{"reason", "by_hand"}}));
  EXPECT_THAT(run({"dead-letters", "show", number}), HasSubstr("reason   by_hand"));
  EXPECT_TRUE(daemon_.wait_for_metric("respand_records_stuck", 0));
  ASSERT_TRUE(daemon_.wait_for_metric("respand_backlog_records", 0));
  daemon_.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
  EXPECT_THAT(run({"dead-letters", "add", "--sequence", number}, 75), HasSubstr("is respand running?"));
  EXPECT_THAT(run({"dead-letters", "add"}, 64), HasSubstr("--sequence"));
}

TEST_F(StuckRecord, IsGivenUpAfterMaxAttempts) {
  ASSERT_NO_FATAL_FAILURE(start(", max_attempts: 3"));
  ASSERT_TRUE(daemon_.wait_for_metric("respand_records_dead_lettered_total", 1, {{"reason", "exhausted"}}));
  EXPECT_THAT(run({"dead-letters", "list"}), HasSubstr("1 x exhausted"));
  ASSERT_TRUE(daemon_.wait_for_metric("respand_backlog_records", 0));
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

}  // namespace
}  // namespace respand::test
