// The log: whatever goes wrong, it holds nothing secret, has one line for each event, and does not flood.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/daemon.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kKey = "key-of-gold-7f3a";
constexpr const char* kPayload = "words-of-silver-91c2";

void expect_json_lines(const std::string& log) {
  EXPECT_FALSE(log.empty());
  for (const std::string& line : lines_of(log)) {
    EXPECT_FALSE(member(line, "event").empty() || member(line, "level").empty() || member(line, "time").empty())
        << line;
  }
}

TEST(Logs, HoldNoKeyAndNoPayloadWhateverGoesWrong) {
  sink::Rules rules;
  rules.refuse = "refuse-me";
  SinkServer sink(rules);
  Daemon daemon(sink.url(), "log: {level: debug}\nrecords: {redact_text: [email]}");
  daemon.set_key(kKey);
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const std::string marked = cat(R"("output":")", kPayload, '"');
  daemon.send_acknowledged(cat("{", marked, "}\n{", marked, ",}\n{", marked, "\n[{", marked, "},", kPayload, "]\n!",
                               kPayload, "\n{\"a\":\"refuse-me\",", marked, "}\n", std::string(70, '['), kPayload,
                               "\n"));
  Client http = daemon.connect();
  // A path that is not served is named; what is behind it is not.
  EXPECT_TRUE(http.request("POST", cat("/elsewhere?", kPayload), cat("{", marked, "}")));
  EXPECT_TRUE(http.request("POST", "/api/request-logs/create/", kPayload));
  write_file(daemon.spool_path() + "/bad.json", kPayload);
  write_file(daemon.spool_path() + "/bad.ndjson", cat("{", marked, "}\n", kPayload, "\n"));
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_dead_lettered_total", 1));
  ASSERT_TRUE(eventually([&] { return daemon.metric("respand_records_rejected_total", {{"input", "spool"}}) >= 2; }));
  // The API says the key and the record back.
  rules.key = "another";
  rules.refuse = {};
  sink.set_rules(rules);
  daemon.send_acknowledged(cat("{", marked, "}\n"));
  ASSERT_TRUE(eventually([&] { return daemon.page("/readyz").status() == 503; }));
  daemon.set_more(cat("records: {redact_text: [", kPayload, "]}\napi_key: ", kKey));
  daemon.process().send_signal(SIGHUP);
  ASSERT_TRUE(daemon.process().wait_for_line("was not reloaded"));
  const std::string status = daemon.page("/status").body + daemon.page("/metrics").body;
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  for (const std::string& text : {daemon.process().err(), daemon.process().out(), status}) {
    EXPECT_THAT(text, Not(HasSubstr(kKey)));
  }
  // A word of the configuration is named in its mistake; payloads are nowhere.
  EXPECT_LE(count_of(daemon.process().err(), kPayload), 1U) << daemon.process().err();
  EXPECT_THAT(status, Not(HasSubstr(kPayload)));
}

TEST(Logs, InJsonEachLineIsAnObjectAndAFloodIsHeldBack) {
  SinkServer sink;
  Daemon daemon(sink.url(), "log: {format: json}");
  daemon.launch();
  ASSERT_TRUE(daemon.process().wait_for_line("\"event\":\"ready\""));
  daemon.set_more("jurnal: {}");
  for (int n = 0; n < 200; ++n) {
    Client client = Client::connect_unix(daemon.control_path());
    ASSERT_TRUE(client.request("POST", "/reload"));
  }
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  const std::string log = daemon.process().err();
  const std::size_t said = count_of(log, "was not reloaded");
  EXPECT_GE(said, 20U);
  EXPECT_LT(said, 150U);
  EXPECT_EQ(count_of(log, "control: reload"), 200U) << "what the operator does is said each time";
  EXPECT_THAT(log, HasSubstr("every user of this host can read"));
  expect_json_lines(log);
}

// What is said before there is a log at all: warnings, mistakes of every kind, places, the folder of --state.
TEST(Logs, InJsonSoIsEachLineOfAStartThatFails) {
  const TempDir folder;
  const std::string file = folder / "respand.yaml";
  const auto run = [&](const std::string& more, const std::vector<std::string>& arguments = {}) {
    write_file(file, cat("log: {format: json}\napi: {api_key: k}\n", more));
    std::vector<std::string> all = {"run", "--config", file};
    all.insert(all.end(), arguments.begin(), arguments.end());
    Process process(RESPAND_BINARY, all);
    EXPECT_FALSE(process.wait() == Exit{.status = 0});
    expect_json_lines(process.err());
    return process.err();
  };
  std::string many = "jurnal: {}\n";
  for (int n = 0; n < 40; ++n) {
    many += cat("unknown_", n, ": 1\n");
  }
  const std::string mistakes = run(many);
  EXPECT_THAT(mistakes, HasSubstr(R"("level":"WARNING","event":"configuration","problem":)"));
  EXPECT_THAT(mistakes, HasSubstr("did you mean 'journal'?"));
  EXPECT_EQ(count_of(mistakes, R"("level":"ERROR")"), 41U) << "none is held back";
  EXPECT_THAT(run(cat("records: {prices: ", folder / "none.yaml", "}\n")), HasSubstr("none.yaml"));
  write_file(folder / "plain", "");
  EXPECT_THAT(run("", {"--state", folder / "plain/state"}), HasSubstr("--state: "));
  EXPECT_THAT(run(cat("journal: {directory: ", folder / "plain/journal", "}\nsocket: {path: ", folder / "s",
                      "}\ncontrol: {path: ", folder / "c", "}\n")),
              HasSubstr("respand can't start"));
}

}  // namespace
}  // namespace respand::test
