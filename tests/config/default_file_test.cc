// config/respand.yaml, which is installed as /etc/respand/respand.yaml: it changes nothing, and each of its commented
// lines is the default that the code has.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "tests/config/world.h"

namespace respand::config {
namespace {

using testing::IsEmpty;

std::string default_file() {
  std::ifstream file(RESPAND_CONFIG_DIR "/respand.yaml");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// "#key: value" is a setting; "# Words" are words.
std::string uncommented(const std::string& text) {
  return std::regex_replace(text, std::regex("(^|\n)( *)#(?=[a-z])"), "$1$2");
}

TEST(DefaultFile, AsInstalledItEqualsTheDefaults) {
  const World world;
  ASSERT_FALSE(default_file().empty());
  const auto loaded = world.load(default_file());
  EXPECT_THAT(texts(loaded.problems), IsEmpty());
  EXPECT_THAT(texts(loaded.warnings), IsEmpty());
  EXPECT_TRUE(loaded.config == world.load("").config);
}

TEST(DefaultFile, WithEveryLineUncommentedToo) {
  World world;
  world.files = {{"/etc/respand/api_key", "key-of-tests"}, {"/etc/respand/prices.yaml", ""}};
  auto loaded = world.load(uncommented(default_file()));
  EXPECT_THAT(texts(loaded.problems), IsEmpty());
  EXPECT_THAT(texts(loaded.warnings), IsEmpty());
  EXPECT_EQ(loaded.config.api.key_origin.to_string(), "file /etc/respand/api_key");
  EXPECT_TRUE(loaded.config.spool.directory_given && loaded.config.records.prices_given);
  loaded.config.api.key_origin = {KeyOrigin::Kind::kEnvironment, "RESPAN_API_KEY"};
  loaded.config.spool.directory_given = loaded.config.records.prices_given = false;
  EXPECT_TRUE(loaded.config == world.load("").config);
}

// Each key of the table has its line, in the table's order. (api_key is told of in words: api_key_file and it exclude
// each other.)
TEST(DefaultFile, NamesEveryKeyInOrder) {
  const std::string text = default_file();
  std::size_t position = 0;
  for (const KeyInfo& key : describe()) {
    if (key.path != "api.api_key") {
      const std::size_t dot = key.path.rfind('.');
      const std::string_view indent = dot == std::string::npos ? "\n#" : "  #";
      position = text.find(cat(indent, key.path.substr(dot + 1), ":"), position);
      ASSERT_NE(position, std::string::npos) << key.path;
      ++position;
    }
  }
}

}  // namespace
}  // namespace respand::config
