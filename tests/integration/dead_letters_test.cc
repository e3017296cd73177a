// The `dead-letters` commands beside a running daemon, and without one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "respand/base/random.h"
#include "tests/integration/daemon.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

using testing::HasSubstr;

constexpr int kLetters = 5;

class DeadLettersCommand : public testing::Test {
 protected:
  DeadLettersCommand() : sink_(refusing()), daemon_(sink_.url()) {}

  static sink::Rules refusing() {
    sink::Rules rules;
    rules.fail = {{sink::Fault::kNone, 422, 1}};
    return rules;
  }
  // Runs `respand dead-letters WORDS… --config …`; what it printed.
  std::string run(std::vector<std::string> words, int status = 0) {
    words.insert(words.begin(), "dead-letters");
    words.insert(words.end(), {"--config", daemon_.config_path()});
    Process process(RESPAND_BINARY, words);
    const auto exit = process.wait();
    EXPECT_TRUE(exit && exit->status == status) << process.out() << process.err();
    return process.out() + process.err();
  }
  void make_letters() {
    ASSERT_NO_FATAL_FAILURE(daemon_.start());
    std::string lines;
    for (int n = 0; n < kLetters; ++n) {
      lines += record(static_cast<std::uint64_t>(n)) + "\n";
    }
    daemon_.send_acknowledged(lines);
    ASSERT_TRUE(daemon_.wait_for_metric("respand_records_dead_lettered_total", kLetters));
    sink_.set_rules({});
  }
  // Every record has arrived, none twice.
  void expect_each_once() {
    ASSERT_TRUE(daemon_.wait_for_metric("respand_backlog_records", 0));
    ASSERT_NO_FATAL_FAILURE(daemon_.stop());
    std::map<std::string, int> times;
    for (const std::string& body : sink_.bodies()) {
      ++times[member(body, "custom_identifier")];
    }
    EXPECT_EQ(times.size(), static_cast<std::size_t>(kLetters));
    for (const auto& [identifier, count] : times) {
      EXPECT_EQ(count, 1) << identifier;
    }
  }

  SinkServer sink_;
  Daemon daemon_;
};

