// Where the API key comes from, in which order, and that no message ever shows one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "respand/config/places.h"
#include "tests/config/world.h"

namespace respand::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A machine with a key in every place.
World full() {
  World world;
  world.variables = {{"RESPAN_API_KEY", "from-variable"}, {"CREDENTIALS_DIRECTORY", "/cred"}, {"OTHER", "from-other"}};
  world.files = {{"/cred/respan_api_key", "from-credential\n"}, {"/key", "from-file \r\n"}};
  return world;
}

std::string key_of(const World& world, std::string_view yaml) {
  const auto loaded = world.load(yaml);
  EXPECT_THAT(texts(loaded.problems), IsEmpty());
  return cat(loaded.config.api.key.reveal(), " | ", loaded.config.api.key_origin.to_string());
}

TEST(Key, TheFirstListenerCounts) {
  World world = full();
  EXPECT_EQ(key_of(world, "api: {api_key_file: /key}"), "from-file | file /key");
  EXPECT_EQ(key_of(world, "api: {api_key: \"${OTHER}\"}"), "from-other | api_key in f");
  EXPECT_EQ(key_of(world, "api: {api_key: literal, api_key_file: }"), "literal | api_key in f");
  EXPECT_EQ(key_of(world, "api: {api_key: \"${NONE:-}\", api_key_file: /key}"), "from-file | file /key");
  EXPECT_EQ(key_of(world, ""), "from-credential | credential /cred/respan_api_key");
  world.files["/cred/respan_api_key"] = "\n";  // stands for a file that is not there
  EXPECT_EQ(key_of(world, ""), "from-variable | environment RESPAN_API_KEY");
  world.files.erase("/cred/respan_api_key");
  EXPECT_EQ(key_of(world, ""), "from-variable | environment RESPAN_API_KEY");
  world.variables.erase("RESPAN_API_KEY");
  world.files["/etc/respand/api_key"] = "from-the-default\n";
  EXPECT_EQ(key_of(world, ""), "from-the-default | file /etc/respand/api_key");
}

// As root on a host set up as the guide says the key is good; for others it can't be read, which is another thing than
// its not being there.
TEST(Key, TheDefaultFileThatCannotBeReadIsSaid) {
  World world;
  world.variables.clear();
  Environment environment = world.environment();
  environment.read_file = [](const std::string& path) -> Result<std::string> {
    return error(ErrorCode::kPermission, cat("cannot read ", path, ": Permission denied"));
  };
  const auto loaded = load_text("", "f", environment);
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_THAT(loaded.problems[0].to_string(),
              HasSubstr("no API key: cannot read /etc/respand/api_key: Permission denied; "));
  EXPECT_THAT(loaded.problems[0].to_string(), HasSubstr("sudo"));
}

TEST(Key, WhatClientsNeedIsReadAndNothingElse) {
  World world;
  world.variables.clear();
  world.files["/r.yaml"] =
      "api: {ca_file: /missing, api_key: \"${OF_THE_DAEMON}\", base_url: nonsense, api_key_file: /x}\n"
      "control: {path: /run/x/control.sock, mode: rw}\n"
      "journal: {directory: \"${OF_THE_DAEMON}\", max_size: 1}\n"
      "delivery: {workers: 0}\nunknown: {a: b}\nsocket: text\n";
  const std::string_view control[] = {"control.path"};
  const auto loaded = load_keys("/r.yaml", world.environment(), control);
  EXPECT_THAT(texts(loaded.problems), IsEmpty());
  EXPECT_EQ(loaded.config.control.path, "/run/x/control.sock");
  const std::string_view journal[] = {"control.path", "journal.directory"};
  EXPECT_THAT(
      texts(load_keys("/r.yaml", world.environment(), journal).problems),
      ElementsAre("3:22: journal.directory: ${OF_THE_DAEMON} is not set in the environment and has no default"));
  const std::string_view socket[] = {"socket.path"};
  EXPECT_THAT(texts(load_keys("/r.yaml", world.environment(), socket).problems),
              ElementsAre("6:9: socket: expected a map of keys, not text"));
  EXPECT_EQ(load_keys("/none.yaml", world.environment(), control).problems.size(), 1U);
}

TEST(Key, BothInTheFileContradict) {
  EXPECT_THAT(texts(full().load("api:\n  api_key_file: /key\n  api_key: k\n").problems),
              ElementsAre("3:12: api.api_key and api.api_key_file are both set: leave one out"));
}

TEST(Key, AWrittenListenerThatFailsIsNotPassedOver) {
  EXPECT_THAT(texts(full().load("api: {api_key_file: /missing}").problems),
              ElementsAre("1:21: api.api_key_file: cannot read /missing: No such file or directory"));
  EXPECT_THAT(texts(full().load("api: {api_key: \"${NONE}\"}").problems),
              ElementsAre("1:16: api.api_key: ${NONE} is not set in the environment and has no default"));
}

