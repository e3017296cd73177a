// print() and back: the same configuration but for the secrets, which are masked.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/world.h"

namespace respand::config {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

void expect_round_trip(Config config) {
  World world;
  world.files = {{config.api.ca_file, "-----BEGIN CERTIFICATE-----"}, {config.records.prices.front(), ""}};
  auto loaded = world.load(print(config));
  EXPECT_THAT(texts(loaded.problems), IsEmpty()) << print(config);
  loaded.config.api.key = config.api.key;
  loaded.config.api.key_origin = config.api.key_origin;
  EXPECT_TRUE(loaded.config == config) << print(config) << print(loaded.config);
}

TEST(Print, DefaultsComeBack) { expect_round_trip(World{}.load("").config); }

TEST(Print, EveryOtherValueComesBack) {
  Config c;
  c.api = {"http://[::1]:80/x",
           "a",
           Secret("k"),
           {KeyOrigin::Kind::kFile, "/k"},
           {},
           "/ca \"file\"",
           "socks5h://p:1",
           HttpVersion::k2,
           HttpEngine::kLibcurl,
           Compression::kGzip,
           {"b", 1, kibibytes(65), Duration{1}},
           std::chrono::milliseconds{1500},
           std::chrono::minutes{2}};
  c.socket = {"/ #s", 0007, "g", Bytes{1025}, 1, 1, {0, 1, 4294967294}, {0, 7}, {3, Bytes{2049}}};
  c.datagram = {"/d: x"};
  c.http.listen = Endpoint{"::1", 1};
  c.spool = {"/var/spool/respand", true, std::chrono::hours{1}, mebibytes(1)};
  c.journal = {"/${HOME}/$$/'j'", mebibytes(100),          mebibytes(3),
               SyncMode::kNever,  std::chrono::seconds{1}, std::chrono::milliseconds{7},
               WhenFull::kReject};
  c.delivery = {
      3,          4, 5, 6, false, 0.25, {Duration{1000}, Duration{1001}, Duration{1'000'001}, 7, {{404, 599}, {300}}},
      Duration{0}};
  c.dead_letters = {"/é", mebibytes(2)};
  c.records = {R"({"a":{"b":[1,0.10,null,true,"x: y","${A} $${ \"\\\u000a\u202e€😀"]},"null":"~","1":{}})",
               {false, true, false, true},
               {"/a,b", "/[x]", "/#", "/ ", "/~0~1", "/a:", "/\"", "/é", "/${A}"},
               {"/prices"},
               true,
               {true, false, false, true},
               {"a.*", "b, [c]"},
               {0.1, false, Duration{1000}}};
  c.costs = {"/~é€😀",
             std::chrono::hours{24},
             {{"gpt-4o", {}, {}, "é, {x}: \"${A}\"", BudgetPeriod::kDay, 1},
              {{}, "", "null", {}, BudgetPeriod::kMonth, 999'999'999'999'999}},
             {"/metadata/te~0am", "/a#b"},
             std::chrono::hours{24}};
  c.control = {"/null", 0600};
  c.metrics.listen = Endpoint{"localhost", 65535};
  c.log = {log::Level::kDebug, log::Format::kText};
  expect_round_trip(c);
  c.http.listen = Endpoint{"127.0.0.1", 80};
  c.records.redact.clear();
  c.records.add = {false, false, false, false};
  c.journal.sync = SyncMode::kInterval;
  c.log.level = log::Level::kWarning;
  expect_round_trip(c);
}

TEST(Print, SecretsAreMasked) {
  World world;
  world.variables["RESPAN_API_KEY"] = "sk-secret";
  const std::string text = print(world.load("api: {proxy: \"http://u:sk-secret@h:1\"}").config);
  EXPECT_THAT(text, Not(HasSubstr("secret")));
  EXPECT_THAT(text, HasSubstr("  api_key: \"********\"  # from environment RESPAN_API_KEY\n"));
  EXPECT_THAT(text, HasSubstr("  proxy: \"http://********@h:1\"\n"));
  const auto again = world.load(text);
  EXPECT_THAT(texts(again.warnings),
              testing::ElementsAre("5:12: the API key (api_key in f) is the mask of a printed configuration"));
}

TEST(Print, AKeyOriginCannotAddLines) {
  Config c;
  c.api.key = Secret("k");
  c.api.key_origin = {KeyOrigin::Kind::kFile, "/a\nlog: {level: debug}"};
  EXPECT_THAT(print(c), HasSubstr("# from file /a?log: {level: debug}\n"));
}

TEST(Describe, NamesEveryKeyOnceWithItsDefault) {
  const auto all = describe();
  std::string last;
  for (const KeyInfo& key : all) {
    EXPECT_FALSE(key.expects.empty() || key.about.empty()) << key.path;
    EXPECT_NE(key.path, last);
    last = key.path;
  }
  EXPECT_EQ(all.size(), 105U);
  EXPECT_EQ(all.front().path, "api.base_url");
  EXPECT_EQ(all.front().default_text, "https://api.respan.ai/api");
}

}  // namespace
}  // namespace respand::config
