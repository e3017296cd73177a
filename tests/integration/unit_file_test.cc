// The units as systemd itself reads them: they have no mistakes, and limit how much a bug in the daemon could reach.

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "respand/base/text.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

namespace respand::test {
namespace {

constexpr const char* kAnalyze = "/usr/bin/systemd-analyze";

class Units : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kAnalyze)) {
      GTEST_SKIP() << kAnalyze << " is not installed: the units are not looked at";
    }
  }
};

TEST_F(Units, SystemdFindsNoMistake) {
  const TempDir folder;
  for (const std::string name : {"respand.service", "respand.socket"}) {
    std::string text = read_file(cat(RESPAND_SOURCE, "/systemd/", name));
    constexpr std::string_view kInstalled = "=/usr/bin/respand ";
    for (std::size_t at = 0; (at = text.find(kInstalled, at)) != std::string::npos;) {
      text.replace(at, kInstalled.size(), cat("=", RESPAND_BINARY, " "));
    }
    write_file(folder / name, text);
  }
  Process verify(kAnalyze, {"verify", "--man=no", folder / "respand.service", folder / "respand.socket"});
  const auto exit = verify.wait();
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->status, 0);
  EXPECT_EQ(verify.err() + verify.out(), "");
}

TEST_F(Units, WhatTheServiceCouldReachIsLittle) {
  Process security(kAnalyze,
                   {"security", "--offline=true", "--no-pager", cat(RESPAND_SOURCE, "/systemd/respand.service")});
  ASSERT_TRUE(security.wait());
  const std::string text = security.out();
  constexpr std::string_view kLine = "Overall exposure level for respand.service: ";
  const std::size_t at = text.find(kLine);
  ASSERT_NE(at, std::string::npos) << text << security.err();
  const double exposure = std::stod(text.substr(at + kLine.size()));
  std::printf("exposure %.1f\n", exposure);
  EXPECT_LE(exposure, 1.3) << text;  // 0.1 of it is CAP_LEASE, for the spool
}

TEST(ServiceFile, LeavesNoCoreFile) {
  EXPECT_NE(read_file(cat(RESPAND_SOURCE, "/systemd/respand.service")).find("\nLimitCORE=0\n"), std::string::npos);
}

}  // namespace
}  // namespace respand::test
