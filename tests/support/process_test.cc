#include "tests/support/process.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace respand::test {
namespace {

std::vector<std::string> shell(const std::string& script) { return {"-c", script}; }

TEST(Process, CollectsOutputAndStatus) {
  Process process("/bin/sh", shell("echo out; echo err >&2; exit 7"));
  EXPECT_EQ(process.wait(), (Exit{.status = 7}));
  EXPECT_EQ(process.out(), "out\n");
  EXPECT_EQ(process.err(), "err\n");
  EXPECT_FALSE(process.running());
}

TEST(Process, CollectsMoreThanAPipeHolds) {
  Process process("/bin/sh", shell("head -c 3000000 /dev/zero"));
  EXPECT_EQ(process.wait(), (Exit{.status = 0}));
  EXPECT_EQ(process.out().size(), 3'000'000U);
}

TEST(Process, WaitsForALineOfEitherStream) {
  Process process("/bin/sh", shell("echo first; echo listening on port 7 >&2; exec cat"), {.input = true});
  EXPECT_EQ(process.wait_for_line("on port"), "listening on port 7");
  EXPECT_EQ(process.wait_for_line("first"), "first");
  EXPECT_TRUE(process.running());
  EXPECT_TRUE(process.write_input("echoed\n"));
  EXPECT_EQ(process.wait_for_line("echoed"), "echoed");
  process.close_input();
  EXPECT_EQ(process.wait(), (Exit{.status = 0}));
  EXPECT_EQ(process.wait_for_line("never said"), std::nullopt);
  EXPECT_FALSE(process.write_input("x"));
}

TEST(Process, EndsBySignals) {
  Process terminated("/bin/sh", shell("trap 'exit 3' TERM; echo ready; while :; do read x; done"), {.input = true});
  ASSERT_TRUE(terminated.wait_for_line("ready"));
  EXPECT_EQ(terminated.wait(Duration{0}), std::nullopt);
  terminated.terminate();
  terminated.close_input();
  EXPECT_EQ(terminated.wait(), (Exit{.status = 3}));
  Process killed("/bin/cat", {}, {.input = true});
  killed.kill();
  EXPECT_EQ(killed.wait(Duration{0}), (Exit{.signal = SIGKILL}));
  killed.kill();
}

TEST(Process, IsNotHeldUpByAGrandchildThatKeepsItsPipes) {
  Process process("/bin/sh", shell("sleep 30 & echo $!"));
  ASSERT_EQ(process.wait(), (Exit{.status = 0}));
  ::kill(std::stoi(process.out()), SIGKILL);
}

TEST(Process, SetsEnvironmentAndDirectory) {
  const TempDir folder;
  Process process("/bin/sh", shell("echo \"$ONE-${PATH-gone}\"; pwd"),
                  {.environment = {"ONE=two", "PATH"}, .directory = folder.path()});
  EXPECT_EQ(process.wait(), (Exit{.status = 0}));
  EXPECT_EQ(lines_of(process.out()).back(), folder.path());
  EXPECT_TRUE(process.out().starts_with("two-"));
}

TEST(Process, SaysThatAProgramCanNotBeStarted) {
  Process process("/nowhere/program", {});
  EXPECT_EQ(process.wait(), (Exit{.status = 127}));
}

}  // namespace
}  // namespace respand::test
