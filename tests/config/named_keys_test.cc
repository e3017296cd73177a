// api.keys, and what names one of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/world.h"

namespace respand::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class NamedKeysTest : public testing::Test {
 protected:
  NamedKeysTest() { world_.files = {{"/p", "secret-p\n"}, {"/t", "secret-t"}, {"/token", "secret-token"}}; }
  std::string problem(std::string_view yaml) {
    const Loaded loaded = world_.load(yaml);
    EXPECT_EQ(loaded.problems.size(), 1U) << yaml;
    return loaded.problems.empty() ? std::string() : texts(loaded.problems).front();
  }
  World world_;
  static constexpr std::string_view kKeys = "api: {keys: {prod: {api_key_file: /p}, test: {api_key_file: /t}}}\n";
};

TEST_F(NamedKeysTest, AreReadFromTheirFiles) {
  const Loaded loaded =
      world_.load(cat(kKeys,
                      "http: {unknown_key: reject, token_file: /token}\n"
                      "socket: {key: prod}\nspool: {key: test}\n"
                      "records: {route: [{match: {environment: prod}, key: prod}, {uid: 0, key: test}]}"));
  EXPECT_THAT(texts(loaded.problems), IsEmpty());
  ASSERT_EQ(loaded.config.api.keys.size(), 2U);
  EXPECT_EQ(loaded.config.api.keys[0].key.reveal(), "secret-p");
  EXPECT_EQ(loaded.config.http.token.reveal(), "secret-token");
  EXPECT_EQ(loaded.config.records.route[1].uid, 0U);
  const std::string printed = print(loaded.config);
  EXPECT_THAT(printed, Not(HasSubstr("secret-")));
  EXPECT_THAT(printed, HasSubstr("keys: {prod: {api_key_file: /p}, test: {api_key_file: /t}}"));
  const Loaded again =
      world_.load(printed.substr(0, printed.find("  api_key:")) + printed.substr(printed.find("  keys:")));
  EXPECT_THAT(texts(again.problems), IsEmpty()) << printed;
  EXPECT_EQ(again.config.records.route, loaded.config.records.route);
}

TEST_F(NamedKeysTest, MistakesAreSaidWithTheirPlace) {
  EXPECT_THAT(problem("api: {keys: {prod: {api_key_file: /none}}}"), HasSubstr("api.keys.prod: cannot read /none"));
  EXPECT_THAT(problem("api: {keys: {prod: {api_key_fle: /p}}}"), HasSubstr("unknown key 'api_key_fle'"));
  EXPECT_THAT(problem("api: {keys: {\"a b\": {api_key_file: /p}}}"), HasSubstr("a key is called by"));
  EXPECT_THAT(problem("api: {keys: {a: {api_key_file: /p}, b: {api_key_file: /p}}}"),
              HasSubstr("api.keys.b holds the same key as api.keys.a"));
  EXPECT_THAT(problem(cat(kKeys, "socket: {key: prd}")),
              HasSubstr("socket.key: api.keys has no key prd; known are prod, test"));
  EXPECT_THAT(problem(cat(kKeys, "records: {route: [{match: {a: b}, key: x}]}")), HasSubstr("has no key x"));
  EXPECT_THAT(problem(cat(kKeys, "records: {route: [{key: prod}]}")),
              HasSubstr("a rule needs a key, and a match or a uid"));
}

// Off loopback somebody else's records would go on this host's account.
TEST_F(NamedKeysTest, OffLoopbackAKeyOrATokenIsRequired) {
  const std::string said = problem("http: {listen: 0.0.0.0:8126}");
  EXPECT_THAT(said, HasSubstr("1:16: http.listen: whoever can reach this address could hand records over"));
  EXPECT_THAT(said, HasSubstr("set http.unknown_key to reject"));
  EXPECT_THAT(texts(world_.load("http: {listen: 0.0.0.0:8126, unknown_key: reject}").problems), IsEmpty());
  EXPECT_THAT(texts(world_.load("http: {listen: 0.0.0.0:8126, token_file: /token}").problems), IsEmpty());
  EXPECT_THAT(texts(world_.load("http: {listen: 127.0.0.1:8126}").problems), IsEmpty());
}

TEST_F(NamedKeysTest, AFileThatWasChangedIsReadAgain) {
  const Config now = world_.load(kKeys).config;
  EXPECT_FALSE(reread_keys(now, world_.environment()).config);
  world_.files["/t"] = "secret-new";
  const Reread reread = reread_keys(now, world_.environment());
  ASSERT_TRUE(reread.config);
  EXPECT_EQ(reread.config->api.keys[1].key.reveal(), "secret-new");
  EXPECT_THAT(reload(now, *reread.config).taken, ElementsAre("api.keys.test"));
  world_.files["/t"] = "two words";
  EXPECT_THAT(texts(reread_keys(now, world_.environment()).problems),
              ElementsAre(HasSubstr("api.keys.test (file /t) has white space inside")));
}

}  // namespace
}  // namespace respand::config