TEST_F(DeadLettersCommand, ListShowExport) {
  ASSERT_NO_FATAL_FAILURE(make_letters());
  const std::string listed = run({"list"});
  EXPECT_THAT(listed, HasSubstr("5 dead letters"));
  EXPECT_THAT(listed, HasSubstr(": 5 x 422"));
  EXPECT_EQ(lines_of(run({"list", "--json", "--id", "2", "--id", "3"})).size(), 2U);
  EXPECT_THAT(run({"list", "--reason", "400"}), HasSubstr("0 dead letters"));
  const std::string shown = run({"show", "1"});
  EXPECT_THAT(shown, HasSubstr("Validation"));
  EXPECT_THAT(shown, HasSubstr("record-"));
  EXPECT_THAT(run({"show", "77"}, 1), HasSubstr("no letter 77"));
  const std::string file = daemon_.folder() / "out.ndjson";
  EXPECT_THAT(run({"export", "--output", file}), HasSubstr("5 dead letters exported"));
  const auto exported = lines_of(read_file(file));
  ASSERT_EQ(exported.size(), 5U);
  // In the order in which the API refused them, which is anybody's.
  const auto first = std::find_if(exported.begin(), exported.end(), [](const std::string& line) {
    return member(line, "custom_identifier") == "record-0";
  });
  ASSERT_NE(first, exported.end());
  EXPECT_TRUE(same_but_for(record(0), *first, {"timestamp"}));
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

TEST_F(DeadLettersCommand, WhatTakesLettersAwayWantsToKnowWhich) {
  ASSERT_NO_FATAL_FAILURE(make_letters());
  run({"purge"}, 64);
  run({"replay"}, 64);
  run({"purge", "--older-than", "sometime"}, 64);
  EXPECT_THAT(run({"purge", "--older-than", "1d"}), HasSubstr("0 dead letters purged"));
  EXPECT_THAT(run({"purge", "--id", "1"}), HasSubstr("1 dead letter purged"));
  EXPECT_THAT(run({"purge", "--reason", "422"}), HasSubstr("4 dead letters purged"));
  EXPECT_THAT(run({"list"}), HasSubstr("0 dead letters"));
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

TEST_F(DeadLettersCommand, ReplayGoesThroughTheJournalOnceEach) {
  ASSERT_NO_FATAL_FAILURE(make_letters());
  EXPECT_THAT(run({"replay", "--id", "1"}), HasSubstr("1 dead letter handed to the spool"));
  ASSERT_TRUE(sink_.wait_for_records(1));
  EXPECT_THAT(run({"replay", "--all"}), HasSubstr("4 dead letters"));
  ASSERT_TRUE(sink_.wait_for_records(kLetters));
  EXPECT_THAT(run({"list"}), HasSubstr("0 dead letters"));
  daemon_.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(expect_each_once());
}

TEST_F(DeadLettersCommand, AReplayWithoutADaemonWaitsForOneAndSurvivesItsKills) {
  ASSERT_NO_FATAL_FAILURE(make_letters());
  daemon_.kill();
  EXPECT_THAT(run({"replay", "--all"}), HasSubstr("5 dead letters"));
  sink::Rules hanging;
  hanging.fail = {{sink::Fault::kHang, 0, 1}};
  sink_.set_rules(hanging);
  for (int kill = 0; kill < 3; ++kill) {
    ASSERT_NO_FATAL_FAILURE(daemon_.start());
    ASSERT_TRUE(daemon_.wait_for_metric("respand_backlog_records", kLetters));
    daemon_.kill();
  }
  sink_.set_rules({});
  ASSERT_NO_FATAL_FAILURE(daemon_.start());
  ASSERT_TRUE(sink_.wait_for_records(kLetters));
  ASSERT_NO_FATAL_FAILURE(expect_each_once());
}

TEST_F(DeadLettersCommand, NoLettersAndNoSpoolAreSaid) {
  EXPECT_THAT(run({"list"}, 1), HasSubstr("is dead_letters.directory of --config meant"));
  EXPECT_THAT(run({"purge", "--all"}, 1), HasSubstr("is dead_letters.directory of --config meant"));
  ASSERT_NO_FATAL_FAILURE(daemon_.start());
  EXPECT_THAT(run({"list"}), HasSubstr("0 dead letters"));
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
  EXPECT_THAT(run({"purge", "--all"}), HasSubstr("0 dead letters"));
  ASSERT_NO_FATAL_FAILURE(make_letters());
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
  std::filesystem::remove_all(daemon_.spool_path());
  EXPECT_THAT(run({"replay", "--all"}, 1), HasSubstr("spool.directory"));
  EXPECT_THAT(run({"list"}), HasSubstr("5 dead letters"));
}

TEST(DeadLettersOverControl, AreListedAndReplayedWhileItRuns) {
  sink::Rules rules;
  rules.refuse = "bad";
  SinkServer sink(rules);
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const auto ask = [&](std::string_view method, std::string_view path) {
    Client client = Client::connect_unix(daemon.control_path());
    return client.request(method, path).value_or(HttpMessage{});
  };
  EXPECT_EQ(ask("GET", "/dead-letters").body, "{\"letters\":0,\"reasons\":{},\"latest\":[]}\n");
  daemon.send_acknowledged("{\"a\":\"bad\",\"n\":1}\n{\"a\":\"bad\",\"n\":2}\n");
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_dead_lettered_total", 2));
  const std::string listed = ask("GET", "/dead-letters").body;
  EXPECT_NE(listed.find("{\"letters\":2,\"reasons\":{\"422\":2},\"latest\":[{"), std::string::npos) << listed;
  EXPECT_EQ(listed.find("\"n\":1"), std::string::npos) << "no payload in a list";
  EXPECT_EQ(ask("POST", "/dead-letters/replay").status(), 400U);
  rules.refuse = {};
  sink.set_rules(rules);
  EXPECT_EQ(ask("POST", "/dead-letters/replay?reason=422").body, "{\"replayed\":2}\n");
  EXPECT_TRUE(sink.wait_for_records(2));
  EXPECT_TRUE(daemon.process().wait_for_line("control: replay of dead letters"));
  EXPECT_EQ(ask("POST", "/dead-letters/replay?all=true").body, "{\"replayed\":0}\n");
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
