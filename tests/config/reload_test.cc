// What a running daemon takes of a new configuration, and what it keeps.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/world.h"

namespace respand::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Config of(std::string_view yaml) {
  Loaded loaded = World{}.load(yaml);
  EXPECT_THAT(loaded.problems, IsEmpty()) << yaml;
  return std::move(loaded.config);
}

TEST(Reload, TakesWhatItCanAndKeepsTheRest) {
  const Config now = of("journal: {max_size: 1GiB}\nspool: {settle: 2s}");
  const Config fresh = of(
      "journal: {max_size: 2GiB}\nsocket: {path: /other, rate_limit: {records: 5}}\ndelivery: {max_in_flight: 9, "
      "fresh_share: 0.25, workers: 3}\n"
      "api: {batch: {path: b, linger: 1s}}\nlog: {level: debug, format: json}\nrecords: {add: [cost], redact: [/x]}");
  const Reloaded reloaded = reload(now, fresh);
  EXPECT_THAT(reloaded.taken,
              ElementsAre("api.batch.path", "api.batch.linger", "socket.rate_limit.records", "delivery.max_in_flight",
                          "delivery.fresh_share", "records.redact", "log.level"));
  EXPECT_THAT(reloaded.kept, ElementsAre("socket.path", "spool.settle", "journal.max_size", "delivery.workers",
                                         "records.add", "log.format"));
  Config expected = now;
  expected.api = fresh.api;
  expected.socket.rate_limit.records = 5;
  expected.delivery.max_in_flight = 9;
  expected.delivery.fresh_share = 0.25;
  expected.records.redact = {"/x"};
  expected.log.level = log::Level::kDebug;
  EXPECT_TRUE(reloaded.config == expected);
}

TEST(Reload, TheSameFileChangesNothing) {
  const Config now = of("");
  const Reloaded reloaded = reload(now, now);
  EXPECT_THAT(reloaded.taken, IsEmpty());
  EXPECT_THAT(reloaded.kept, IsEmpty());
  EXPECT_TRUE(reloaded.config == now);
}

TEST(Reload, ANewKeyIsNamedAndNeverShown) {
  World world;
  const Config now = of("");
  world.variables["RESPAN_API_KEY"] = "another-key";
  const Reloaded reloaded = reload(now, world.load("").config);
  EXPECT_THAT(reloaded.taken, ElementsAre("api.api_key"));
  EXPECT_EQ(reloaded.config.api.key.reveal(), "another-key");
}

// Twice the same way gives the same: nothing is taken by halves.
TEST(Reload, WhatIsKeptIsKeptAgain) {
  const Config now = of("");
  const Config fresh = of("journal: {max_size: 2GiB}\ndelivery: {max_in_flight: 9}");
  const Reloaded once = reload(now, fresh);
  const Reloaded twice = reload(once.config, fresh);
  EXPECT_THAT(twice.taken, IsEmpty());
  EXPECT_THAT(twice.kept, ElementsAre("journal.max_size"));
  EXPECT_TRUE(twice.config == once.config);
}

}  // namespace
}  // namespace respand::config
