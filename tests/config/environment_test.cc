// The real environment: bounded reading of regular files, and nothing else.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "config/node.h"
#include "tests/config/world.h"
#include "tests/support/files.h"

namespace respand::config {
namespace {

class RealEnvironment : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    test::write_file(folder_ / name, text);
    return folder_ / name;
  }

  const test::TempDir folder_;
  const Environment environment_ = Environment::process();
};

TEST_F(RealEnvironment, ReadsWholeFilesUpToTheLimit) {
  EXPECT_EQ(environment_.read_file(write("empty", "")).value(), "");
  const std::string full(kMaxText, 'x');
  EXPECT_EQ(environment_.read_file(write("full", full)).value(), full);
  const auto larger = environment_.read_file(write("larger", full + "x"));
  ASSERT_FALSE(larger.has_value());
  EXPECT_EQ(larger.error().message, cat("cannot read ", folder_ / "larger", ": larger than 1MiB"));
}

TEST_F(RealEnvironment, RefusesWhatIsNoFileWithoutWaiting) {
  const std::string fifo = folder_ / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(environment_.read_file(fifo).error().message, cat("cannot read ", fifo, ": not a regular file"));
  EXPECT_EQ(environment_.read_file("/dev/zero").error().message, "cannot read /dev/zero: not a regular file");
  EXPECT_FALSE(environment_.read_file(folder_.path()).has_value());
  const auto missing = environment_.read_file("/nowhere/x");
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(missing.error().message, "cannot read /nowhere/x: No such file or directory");
}

TEST_F(RealEnvironment, FollowsLinksAsKubernetesSecretsNeed) {
  const std::string target = write("target", "k");
  std::filesystem::create_symlink(target, folder_ / "link");
  EXPECT_EQ(environment_.read_file(folder_ / "link").value(), "k");
}

TEST_F(RealEnvironment, SeesModesAndVariables) {
  const std::string path = write("key", "k");
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  EXPECT_FALSE(environment_.readable_by_all(path));
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  EXPECT_TRUE(environment_.readable_by_all(path));
  EXPECT_FALSE(environment_.readable_by_all("/nowhere/x"));
  ASSERT_EQ(::setenv("RESPAND_CONFIG_TEST", "here", 1), 0);
  EXPECT_EQ(environment_.variable("RESPAND_CONFIG_TEST"), "here");
  ASSERT_EQ(::unsetenv("RESPAND_CONFIG_TEST"), 0);
  EXPECT_EQ(environment_.variable("RESPAND_CONFIG_TEST"), std::nullopt);
}

TEST_F(RealEnvironment, LoadsAFile) {
  write("key", "the-key\n");
  const std::string path =
      write("respand.yaml", cat("api: {api_key_file: ", folder_ / "key", "}\nlog: {level: debug}\n"));
  const auto loaded = load_file(path, environment_);
  EXPECT_THAT(texts(loaded.problems), testing::IsEmpty());
  EXPECT_EQ(loaded.config.api.key.reveal(), "the-key");
  EXPECT_EQ(loaded.config.log.level, log::Level::kDebug);
}

}  // namespace
}  // namespace respand::config
