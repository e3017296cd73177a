// The scenarios of config/examples: each is good as it stands, and changes something.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/config/world.h"

namespace respand::config {
namespace {

TEST(Examples, AreGoodAsTheyStand) {
  World world;
  world.files["/etc/respand/company-ca.pem"] = "-----BEGIN CERTIFICATE-----\n";
  world.files["/etc/respand/relay_token"] = "token\n";
  const Config plain = world.load("").config;
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(RESPAND_CONFIG_DIR "/examples")) {
    if (entry.path().extension() != ".yaml") {
      continue;
    }
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    const Loaded loaded = world.load(text.str());
    EXPECT_THAT(texts(loaded.problems), testing::IsEmpty()) << entry.path();
    EXPECT_THAT(texts(loaded.warnings), testing::IsEmpty()) << entry.path();
    EXPECT_NE(loaded.config, plain) << entry.path();
    names.insert(entry.path().stem());
  }
  EXPECT_THAT(names, testing::ElementsAre("long-outages", "pii", "proxy-and-private-ca", "sidecar", "small-vm",
                                          "two-hops-edge", "two-hops-relay"));
}

}  // namespace
}  // namespace respand::config
