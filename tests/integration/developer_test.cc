// For developers and support: `respand dev`, `respand test`, `respand flare`, `respand completion`.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/integration/daemon.h"

namespace respand::test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Dev, RunsInOneFolderShowsRecordsAndEndsClean) {
  const TempDir folder;
  const std::string state = folder / "dev";
  Process dev(RESPAND_BINARY, {"dev", state, "--http", "127.0.0.1:0", "--metrics", "127.0.0.1:0"});
  ASSERT_TRUE(dev.wait_for_line("ready; records go to the stand-in")) << dev.err();
  write_file(folder / "r.ndjson", record(1) + "\n");
  const RunResult sent = run_respand({"send", "-s", state + "/respand.sock", "--control", state + "/control.sock",
                                      "--wait", "delivered", folder / "r.ndjson"});
  EXPECT_EQ(sent.status, 0) << sent.err;
  EXPECT_THAT(sent.out, HasSubstr(": delivered: 200 "));
  EXPECT_TRUE(dev.wait_for_line("200")) << dev.out();
  dev.send_signal(SIGINT);
  dev.send_signal(SIGINT);  // as some do: it is one
  EXPECT_TRUE(dev.wait() == Exit{.status = 0}) << dev.err();
  EXPECT_THAT(dev.out(), HasSubstr("ended; the stand-in took: 1 records"));
  EXPECT_THAT(read_file(state + "/respand.log"), HasSubstr(" stopped "));
  EXPECT_FALSE(std::filesystem::exists(state + "/respand.sock")) << "nothing listens any more";
}

TEST(Dev, EndsWithItsDaemonAndSaysWhy) {
  const TempDir folder;
  std::filesystem::create_directory(folder / "dev");
  write_file(folder / "dev/respand.yaml", "jornal: {}\n");
  const RunResult said = run_respand({"dev", folder / "dev", "--http", "127.0.0.1:0", "--metrics", "127.0.0.1:0"});
  EXPECT_EQ(said.status, 78);
  EXPECT_THAT(said.err, HasSubstr("did you mean 'journal'?"));
}

constexpr const char* kConfiguration =
    "records:\n  redact: [/metadata/token]\n  redact_text: [email]\n  defaults: {environment: test}\n"
    "  add: [timestamp, custom_identifier, generation_time, cost]\n  prices: PRICES\n";

std::string with_prices(const TempDir& folder) {
  write_file(folder / "prices.yaml", "models:\n  m: {prompt: 1000, completion: 2000}\n");
  std::string text = kConfiguration;
  text.replace(text.find("PRICES"), 6, folder / "prices.yaml");
  write_file(folder / "respand.yaml", text);
  return folder / "tests.yaml";
}

TEST(ConfigurationTests, PassWhereTheRecordGoesOutAsExpected) {
  const TempDir folder;
  const std::string file = with_prices(folder);
  write_file(file,
             "configuration: respand.yaml\n"
             "tests:\n"
             "  - name: masked and filled in\n"
             "    in: {model: m, prompt_tokens: 100, completion_tokens: 50, start_time: \"2026-01-01T00:00:00Z\",\n"
             "         end_time: \"2026-01-01T00:00:02Z\", metadata: {token: s3cret, team: x},\n"
             "         prompt_messages: [{role: user, content: I am a@example.org}]}\n"
             "    out: {model: m, environment: test, metadata: {team: x}}\n"
             "    masked: [/metadata/token, /prompt_messages/0/content]\n"
             "    absent: [/customer_identifier]\n"
             "    cost: 0.2\n"
             "    generation_time: 2\n"
             "    sampled: true\n"
             "  - in: '{\"model\":\"unknown\",\"n\":0.10}'\n"
             "    out: {n: 0.10}\n"
             "    cost: none\n"
             "  - in: '{\"model\":'\n"
             "    refused: not valid JSON\n");
  const RunResult said = run_respand({"test", file});
  EXPECT_EQ(said.status, 0) << said.out << said.err;
  EXPECT_THAT(said.out, HasSubstr("ok     masked and filled in\n"));
  EXPECT_THAT(said.out, HasSubstr("3 passed, 0 failed\n"));
}

TEST(ConfigurationTests, FailWithWhatIsPostedInstead) {
  const TempDir folder;
  const std::string file = with_prices(folder);
  write_file(file,
             "configuration: respand.yaml\n"
             "tests:\n"
             "  - name: wrong\n"
             "    in: {model: m, prompt_tokens: 100, completion_tokens: 0, metadata: {team: x}}\n"
             "    out: {environment: prod}\n"
             "    masked: [/metadata/team]\n"
             "    absent: [/environment]\n"
             "    cost: 7\n"
             "    sampled: false\n"
             "  - {name: taken, in: {model: m}, refused: whatever}\n"
             "  - {name: refused, in: 'x'}\n");
  const RunResult said = run_respand({"test", file});
  EXPECT_EQ(said.status, 1) << said.err;
  for (const char* const text :
       {"FAILED wrong", "/environment: 'test' is posted, not 'prod'",
        "/metadata/team: is posted as it came, not masked", "/environment: 'test' is posted, and should not be there",
        "cost: '0.1' is posted, not 7", "it is delivered, not left out by records.sample",
        "the record is taken, not refused", "the record is refused: not valid JSON", "0 passed, 3 failed"}) {
    EXPECT_THAT(said.out, HasSubstr(text));
  }
}