TEST(Key, ACredentialThatCannotBeReadIsSaid) {
  const World world = full();
  Environment environment = world.environment();
  environment.read_file = [](const std::string& path) -> Result<std::string> {
    return error(ErrorCode::kPermission, cat("cannot read ", path, ": Permission denied"));
  };
  const auto loaded = load_text("", "f", environment);
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(loaded.problems[0].to_string(),
            "environment: CREDENTIALS_DIRECTORY: cannot read /cred/respan_api_key: Permission denied");
}

TEST(Key, BadKeys) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "is empty"},
      {" \n", "is empty"},
      {"\xef\xbb\xbfsk-1",
       "begins with a byte order mark, as some editors put there: it must be the key alone, in plain "
       "ASCII"},
      {"\"sk-1\"\n", "stands in quotes: it must be the key alone"},
      {"'sk-1'", "stands in quotes: it must be the key alone"},
      {"RESPAN_API_KEY=sk-1", "has a name and = in front: it must be the key alone"},
      {"RESPAN_API_KEY=\"sk-1\"", "has a name and = in front: it must be the key alone"},
      {"export KEY=sk-1", "has a name and = in front: it must be the key alone"},
      {"Bearer sk-1", "begins with \"Bearer\": it must be the key alone"},
      {"se cret", "has white space inside: it must be the key alone, on one line, without \"Bearer\""},
      {" secret", "has white space inside: it must be the key alone, on one line, without \"Bearer\""},
      {"secret\nsecret\n", "has white space inside: it must be the key alone, on one line, without \"Bearer\""},
      {std::string("secret\0", 7), "holds control characters or letters outside ASCII"},
      {"secret\x7f", "holds control characters or letters outside ASCII"},
      {"secr\xc3\xa9t", "holds control characters or letters outside ASCII"},
      {std::string(4097, 's'), "is longer than 4096 bytes"},
  };
  for (const auto& [key, mistake] : cases) {
    World world;
    world.files["/key"] = key;
    EXPECT_THAT(texts(world.load("api: {api_key_file: /key}").problems),
                ElementsAre(cat("1:21: the API key (file /key) ", mistake)));
    world.variables["RESPAN_API_KEY"] = key;
    EXPECT_THAT(texts(world.load("").problems), ElementsAre(cat("the API key (environment RESPAN_API_KEY) ", mistake)));
  }
  World world;
  world.files["/key"] = "YWJjZA==";
  EXPECT_THAT(world.load("api: {api_key_file: /key}").problems, IsEmpty()) << "base64 ends in equals signs";
  world.files["/key"] = std::string(4096, 's');
  EXPECT_THAT(world.load("api: {api_key_file: /key}").problems, IsEmpty());
}

TEST(Key, NoMessageShowsASecretInAnyPlace) {
  World world;
  world.variables["RESPAN_API_KEY"] = "sk-secret";
  for (const std::string_view yaml :
       {"api: {api_key_file: sk-secret}", "api: {api_key: [sk-secret]}", "api: {api_key: \"sk-secret x\"}",
        "api: sk-secret", "api: {proxy: \"http://u:sk-secret@h:x\"}", "api: {base_url: \"https://u:sk-secret@h\"}",
        "api: {api_key: *sk-secret}", "api: {api_key: &sk-secret x, api_key: y}", "api: {api_key: \"\\sk-secret\"}",
        "api: {api_key: \"sk-secret}", "api: {base_url: \"${RESPAN_API_KEY}\", path: \"?${RESPAN_API_KEY}\"}",
        "api: {api_key: !sk-secret x}", "api:\n  api_key: sk-secret\n   x: y",
        "records: {redact: [\"${RESPAN_API_KEY}\"], add: [\"${RESPAN_API_KEY}\"]}",
        "socket: {allow_uids: [\"${RESPAN_API_KEY}\"]}", "api: {api_key: \"sk-secret ${NONE}\"}"}) {
    const auto loaded = world.load(yaml);
    EXPECT_THAT(loaded.problems, Not(IsEmpty())) << yaml;
    for (const Problem& problem : loaded.problems) {
      EXPECT_THAT(problem.to_string(), Not(HasSubstr("secret"))) << yaml;
    }
  }
}

TEST(Key, BaseUrlOfTheEnvironmentCountsWhereTheFileHasNone) {
  World world;
  world.variables["RESPAN_BASE_URL"] = "https://other.example/";
  EXPECT_EQ(world.load("").config.api.create_url(), "https://other.example/api/request-logs/create/");
  EXPECT_EQ(world.load("api: {base_url: https://file.example}").config.api.base_url, "https://file.example");
  world.variables["RESPAN_BASE_URL"] = "";
  EXPECT_EQ(world.load("").config.api.base_url, "https://api.respan.ai/api");
  world.variables["RESPAN_BASE_URL"] = "other.example";
  const auto loaded = world.load("");
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(loaded.problems[0].to_string(),
            "environment: RESPAN_BASE_URL: expected an address such as https://api.respan.ai/api");
}

}  // namespace
}  // namespace respand::config
