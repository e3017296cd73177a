// `respand top` on a terminal, and without one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/daemon.h"
#include "tests/support/pty.h"

namespace respand::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Top : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(daemon.start());
    daemon.send_acknowledged(record(1) + "\n" + record(2) + "\n");
    ASSERT_TRUE(sink.wait_for_records(2));
  }
  [[nodiscard]] std::vector<std::string> command(std::vector<std::string> more = {"--interval", "100ms"}) const {
    more.insert(more.begin(), {"top", "--config", daemon.config_path()});
    return more;
  }
  SinkServer sink;
  Daemon daemon{sink.url()};
};

TEST_F(Top, RedrawsInPlaceAndGivesTheScreenBack) {
  Pty pty(RESPAND_BINARY, command(), 80, 24);
  ASSERT_TRUE(pty.wait_for("delivered"));
  EXPECT_TRUE(pty.on_other_screen());
  EXPECT_FALSE(pty.shows_cursor());
  EXPECT_FALSE(pty.is_cooked());
  ASSERT_TRUE(pty.wait_for("all 2"));
  ASSERT_TRUE(pty.wait_for_redraw());
  EXPECT_LE(pty.longest_line(), 80U) << pty.screen();
  EXPECT_LE(pty.lines(), 24U);
  for (const char* const wanted :
       {"delivering", "received", "backlog", "lag", "limit", "circuit     closed", "USD/min"}) {
    EXPECT_THAT(pty.screen(), HasSubstr(wanted));
  }
  // It follows the window, also one that is far too small.
  for (const auto& [columns, rows] : {std::pair<unsigned short, unsigned short>{30, 5}, {200, 50}, {1, 1}}) {
    pty.resize(columns, rows);
    ASSERT_TRUE(pty.wait_for_redraw());
    EXPECT_LE(pty.longest_line(), columns) << pty.screen();
    EXPECT_LE(pty.lines(), rows) << pty.screen();
  }
  EXPECT_EQ(pty.strange(), "");
  pty.type("q");
  const auto exit = pty.wait();
  EXPECT_TRUE(pty.is_cooked());
  EXPECT_TRUE(exit == Exit{.status = 0});
  EXPECT_FALSE(pty.on_other_screen());
  EXPECT_TRUE(pty.shows_cursor());
  EXPECT_TRUE(pty.wraps());
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST_F(Top, ASignalGivesTheScreenBackToo) {
  for (const int signal : {SIGTERM, SIGHUP, SIGINT, SIGQUIT}) {
    Pty pty(RESPAND_BINARY, command(), 80, 24);
    ASSERT_TRUE(pty.wait_for("delivered"));
    pty.send_signal(signal);
    const auto exit = pty.wait();
    ASSERT_TRUE(exit);
    EXPECT_TRUE(pty.is_cooked()) << signal;
    EXPECT_TRUE(*exit == (signal == SIGINT ? Exit{.status = 0} : Exit{.signal = signal})) << signal;
    EXPECT_FALSE(pty.on_other_screen()) << signal;
    EXPECT_TRUE(pty.shows_cursor()) << signal;
  }
}

TEST_F(Top, SaysThatTheDaemonIsGoneAndFindsItAgain) {
  Pty pty(RESPAND_BINARY, command(), 80, 24);
  ASSERT_TRUE(pty.wait_for("delivered"));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  ASSERT_TRUE(pty.wait_for("asking again")) << pty.screen();
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_TRUE(pty.wait_for("delivering")) << pty.screen();
}

TEST_F(Top, WithoutATerminalAndOnADumbOneItWritesLines) {
  Process piped(RESPAND_BINARY, command({"--interval", "100ms", "--count", "2"}));
  ASSERT_TRUE(piped.wait() == Exit{.status = 0}) << piped.err();
  const auto lines = lines_of(piped.out());
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[1], HasSubstr(" circuit=closed "));
  EXPECT_THAT(piped.out(), Not(HasSubstr("\x1b")));
  Pty dumb(RESPAND_BINARY, command({"--interval", "100ms", "--count", "2"}), 80, 24, "dumb");
  const auto exit = dumb.wait();
  EXPECT_TRUE(exit == Exit{.status = 0});
  EXPECT_THAT(dumb.screen(), HasSubstr("circuit=closed"));
  EXPECT_EQ(dumb.strange(), "");
  EXPECT_FALSE(dumb.on_other_screen());
}

TEST_F(Top, SaysWhatIsWrongWithItsCommandLineAndThatThereIsNoDaemon) {
  Process wrong(RESPAND_BINARY, command({"--interval", "1"}));
  EXPECT_TRUE(wrong.wait() == Exit{.status = 64});
  EXPECT_THAT(wrong.err(), HasSubstr("--interval: expected a duration"));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  Process alone(RESPAND_BINARY, command());
  EXPECT_TRUE(alone.wait() == Exit{.status = 75});
  EXPECT_THAT(alone.err(), HasSubstr("is respand running?"));
}

}  // namespace
}  // namespace respand::test