TEST(ConfigurationTests, KnowTheKeyThatARecordGoesOutUnder) {
  const TempDir folder;
  write_file(folder / "respand.yaml",
             "api: {keys: {prod: {api_key_file: /nowhere/prod}, test: {api_key_file: /nowhere/test},\n"
             "             batch: {api_key_file: /nowhere/batch}}}\n"
             "spool: {key: batch}\n"
             "records: {route: [{match: {environment: prod}, key: prod}, {uid: 1000, key: test}]}\n");
  const auto file = [&](const std::string& tests) {
    write_file(folder / "t.yaml", cat("configuration: respand.yaml\ntests:\n", tests));
    return run_respand({"test", folder / "t.yaml"});
  };
  const RunResult good = file(
      "  - {in: {environment: prod}, key: prod}\n"
      "  - {in: {environment: prod}, uid: 1000, through: spool, key: prod}\n"
      "  - {in: {environment: other}, uid: 1000, key: test}\n"
      "  - {in: {environment: other}, uid: 1001, key: none}\n"
      "  - {in: {model: m}, through: spool, key: batch}\n"
      "  - {in: {model: m}, through: http, key: none}\n");
  EXPECT_EQ(good.status, 0) << good.out << good.err;
  EXPECT_THAT(good.out, HasSubstr("6 passed, 0 failed"));
  const RunResult wrong = file("  - {in: {environment: prod}, key: test}\n  - {in: {model: m}, key: prod}\n");
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(wrong.out, HasSubstr("it goes out under prod, not test"));
  EXPECT_THAT(wrong.out, HasSubstr("it goes out under the configuration's key, not prod"));
  const RunResult mistaken = file("  - {in: {a: 1}, through: door}\n  - {in: {a: 1}, uid: root}\n");
  EXPECT_EQ(mistaken.status, 78);
  EXPECT_THAT(mistaken.err, HasSubstr("t.yaml:3:27: through: expected socket, spool or http"));
  EXPECT_THAT(mistaken.err, HasSubstr("uid: expected the number of a user"));
}

TEST(ConfigurationTests, MistakesInTheFileAreNamed) {
  const TempDir folder;
  write_file(folder / "t.yaml", "tests:\n  - {nam: x, in: {model: m}}\n  - {sampled: perhaps, in: {a: 1}}\n");
  write_file(folder / "respand.yaml", "records: {redact: [token]}\n");
  const RunResult said = run_respand({"test", folder / "t.yaml"});
  EXPECT_EQ(said.status, 78);
  EXPECT_THAT(said.err, HasSubstr("t.yaml:2:6: unknown 'nam'"));
  EXPECT_THAT(said.err, HasSubstr("t.yaml:3:15: sampled: expected true or false"));
  write_file(folder / "t.yaml", "tests:\n  - {in: {model: m}}\n");
  const RunResult config = run_respand({"test", "--config", folder / "respand.yaml", folder / "t.yaml"});
  EXPECT_EQ(config.status, 78);
  EXPECT_THAT(config.err, HasSubstr("respand.yaml:1:"));
}

