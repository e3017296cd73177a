// RESPAND_SECTION_KEY: every key from the environment.

#include "config/variables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/config/world.h"

namespace respand::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Variables, EachKeyHasItsOwn) {
  EXPECT_EQ(variable_of("delivery.retry.max"), "RESPAND_DELIVERY_RETRY_MAX");
  std::set<std::string> names;
  for (const Key& key : keys()) {
    EXPECT_TRUE(names.insert(variable_of(key.path)).second) << key.path;
  }
}

TEST(Variables, StandForKeysAndCountBeforeTheFile) {
  World world;
  world.variables["RESPAND_SOCKET_PATH"] = "/run/x.sock";
  world.variables["RESPAND_JOURNAL_MAX_SIZE"] = "8GiB";
  world.variables["RESPAND_SOCKET_ALLOW_UIDS"] = "[1, 2]";
  world.variables["RESPAND_LOG_LEVEL"] = "";
  const Loaded loaded = world.load("socket: {path: /run/file.sock}\nlog: {level: debug}\n");
  EXPECT_THAT(texts(loaded.problems), IsEmpty());
  EXPECT_EQ(loaded.config.socket.path, "/run/x.sock");
  EXPECT_EQ(loaded.config.journal.max_size, gibibytes(8));
  EXPECT_THAT(loaded.config.socket.allow_uids, ElementsAre(1U, 2U));
  EXPECT_EQ(loaded.config.log.level, log::Level::kDebug) << "an empty one is as good as none";
}

TEST(Variables, AreEnoughWithoutAFile) {
  World world;
  world.variables["RESPAND_API_BASE_URL"] = "http://127.0.0.1:1";
  world.variables["RESPAND_API_API_KEY"] = "ke$y${x}";
  world.variables.erase("RESPAN_API_KEY");
  const Loaded loaded = load_file("/etc/respand/respand.yaml", world.environment());
  EXPECT_THAT(texts(loaded.problems), IsEmpty());
  EXPECT_EQ(loaded.config.api.base_url, "http://127.0.0.1:1");
  EXPECT_EQ(loaded.config.api.key.reveal(), "ke$y${x}") << "nothing in it is replaced";
  EXPECT_EQ(loaded.config.api.key_origin.to_string(), "environment RESPAND_API_API_KEY");
  EXPECT_THAT(load_file("/etc/other.yaml", world.environment()).problems, testing::SizeIs(1))
      << "a file that was asked for must be there";
}

TEST(Variables, MistakesNameTheVariable) {
  World world;
  world.variables["RESPAND_JOURNAL_MAX_SIZE"] = "4GB";
  world.variables["RESPAND_SOCKET_ALLOW_UIDS"] = "[1";
  const auto problems = texts(world.load("").problems);
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_THAT(problems[0], HasSubstr("RESPAND_SOCKET_ALLOW_UIDS: "));
  EXPECT_THAT(problems[1], HasSubstr("RESPAND_JOURNAL_MAX_SIZE: expected a size"));
}

}  // namespace
}  // namespace respand::config
