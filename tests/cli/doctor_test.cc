// What doctor concludes from what it sees; the faults that a test can't plant on a real host.

#include "cli/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/files.h"

namespace respand::cli {
namespace {

using Kind = Finding::Kind;
using http::ProbeFault;
using testing::HasSubstr;

Finding only_wrong(const Findings& found) {
  Finding out;
  for (const Finding& finding : found) {
    if (finding.kind == Kind::kWrong) {
      EXPECT_TRUE(out.what.empty()) << finding.what;
      out = finding;
    }
  }
  EXPECT_FALSE(out.what.empty()) << "nothing is wrong";
  return out;
}

Finding of_unit(std::string_view properties) {
  Findings found;
  judge_unit("respand.service", properties, found);
  return only_wrong(found);
}

TEST(Doctor, JudgesUnits) {
  EXPECT_THAT(of_unit("LoadState=masked\nActiveState=inactive\n").remedy,
              HasSubstr("sudo systemctl unmask respand.service"));
  EXPECT_THAT(of_unit("LoadState=loaded\nActiveState=failed\nExecMainStatus=78\n").remedy,
              HasSubstr("sudo respand check"));
  EXPECT_THAT(of_unit("LoadState=loaded\nActiveState=failed\nExecMainStatus=1\n").remedy,
              HasSubstr("journalctl -u respand.service"));
  EXPECT_THAT(of_unit("LoadState=loaded\nActiveState=inactive\nUnitFileState=enabled\n").remedy,
              HasSubstr("sudo systemctl start respand.service"));
  EXPECT_THAT(of_unit("LoadState=loaded\nActiveState=active\nUnitFileState=disabled\n").remedy,
              HasSubstr("sudo systemctl enable respand.service"));
  EXPECT_THAT(of_unit("LoadState=loaded\nActiveState=active\nNeedDaemonReload=yes\n").remedy,
              HasSubstr("sudo systemctl daemon-reload"));
  Findings found;
  judge_unit("respand.service", "LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nNRestarts=0\n", found);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, Kind::kGood);
}

TEST(Doctor, ARespandThatPostsToItself) {
  config::Config config;
  config.api.base_url = "http://web-1:8126";
  config.http.listen = config::Endpoint{"0.0.0.0", 8126};
  const auto judged = [&](std::string_view address) {
    Findings found;
    judge_loop(config, {.address = std::string(address)}, address == "10.0.0.7", found);
    return found;
  };
  ASSERT_EQ(judged("10.0.0.7").size(), 1U);
  EXPECT_THAT(only_wrong(judged("10.0.0.7")).what, HasSubstr("this respand's own http.listen"));
  EXPECT_THAT(judged("10.0.0.8"), testing::IsEmpty());
  config.http.listen->host = "127.0.0.1";
  EXPECT_THAT(judged("10.0.0.7"), testing::IsEmpty()) << "another program listens there";
  config.http.listen = config::Endpoint{"10.0.0.7", 8127};
  EXPECT_THAT(judged("10.0.0.7"), testing::IsEmpty()) << "another port";
  EXPECT_TRUE(is_own_address("127.0.0.1"));
  EXPECT_FALSE(is_own_address("192.0.2.1")) << "of no host (RFC 5737)";
  EXPECT_FALSE(is_own_address(""));
}

TEST(Doctor, AsksSystemctlWhereSystemdRuns) {
  const respand::test::TempDir folder;
  const std::string program = folder / "systemctl";
  respand::test::write_file(program, "#!/bin/sh\necho LoadState=loaded\necho ActiveState=failed\n");
  ::chmod(program.c_str(), 0755);
  config::Config config;
  Surroundings around{.environment = config::Environment::process(), .variables = {}};
  around.systemd = folder.path();
  around.systemctl = program;
  Findings found;
  look_at_host(config, around, std::nullopt, found);
  EXPECT_THAT(found, testing::Contains(testing::Field(&Finding::what, HasSubstr("respand.socket has failed"))));
}

TEST(Doctor, FindsSmallLimitsOfInotify) {
  const respand::test::TempDir folder;
  ::mkdir((folder / "sys").c_str(), 0700);
  ::mkdir((folder / "sys/fs").c_str(), 0700);
  ::mkdir((folder / "sys/fs/inotify").c_str(), 0700);
  respand::test::write_file(folder / "sys/fs/inotify/max_user_instances", "1\n");
  Surroundings around{.environment = config::Environment::process(), .variables = {}};
  around.proc = folder.path();
  Findings found;
  look_at_inotify(around, found);
  EXPECT_THAT(only_wrong(found).remedy, HasSubstr("sudo sysctl fs.inotify.max_user_instances="));
}

Finding of_probe(const http::ProbeReport& report) {
  Findings found;
  judge_probe({}, report, WallTime{std::chrono::seconds{1'000'000}}, found);
  return only_wrong(found);
}

TEST(Doctor, JudgesTheWay) {
  EXPECT_THAT(of_probe({.fault = ProbeFault::kProxyRefuses, .status = 407}).remedy, HasSubstr("USER:PASSWORD"));
  EXPECT_THAT(of_probe({.fault = ProbeFault::kProxyRefuses, .status = 403}).remedy, HasSubstr("allow CONNECT"));
  EXPECT_THAT(of_probe({.fault = ProbeFault::kResolveProxy}).remedy, HasSubstr("api.proxy"));
  EXPECT_THAT(of_probe({.fault = ProbeFault::kNotYetValid}).remedy, HasSubstr("timedatectl"));
  EXPECT_THAT(of_probe({.fault = ProbeFault::kTimeout}).remedy, HasSubstr("firewall"));
  EXPECT_THAT(of_probe({.status = 200, .date = WallTime{std::chrono::seconds{1'000'100}}}).what,
              HasSubstr("100 s behind the API's"));
  Findings found;
  judge_probe({}, {.status = 405, .certificate_ends = WallTime{std::chrono::seconds{1'000'000 + 86'400 * 3}}},
              WallTime{std::chrono::seconds{1'000'000}}, found);
  EXPECT_THAT(found, testing::Contains(testing::Field(&Finding::what, HasSubstr("ends in 3 days"))));
}

TEST(Doctor, JudgesTheAnswerToATestRecord) {
  for (const auto& [status, remedy] : {std::pair(402, "account"),
                                       {404, "api.path"},
                                       {407, "api.proxy"},
                                       {429, "again by itself"},
                                       {503, "again by itself"}}) {
    Findings found;
    judge_test({}, {.status = status}, found);
    EXPECT_THAT(only_wrong(found).remedy, HasSubstr(remedy)) << status;
  }
}

}  // namespace
}  // namespace respand::cli