// Secrets are planted where they could get in: the key, a password, records, an answer that quotes one, the log.
TEST(Flare, HoldsWhatSupportNeedsAndNoSecret) {
  sink::Rules rules;
  rules.refuse = "planted-prompt";
  SinkServer sink(rules);
  Daemon daemon(sink.url(), "records: {defaults: {environment: flare-test}}\nlog: {level: debug}");
  daemon.set_key("planted-key");
  ::chmod((daemon.folder() / "key").c_str(), 0600);
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  std::string secret = record(1);
  secret.replace(secret.find("Hello "), 6, "planted-prompt planted@example.org ");
  ASSERT_FALSE(daemon.send_acknowledged(secret + "\nplanted-broken-record\n" + record(2) + "\n").empty());
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_dead_lettered_total", 1, {{"reason", "422"}}));
  write_file(
      daemon.folder() / "log",
      daemon.process().err() + "2026 WARNING why=\"422: {\\\"input\\\":\\\"planted-json\\\"}\"\n" +
          "2026 INFO proxy=http://planted-user:planted-password@proxy:1 key=planted-key mail=planted@example.org\n" +
          "2026 INFO the-last-line\n");
  const std::string archive = daemon.folder() / "f.tar.gz";
  const RunResult said =
      run_respand({"flare", "--config", daemon.config_path(), "--log", daemon.folder() / "log", "-o", archive});
  ASSERT_EQ(said.status, 0) << said.err;
  struct ::stat info {};
  ASSERT_EQ(::stat(archive.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  const RunResult list = run_to_end("/bin/tar", {"tzf", archive});
  const RunResult all = run_to_end("/bin/tar", {"xzOf", archive});
  EXPECT_EQ(all.status, 0) << all.err;
  for (const char* const part : {"version.txt", "configuration.yaml", "status.txt", "metrics.txt", "doctor.txt",
                                 "log.txt", "host.txt", "ready.txt"}) {
    EXPECT_THAT(list.out, HasSubstr(part));
  }
  for (const char* const told : {"flare-test", "respand_records_received_total", "the-last-line", "commit ",
                                 "ok    configuration", "********"}) {
    EXPECT_THAT(all.out, HasSubstr(told));
  }
  EXPECT_THAT(all.out, Not(HasSubstr("planted")));
  EXPECT_EQ(run_respand({"flare", "--config", daemon.config_path(), "-o", archive}).status, 1)
      << "nothing is overwritten";
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

std::vector<std::string> completed(const std::string& script, const std::vector<std::string>& words) {
  std::string line = "source " + script + "; COMP_WORDS=(respand";
  for (const std::string& word : words) {
    line += " '" + word + "'";
  }
  line += cat("); COMP_CWORD=", words.size(), "; _respand; printf '%s\\n' \"${COMPREPLY[@]}\"");
  return lines_of(run_to_end("/bin/bash", {"-c", line}).out);
}

TEST(Completion, BashCompletesCommandsOptionsAndValues) {
  const TempDir folder;
  const std::string script = folder / "respand.bash";
  write_file(script, run_respand({"completion", "bash"}).out);
  using testing::Contains;
  using testing::ElementsAre;
  using testing::IsSupersetOf;
  EXPECT_THAT(completed(script, {"st"}), ElementsAre("status"));
  EXPECT_THAT(completed(script, {"status", "--j"}), ElementsAre("--json"));
  EXPECT_THAT(completed(script, {"dead-letters", ""}), IsSupersetOf({"list", "replay", "purge"}));
  EXPECT_THAT(completed(script, {"dead-letters", "replay", "--"}), IsSupersetOf({"--id", "--reason", "--all"}));
  EXPECT_THAT(completed(script, {"tap", "--outcome", ""}), ElementsAre("delivered", "retried", "dead_lettered"));
  EXPECT_THAT(completed(script, {"send", "--wait", "de"}), ElementsAre("delivered"));
  EXPECT_THAT(completed(script, {"sink", "--batch", ""}), ElementsAre("results", "counts", "whole", "none"));
  EXPECT_THAT(completed(script, {"costs", "--by", "cu"}), ElementsAre("customer"));
  EXPECT_THAT(completed(script, {"completion", "f"}), ElementsAre("fish"));
  write_file(folder / "records.ndjson", "");
  EXPECT_THAT(completed(script, {"send", folder / "rec"}), ElementsAre(folder / "records.ndjson"));
  EXPECT_THAT(completed(script, {"run", "--config", folder / "rec"}), ElementsAre(folder / "records.ndjson"));
}

// Each option that --help names is completed, of every command.
TEST(Completion, LeavesNoOptionOut) {
  const TempDir folder;
  const std::string script = folder / "respand.bash";
  write_file(script, run_respand({"completion", "bash"}).out);
  for (const std::string& command : completed(script, {""})) {
    if (command.starts_with('-')) {
      continue;
    }
    const auto options = completed(script, {command, "--"});
    for (const std::string& line : lines_of(run_respand({command, "--help"}).out)) {
      const std::size_t at = line.starts_with("  -") ? line.find("--") : std::string::npos;
      if (at != std::string::npos) {
        const std::string name = line.substr(at, line.find_first_of(" =,[", at) - at);
        EXPECT_THAT(options, testing::Contains(name)) << command;
      }
    }
  }
}

TEST(Completion, ShellsTakeTheirs) {
  const TempDir folder;
  for (const auto& [shell, path] :
       {std::pair("bash", "/bin/bash"), {"zsh", "/usr/bin/zsh"}, {"fish", "/usr/bin/fish"}}) {
    const std::string script = folder / shell;
    const RunResult made = run_respand({"completion", shell});
    EXPECT_EQ(made.status, 0);
    EXPECT_THAT(made.out, HasSubstr("dead_lettered"));
    write_file(script, made.out);
    if (::access(path, X_OK) == 0) {
      const RunResult read = run_to_end(path, {"-n", script});
      EXPECT_EQ(read.status, 0) << shell << ": " << read.err;
    }
  }
  if (::access("/usr/bin/fish", X_OK) == 0) {
    const RunResult said = run_to_end(
        "/usr/bin/fish", {"-N", "-c", "source " + (folder / "fish") + "; complete -C 'respand tap --outcome r'"});
    EXPECT_THAT(said.out, HasSubstr("retried")) << said.err;
  }
  EXPECT_EQ(run_respand({"completion", "tcsh"}).status, 64);
}

}  // namespace
}  // namespace respand::test
