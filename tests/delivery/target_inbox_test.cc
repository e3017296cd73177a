// A new target and new retry settings: left by one thread, taken into force by another.

#include "delivery/target_inbox.h"

#include <gtest/gtest.h>

#include "parts.h"

namespace respand::delivery {
namespace {

using std::chrono::hours;

http::Target to(const std::string& url, const std::string& batch_url = {}) {
  http::Target target;
  target.url = url;
  target.batch_url = batch_url;
  return target;
}

TEST(TargetInboxTest, NothingIsInForceBeforeTheWorkerTakesIt) {
  Parts parts;
  parts.inbox.apply(parts.clock.mono());
  EXPECT_FALSE(parts.inbox.take_renewed()) << "there was nothing";
  parts.inbox.put(to("http://new/"), {});
  EXPECT_TRUE(parts.client.targets.empty());
  EXPECT_FALSE(parts.inbox.take_renewed());
  parts.inbox.apply(parts.clock.mono());
  ASSERT_EQ(parts.client.targets.size(), 1U);
  EXPECT_EQ(parts.client.targets[0].url, "http://new/");
  EXPECT_TRUE(parts.inbox.take_renewed());
  EXPECT_FALSE(parts.inbox.take_renewed()) << "said once";
  parts.inbox.apply(parts.clock.mono());
  EXPECT_EQ(parts.client.targets.size(), 1U);
}

TEST(TargetInboxTest, OfSeveralTheLastOneCounts) {
  Parts parts;
  parts.inbox.put(to("http://first/"), {});
  parts.inbox.put(to("http://second/"), {});
  parts.inbox.apply(parts.clock.mono());
  ASSERT_EQ(parts.client.targets.size(), 1U);
  EXPECT_EQ(parts.client.targets[0].url, "http://second/");
}

TEST(TargetInboxTest, ItEndsTheWorkersWait) {
  Parts parts;
  const MonoTime before = parts.clock.mono();
  parts.inbox.put(to("http://new/"), {});
  EXPECT_TRUE(parts.answers().empty());
  EXPECT_EQ(parts.clock.mono(), before) << "it did not wait";
}

TEST(TargetInboxTest, WhatWaitsIsDueAndTheNewRetrySettingsCount) {
  Parts parts;
  parts.lanes.add_retry(parts.record(1), parts.clock.mono() + hours{1});
  Record tried = parts.record(2);
  tried.attempts = 2;
  EXPECT_EQ(parts.outcomes.give_up_cause(tried, status(503)), std::nullopt);
  parts.inbox.put(to("http://new/"), Retry{.max_attempts = 2, .statuses = {.permanent = {599}, .transient = {}}});
  EXPECT_FALSE(parts.retries().any_due(parts.clock.mono()));
  parts.inbox.apply(parts.clock.mono());
  EXPECT_TRUE(parts.retries().any_due(parts.clock.mono()));
  EXPECT_EQ(parts.outcomes.give_up_cause(tried, status(503)), DeadLetterCause::kExhausted);
  EXPECT_EQ(parts.outcomes.statuses().permanent, std::vector<std::uint16_t>{599});
}

TEST(TargetInboxTest, RecordsGoTogetherWhereTheTargetTakesBatches) {
  Parts parts({}, Batching::Settings{});
  for (const std::string batch_url : {"http://new/batch", ""}) {
    parts.inbox.put(to("http://new/", batch_url), {});
    parts.inbox.apply(parts.clock.mono());
    EXPECT_EQ(parts.lanes.batches(parts.lanes.records()), !batch_url.empty());
  }
}

// A dispatcher that looked for work before the new target was applied must look again, because a route may have waited
// for its key. Otherwise the worker would sleep with a record that it could send.
TEST(TargetInboxTest, TellsOnceThatSomethingCameIntoForce) {
  Parts parts;
  EXPECT_FALSE(parts.inbox.take_renewed());
  parts.inbox.put({}, {});
  EXPECT_FALSE(parts.inbox.take_renewed()) << "it is not in force yet";
  EXPECT_GT(parts.worker_permits.admit(parts.upstream, parts.clock.mono()).slots, 0U);
  EXPECT_TRUE(parts.inbox.take_renewed());
  EXPECT_FALSE(parts.inbox.take_renewed());
}

TEST(TargetInboxTest, ANewTargetIsInForceBeforeItsPermitsAreUsed) {
  Parts parts({}, Batching::Settings{});
  parts.lanes.add_retry(parts.record(1), parts.clock.mono() + hours{1});
  http::Target target;
  target.url = "http://other";
  parts.inbox.put(target, Retry{.max_attempts = 1});
  EXPECT_TRUE(parts.client.targets.empty());
  static_cast<void>(parts.worker_permits.admit(parts.upstream, parts.clock.mono()));
  ASSERT_EQ(parts.client.targets.size(), 1U);
  EXPECT_EQ(parts.client.targets[0].url, "http://other");
  EXPECT_TRUE(parts.retries().any_due(parts.clock.mono()));
  EXPECT_FALSE(parts.lanes.batches(parts.lanes.records())) << "it has no path for batches";
  Record tried = parts.record(2);
  tried.attempts = 1;
  EXPECT_EQ(parts.outcomes.give_up_cause(tried, status(503)), DeadLetterCause::kExhausted);
  static_cast<void>(parts.worker_permits.admit(parts.upstream, parts.clock.mono()));
  EXPECT_EQ(parts.client.targets.size(), 1U) << "once";
}

}  // namespace
}  // namespace respand::delivery
