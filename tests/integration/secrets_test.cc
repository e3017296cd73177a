// What the program gives away and what it needs to know: exported records, foreign text on a terminal, and commands of
// users that can read neither the key nor the daemon's environment.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/integration/daemon.h"
#include "tests/support/pty.h"

namespace respand::test {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Ran {
  int status = -1;
  std::string text;
};

Ran run(const std::vector<std::string>& words) {
  Process process(RESPAND_BINARY, words);
  const auto exit = process.wait();
  return {exit ? exit->status : -1, process.out() + process.err()};
}

// Folders and a dead letter, without a daemon.
class Secrets : public testing::Test {
 protected:
  Secrets() {
    for (const char* name : {"dead", "spool", "journal", "costs"}) {
      std::filesystem::create_directory(folder_ / name);
    }
    write_file(
        folder_ / "dead/2026-11-20.ndjson",
        "{\"time\":\"2026-11-20T10:00:00.000000Z\",\"sequence\":7,\"reason\":\"422\",\"status\":422,\"answer\":\"no\","
        "\"attempts\":1,\"record\":{\"a\":\"\xc2\x9b"
        "31m\xe2\x80\xae\"}}\n");
    write_config("");
  }
  void write_config(const std::string& api) {
    write_file(config(),
               cat("api: {api_key: k", api, "}\ndead_letters: {directory: ", folder_ / "dead",
                   "}\nspool: {directory: ", folder_ / "spool", "}\njournal: {directory: ", folder_ / "journal",
                   "}\ncosts: {directory: ", folder_ / "costs", "}\nsocket: {path: ", folder_ / "s.sock",
                   "}\ncontrol: {path: ", folder_ / "c.sock", "}\n"));
  }
  [[nodiscard]] std::string config() const { return folder_ / "respand.yaml"; }

  TempDir folder_;
};

TEST_F(Secrets, ExportedLettersAreNobodyElses) {
  const std::string out = folder_ / "out.ndjson";
  EXPECT_EQ(run({"dead-letters", "export", "-o", out, "--config", config()}).status, 0);
  struct ::stat info {};
  ASSERT_EQ(::stat(out.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  EXPECT_THAT(read_file(out), HasSubstr("\xc2\x9b"
                                        "31m"))
      << "as it is, in a file";
  write_file(folder_ / "precious", "precious");
  std::filesystem::create_symlink(folder_ / "precious", folder_ / "link");
  const Ran refused = run({"dead-letters", "export", "-o", folder_ / "link", "--config", config()});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.text, HasSubstr("is a symbolic link"));
  EXPECT_THAT(run({"journal", "export", "-o", folder_ / "link", "--config", config()}).text,
              HasSubstr("is a symbolic link"));
  EXPECT_EQ(read_file(folder_ / "precious"), "precious");
}

TEST_F(Secrets, ATerminalGetsNoCommands) {
  Pty pty(RESPAND_BINARY, {"dead-letters", "show", "7", "--config", config()}, 120, 24);
  EXPECT_TRUE(pty.wait_for(R"(\u009b31m\u202e)")) << pty.screen();
  EXPECT_TRUE(pty.wait());
  EXPECT_EQ(pty.strange(), "");
  Pty unknown(RESPAND_BINARY, {"check", "--config", "/no\x1b[31m\xe2\x80\xae"}, 120, 24);
  EXPECT_TRUE(unknown.wait_for("no such file")) << unknown.screen();
  EXPECT_TRUE(unknown.wait());
  EXPECT_EQ(unknown.strange(), "");
}

// Mistakes in other parts of the file do not stop a command.
TEST_F(Secrets, CommandsReadOnlyWhatTheyNeed) {
  write_config(", ca_file: /no/such/ca.pem, proxy: \"${ONLY_THE_DAEMON_HAS_THIS}\"");
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{"status"},
                                                                                     {"top", "-n", "1"},
                                                                                     {"tap"},
                                                                                     {"dead-letters", "list"},
                                                                                     {"costs"},
                                                                                     {"journal", "info"},
                                                                                     {"costs", "price", "gpt-4o"},
                                                                                     {"send", "/dev/null"}}) {
    std::vector<std::string> all = words;
    all.insert(all.end(), {"--config", config()});
    const Ran ran = run(all);
    EXPECT_NE(ran.status, 78) << words.front() << ": " << ran.text;
    EXPECT_THAT(ran.text, Not(HasSubstr("ca.pem")));
    EXPECT_THAT(ran.text, Not(HasSubstr("ONLY_THE_DAEMON")));
  }
  const Ran check = run({"check", "--config", config()});
  EXPECT_EQ(check.status, 78);
  EXPECT_THAT(check.text, HasSubstr("ca.pem"));
}

TEST_F(Secrets, CheckLooksAtTheHost) {
  EXPECT_THAT(run({"check", "--host", "--config", config()}).text, HasSubstr("host: "));
  std::filesystem::permissions(folder_ / "spool", std::filesystem::perms(0777));
  const Ran found = run({"check", "--host", "--config", config()});
  EXPECT_EQ(found.status, 1);
  EXPECT_THAT(found.text, HasSubstr("host: spool.directory: "));
  write_file(folder_ / "key", "\"sk-quoted\"\n");
  write_file(folder_ / "quoted.yaml", cat("api: {api_key_file: ", folder_ / "key", "}\n"));
  const Ran quoted = run({"check", "--config", folder_ / "quoted.yaml"});
  EXPECT_EQ(quoted.status, 78);
  EXPECT_THAT(quoted.text, HasSubstr("stands in quotes: it must be the key alone"));
  EXPECT_THAT(quoted.text, Not(HasSubstr("sk-quoted")));
}

}  // namespace
}  // namespace respand::test
