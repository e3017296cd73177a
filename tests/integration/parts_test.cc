// conf.d beside the configuration: check, run, reload and status go by it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/daemon.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

using testing::HasSubstr;

TEST(ConfigurationParts, AreReadAtStartAndReload) {
  SinkServer sink;
  Daemon daemon(sink.url());
  const std::string folder = daemon.folder() / "conf.d";
  std::filesystem::create_directory(folder);
  write_file(folder + "/10-limits.yaml", "delivery: {max_in_flight: 7}\n");
  const RunResult good = run_respand({"check", "--config", daemon.config_path()});
  EXPECT_EQ(good.status, 0) << good.err;
  EXPECT_THAT(good.out, HasSubstr("read: " + folder + "/10-limits.yaml\n"));
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  EXPECT_THAT(run_respand({"status", "--config", daemon.config_path()}).out, HasSubstr("at most 7)"));
  EXPECT_THAT(run_respand({"status", "--config", daemon.config_path()}).out, HasSubstr(folder + "/10-limits.yaml"));

  write_file(folder + "/20-more.yaml", "delivery: {max_in_flight: many}\n");
  const RunResult bad = run_respand({"reload", "--config", daemon.config_path()});
  EXPECT_EQ(bad.status, 1);
  EXPECT_THAT(bad.err, HasSubstr(folder + "/20-more.yaml:1:27: delivery.max_in_flight"));
  EXPECT_EQ(run_respand({"check", "--config", daemon.config_path()}).status, 78);
  EXPECT_THAT(run_respand({"status", "--config", daemon.config_path()}).out, HasSubstr("at most 7)"));

  write_file(folder + "/20-more.yaml", "delivery: {max_in_flight: 9}\n");
  EXPECT_EQ(run_respand({"reload", "--config", daemon.config_path()}).status, 0);
  const std::string json = run_respand({"status", "--json", "--config", daemon.config_path()}).out;
  EXPECT_THAT(json, HasSubstr("\"max_in_flight\":9"));
  EXPECT_EQ(member(json, "configuration_files"),
            cat("[\"", daemon.config_path(), "\",\"", folder, "/10-limits.yaml\",\"", folder, "/20-more.yaml\"]"));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
