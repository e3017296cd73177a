// The control socket and what speaks over it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/integration/daemon.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Control : public testing::Test {
 protected:
  std::string status(const Daemon& daemon, std::vector<std::string> more = {}, int expected = 0) {
    more.insert(more.begin(), {"status", "--config", daemon.config_path()});
    Process process(RESPAND_BINARY, more);
    const auto exit = process.wait();
    EXPECT_TRUE(exit && exit->status == expected) << process.err();
    return process.out() + process.err();
  }
  static HttpMessage ask(const Daemon& daemon, std::string_view method, std::string_view path,
                         std::string_view body = {}) {
    Client client = Client::connect_unix(daemon.control_path());
    return client.request(method, path, body).value_or(HttpMessage{});
  }
};

TEST_F(Control, StatusSaysWhatIsThere) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(record(1) + "\n{]\n");
  ASSERT_TRUE(sink.wait_for_records(1));
  ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  const std::string text = status(daemon);
  EXPECT_THAT(text, StartsWith("delivering\n"));
  EXPECT_THAT(text, HasSubstr("1 rejected"));
  EXPECT_LE(lines_of(text).size(), 15U);
  EXPECT_EQ(daemon.page("/status").body.substr(0, 10), text.substr(0, 10));
  const std::string json = status(daemon, {"--json"});
  EXPECT_EQ(member(json, "state"), "delivering");
  EXPECT_EQ(member(member(json, "records"), "received"), "2");
  EXPECT_EQ(member(member(json, "records"), "delivered"), "1");
  EXPECT_EQ(member(member(json, "backlog"), "records"), "0");
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  EXPECT_THAT(status(daemon, {}, 75), HasSubstr("is respand running?"));
}

TEST_F(Control, StatusSaysFirstWhatIsWrongAndWhatToDo) {
  sink::Rules rules;
  rules.key = "another-key";
  SinkServer sink(rules);
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(record(1) + "\n");
  ASSERT_TRUE(eventually([&] { return daemon.page("/readyz").status() == 503; }));
  const std::string text = status(daemon);
  EXPECT_THAT(text, StartsWith("paused: the API refuses the key (401 since "));
  EXPECT_THAT(text, HasSubstr("put the right one in "));
  EXPECT_THAT(text, HasSubstr("systemctl reload respand"));
  EXPECT_EQ(member(member(status(daemon, {"--json"}), "delivery"), "mode"), "paused");
  daemon.set_key("another-key");
  EXPECT_EQ(ask(daemon, "POST", "/reload").status(), 200);
  ASSERT_TRUE(sink.wait_for_records(1));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST_F(Control, HealthIsOneLineAndAnExitStatus) {
  const auto health = [](const Daemon& daemon, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"health", "--config", daemon.config_path()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Process process(RESPAND_BINARY, arguments);
    const auto exit = process.wait();
    return cat(exit ? exit->status : -1, " ", process.out(), process.err());
  };
  sink::Rules rules;
  rules.key = "another-key";
  SinkServer sink(rules);
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  EXPECT_EQ(health(daemon), "0 ready\n");
  daemon.send_acknowledged(record(1) + "\n");
  ASSERT_TRUE(eventually([&] { return daemon.page("/readyz").status() == 503; }));
  const std::string wrong = health(daemon);
  EXPECT_THAT(wrong, StartsWith("1 not ready: paused: the API refuses the key (401 since "));
  EXPECT_EQ(lines_of(wrong).size(), 1U) << wrong;
  EXPECT_EQ(health(daemon, {"--intake"}), "0 ready\n") << "records are taken all the same";
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  EXPECT_THAT(health(daemon), StartsWith("75 "));
}

TEST_F(Control, ABadReloadIsAnsweredWithItsMistakes) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.set_more("jurnal: {}");
  const HttpMessage refused = ask(daemon, "POST", "/reload");
  EXPECT_EQ(refused.status(), 422);
  EXPECT_THAT(refused.body, HasSubstr("jurnal"));
  EXPECT_EQ(daemon.metric("respand_config_last_reload_successful"), 0);
  EXPECT_EQ(ask(daemon, "GET", "/reload").status(), 405);
  EXPECT_EQ(ask(daemon, "GET", "/nothing").status(), 404);
  EXPECT_EQ(ask(daemon, "PUT", "/log-level", "loud").status(), 400);
  EXPECT_EQ(ask(daemon, "PUT", "/log-level", "debug").status(), 200);
  ASSERT_TRUE(daemon.process().wait_for_line("control: log level"));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// What systemctl reload runs.
TEST_F(Control, ReloadSaysWhetherItWorkedAndElseEveryMistakeWithItsPlace) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const auto reload = [&](const std::vector<std::string>& how) {
    std::vector<std::string> arguments{"reload"};
    arguments.insert(arguments.end(), how.begin(), how.end());
    Process process(RESPAND_BINARY, arguments);
    const auto exit = process.wait();
    return std::pair(exit ? exit->status : -1, process.out() + process.err());
  };
  const std::vector<std::string> by_file = {"--config", daemon.config_path()};
  EXPECT_EQ(daemon.metric("respand_config_last_reload_successful"), 1) << "from the start on";
  const double started = daemon.metric("respand_config_last_reload_success_timestamp_seconds");
  EXPECT_GT(started, 1.7e9);
  EXPECT_EQ(reload(by_file), std::pair(0, std::string("reloaded\n")));
  const double reloaded = daemon.metric("respand_config_last_reload_success_timestamp_seconds");
  EXPECT_GT(reloaded, started);

  daemon.set_more("jurnal: {}\ndelivery: {workers: none}");
  for (const auto& how : {by_file, {"--control", daemon.control_path()}}) {
    const auto [status, said] = reload(how);
    EXPECT_EQ(status, 1);
    EXPECT_THAT(said, HasSubstr(daemon.config_path() + ":9:1: unknown key 'jurnal'"));
    EXPECT_THAT(said, HasSubstr(daemon.config_path() + ":10:"));
  }
  EXPECT_EQ(daemon.metric("respand_config_last_reload_successful"), 0);
  EXPECT_EQ(daemon.metric("respand_config_last_reload_success_timestamp_seconds"), reloaded);
  daemon.set_more({});
  EXPECT_EQ(reload(by_file).first, 0);
  EXPECT_EQ(daemon.metric("respand_config_last_reload_successful"), 1);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());

  EXPECT_EQ(reload(by_file).first, 75);
  daemon.set_more("jurnal: {}");
  const auto [status, said] = reload(by_file);
  EXPECT_EQ(status, 75) << said;
  EXPECT_THAT(said, HasSubstr("is respand running?"));
}

TEST_F(Control, TheSocketIsTheOwnersAloneAndGoesWithTheDaemon) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  struct stat info {};
  ASSERT_EQ(::stat(daemon.control_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  EXPECT_NE(::stat(daemon.control_path().c_str(), &info), 0);
}

TEST_F(Control, WithoutItRecordsAreShippedAllTheSame) {
  SinkServer sink;
  Daemon daemon(sink.url());
  write_file(daemon.control_path(), "not a socket");
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  EXPECT_TRUE(daemon.process().wait_for_line("no control socket"));
  daemon.send_acknowledged(record(1) + "\n");
  EXPECT_TRUE(sink.wait_for_records(1));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
