// What a valid file becomes; limits at their last good value and one beyond.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/config/world.h"

namespace respand::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

Config good(std::string_view yaml, const World& world = {}) {
  const auto loaded = world.load(yaml);
  EXPECT_THAT(texts(loaded.problems), IsEmpty()) << yaml;
  return loaded.config;
}

TEST(GoodInput, NothingMeansDefaults) {
  Config defaults;
  defaults.api.key = Secret("key-of-tests");
  defaults.api.key_origin = {KeyOrigin::Kind::kEnvironment, "RESPAN_API_KEY"};
  for (const std::string_view yaml : {"", "\n", "# nothing\n", "---\n", "---\n...\n", "{}", "~", "api:\nsocket:\n",
                                      "\xEF\xBB\xBF", "api:\n  ca_file:\n  proxy: ~\n  base_url: null\n  batch:\n"}) {
    EXPECT_TRUE(good(yaml) == defaults) << yaml;
  }
}

TEST(GoodInput, TheHostIsADimensionBesideThreePointers) {
  const Config c = good("costs: {dimensions: [/a, host, /b/c, /d]}");
  EXPECT_EQ(c.costs.pointers(), (std::vector<std::string>{"/a", "/b/c", "/d"}));
  EXPECT_TRUE(c.costs.by_host());
  EXPECT_FALSE(good("costs: {dimensions: [/metadata/host]}").costs.by_host());
}

TEST(GoodInput, EverySection) {
  World world;
  world.files["/ca.pem"] = "-----BEGIN CERTIFICATE-----";
  world.files["/prices"] = "";
  const Config c = good(R"(
api: {base_url: "http://[::1]:80/x/", path: /logs/, ca_file: /ca.pem, proxy: "http://u:p@h:1", http_version: 1.1, engine: libcurl, compression: gzip,
      batch: {path: b, max_records: 1, max_bytes: 64KiB, linger: 0}, connect_timeout: 1s, request_timeout: 1m}
socket: {path: /s, mode: 0600, group: adm, max_record: 1KiB, max_connections: 5, max_connections_per_user: 3, allow_uids: [0, 4294967294],
         allow_gids: [4], rate_limit: {records: 5, bytes: 1KiB}}
datagram: {path: /d}
http: {listen: "[::1]:8126", forward: reads, rate_limit: {records: 7, bytes: 2KiB}}
spool: {directory: /var/spool/respand, settle: 10ms, rejected_max_size: 64KiB}
journal: {directory: /j, max_size: 2MiB, segment_size: 1MiB, sync: interval, sync_interval: 1ms, sync_delay: 5ms, when_full: drop_oldest}
delivery: {workers: 64, max_in_flight: 64, max_connections: 64, rate_limit: 5, fresh_share: 0.25, retry: {initial: 1s, max: 1s, max_age: 7d, max_attempts: 9,
           statuses: {permanent: [300, 599], transient: [409]}},
           drain_timeout: 0}
dead_letters: {directory: /dl, max_size: 2MiB}
records: {defaults: {a: 1}, add: [cost], redact: [/a~1b/~0/0], redact_text: [bearer, email],
          sample: {rate: 0.25, keep_errors: false, keep_slower_than: 1ms}, prices: /prices}
costs: {directory: /c, retention: 30d, budgets: [{match: {customer: acme, model: "a b"}, per: month, usd: 0.25}, {per: hour, usd: 5}]}
control: {path: /ctl, mode: "660"}
metrics: {listen: localhost:9464}
log: {level: error, format: json}
)",
                        world);
  EXPECT_EQ(c.api.create_url(), "http://[::1]:80/x/api/logs/");
  EXPECT_EQ(c.api.base_url, "http://[::1]:80/x");
  EXPECT_EQ(c.api.ca_file, "/ca.pem");
  EXPECT_EQ(c.api.proxy, "http://u:p@h:1");
  EXPECT_EQ(c.api.http_version, HttpVersion::k11);
  EXPECT_EQ(c.api.engine, HttpEngine::kLibcurl);
  EXPECT_EQ(c.api.compression, Compression::kGzip);
  EXPECT_TRUE((c.api.batch == Api::Batch{"b", 1, kibibytes(64), Duration{0}}));
  EXPECT_EQ(c.api.connect_timeout, seconds{1});
  EXPECT_EQ(c.api.request_timeout, seconds{60});
  EXPECT_TRUE((c.socket == Socket{"/s", 0600, "adm", kibibytes(1), 5, 3, {0, 4294967294}, {4}, {5, kibibytes(1)}}));
  EXPECT_EQ(c.datagram.path, "/d");
  EXPECT_TRUE((c.http.listen == Endpoint{"::1", 8126}));
  EXPECT_TRUE((c.spool == Spool{"/var/spool/respand", true, milliseconds{10}, kibibytes(64)}));
  EXPECT_TRUE((c.journal == Journal{"/j", mebibytes(2), mebibytes(1), SyncMode::kInterval, milliseconds{1},
                                    milliseconds{5}, WhenFull::kDropOldest}));
  EXPECT_TRUE((c.delivery == Delivery{64,
                                      64,
                                      64,
                                      5,
                                      false,
                                      0.25,
                                      {seconds{1}, seconds{1}, std::chrono::hours{168}, 9, {{300, 599}, {409}}},
                                      Duration{0}}));
  EXPECT_TRUE((c.dead_letters == DeadLetters{"/dl", mebibytes(2)}));
  EXPECT_TRUE((c.records == Records{R"({"a":1})",
                                    Add{false, false, false, true},
                                    {"/a~1b/~0/0"},
                                    {"/prices"},
                                    true,
                                    RedactText{true, false, true, false},
                                    {},
                                    Records::Sample{0.25, false, milliseconds{1}}}));
  EXPECT_EQ(c.costs.directory, "/c");
  EXPECT_EQ(c.costs.retention, std::chrono::hours{24 * 30});
  ASSERT_EQ(c.costs.budgets.size(), 2U);
  EXPECT_TRUE((c.costs.budgets[0] == Budget{"a b", {}, "acme", {}, BudgetPeriod::kMonth, 250'000}));
  EXPECT_TRUE((c.costs.budgets[1] == Budget{{}, {}, {}, {}, BudgetPeriod::kHour, 5'000'000}));
  EXPECT_TRUE((c.control == Control{"/ctl", 0660}));
  EXPECT_TRUE((c.metrics.listen == Endpoint{"localhost", 9464}));
  EXPECT_TRUE((c.log == Log{log::Level::kError, log::Format::kJson}));
}

TEST(GoodInput, EmptyTextAndEmptyListsTurnOff) {
  const Config c = good(
      "metrics: {listen: \"\"}\ndatagram: {path: ''}\nrecords: {add: [], redact: [], redact_text: []}\nsocket: "
      "{allow_uids: []}");
  EXPECT_FALSE(c.metrics.listen);
  EXPECT_EQ(c.datagram.path, "");
  EXPECT_TRUE((c.records.add == Add{false, false, false, false}));
  EXPECT_THAT(c.records.redact, IsEmpty());
}

TEST(GoodInput, LimitsAreExact) {
  struct Limit {
    std::string_view good, bad;
  };
  const std::string longest = cat("socket: {path: /", std::string(106, 'x'), "}");
  const std::string too_long = cat("socket: {path: /", std::string(107, 'x'), "}");
  for (const Limit& limit : std::initializer_list<Limit>{
           {"delivery: {workers: 1}", "delivery: {workers: 0}"},
           {"delivery: {workers: 64}", "delivery: {workers: 65}"},
           {"delivery: {max_in_flight: 65536}", "delivery: {max_in_flight: 65537}"},
           {"delivery: {rate_limit: 0}", "delivery: {rate_limit: -0}"},
           {"delivery: {rate_limit: 1000000}", "delivery: {rate_limit: 1000001}"},
           {"delivery: {fresh_share: 0}", "delivery: {fresh_share: -0.1}"},
           {"delivery: {fresh_share: 0.9}", "delivery: {fresh_share: 0.91}"},
           {"socket: {rate_limit: {records: 1000000}}", "socket: {rate_limit: {records: 1000001}}"},
           {"socket: {rate_limit: {bytes: 0}}", "socket: {rate_limit: {bytes: 1}}"},
           {"socket: {rate_limit: {bytes: 1KiB}}", "socket: {rate_limit: {bytes: 1023}}"},
           {"socket: {rate_limit: {bytes: 64GiB}}", "socket: {rate_limit: {bytes: 65GiB}}"},
           {"socket: {max_record: 1024}", "socket: {max_record: 1023}"},
           {"socket: {max_record: 31MiB}", "socket: {max_record: 32505857}"},
           {"api: {batch: {linger: 10s}}", "api: {batch: {linger: 10001ms}}"},
           {"delivery: {retry: {max_age: 0}}", "delivery: {retry: {max_age: 999ms}}"},
           {"delivery: {retry: {max_age: 1s}}", "delivery: {retry: {max_age: 3651d}}"},
           {"delivery: {retry: {max_attempts: 1000000}}", "delivery: {retry: {max_attempts: 1000001}}"},
           {"delivery: {retry: {statuses: {permanent: [300]}}}", "delivery: {retry: {statuses: {permanent: [299]}}}"},
           {"delivery: {retry: {statuses: {permanent: [599]}}}", "delivery: {retry: {statuses: {permanent: [600]}}}"},
           {"journal: {segment_size: 20544KiB}", "journal: {segment_size: 20543KiB}"},
           {"journal: {max_size: 128MiB}", "journal: {max_size: 131071KiB}"},
           {"records: {sample: {rate: 0}}", "records: {sample: {rate: -0}}"},
           {"records: {sample: {rate: 1.0}}", "records: {sample: {rate: 1.0000001}}"},
           {"records: {sample: {keep_slower_than: 24h}}", "records: {sample: {keep_slower_than: 86401s}}"},
           {longest, too_long},
       }) {
    good(limit.good);
    EXPECT_EQ(World{}.load(limit.bad).problems.size(), 1U) << limit.bad;
  }
}

TEST(GoodInput, DefaultsAreTypedByTheCoreSchema) {
  const std::pair<std::string_view, std::string_view> scalars[] = {
      {"1", "1"},
      {"+007", "7"},
      {"-0", "-0"},
      {"0.10", "0.10"},
      {"1e-7", "1e-7"},
      {".5", "0.5"},
      {"5.", "5.0"},
      {"0x1F", "31"},
      {"0o17", "15"},
      {"18446744073709551616", "18446744073709551616"},
      {"true", "true"},
      {"FALSE", "false"},
      {"~", "null"},
      {"null", "null"},
      {"yes", R"("yes")"},
      {"\"1\"", R"("1")"},
      {"'true'", R"("true")"},
      {"1.2.3", R"("1.2.3")"},
      {"0x", R"("0x")"},
      {"2026-01-01", R"("2026-01-01")"},
      {"1e", R"("1e")"},
      {"-a", R"("-a")"},
      {".", R"(".")"},
      {"\"a\\\"\\\\\\n\\u00e9\\u0085\\u2028\"", "\"a\\\"\\\\\\u000aé\\u0085\\u2028\""},
      {"[1, [], {}]", "[1,[],{}]"},
      {"{b: {c: }, a: 2}", R"({"b":{"c":null},"a":2})"},
      {"${N}", "12"},
      {"\"${N}\"", R"("12")"},
  };
  World world;
  world.variables["N"] = "12";
  for (const auto& [yaml, json] : scalars) {
    EXPECT_EQ(good(cat("records:\n  defaults:\n    x: ", yaml), world).records.defaults, cat(R"({"x":)", json, "}"));
  }
}

TEST(GoodInput, WhatIsProbablyNotMeantIsAWarning) {
  World world;
  world.files["/key"] = "k";
  world.open_files = {"/key", "f"};
  const auto warnings = [&](std::string_view yaml) {
    const auto loaded = world.load(yaml);
    EXPECT_THAT(texts(loaded.problems), IsEmpty());
    return texts(loaded.warnings);
  };
  EXPECT_THAT(warnings(""), IsEmpty());
  EXPECT_THAT(
      warnings("api: {base_url: http://10.0.0.1}"),
      ElementsAre("1:17: api.base_url: with http:// the API key and the records cross the network in the clear"));
  EXPECT_THAT(warnings("api: {base_url: http://127.0.0.2:8080}"), IsEmpty());
  EXPECT_THAT(warnings("api: {base_url: http://localhost}"), IsEmpty());
  EXPECT_THAT(warnings("api: {base_url: https://h/api/request-logs/create/}"),
              ElementsAre("1:17: api.base_url: api.path (request-logs/create/) is added to this"));
  EXPECT_THAT(warnings("control: {mode: 0666}"),
              ElementsAre("1:17: control.mode: every user of this host can see and replay records"));
  EXPECT_THAT(warnings("api: {api_key_file: /key}"),
              ElementsAre("1:21: api.api_key_file: every user of this host can read the file"));
  EXPECT_THAT(warnings("api: {api_key: k}"),
              ElementsAre("1:16: api.api_key: every user of this host can read this file and the key in it"));
  EXPECT_THAT(warnings("api: {api_key: \"${RESPAN_API_KEY}\"}"), IsEmpty());
}

}  // namespace
}  // namespace respand::config
