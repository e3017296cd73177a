// What `respand nats check` says of a cluster: nothing is wrong with what `respand nats setup` makes, and each setting
// that loses records is found, with the command that repairs it.

#include "cli/nats_judgement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace respand::cli {
namespace {

using testing::HasSubstr;

config::Nats fleet() {
  config::Nats nats;
  nats.stream = "RESPAND";
  nats.subject = "respand.web-1";
  return nats;
}

nats::StreamInfo good_stream() {
  nats::StreamInfo info;
  info.config = wanted_stream(fleet(), subject_of_all(fleet()), -1);
  info.created = "2026-11-29T21:00:00Z";
  info.leader = "n1";
  info.current_replicas = 2;
  return info;
}

std::size_t wrong_of(const Findings& found) {
  std::size_t count = 0;
  for (const Finding& one : found) {
    count += one.kind == Finding::Kind::kWrong ? 1 : 0;
    EXPECT_EQ(one.remedy.empty(), one.kind == Finding::Kind::kGood) << one.what;
  }
  return count;
}

TEST(NatsJudgement, WhatSetupMakesIsGood) {
  Findings found;
  judge_stream(fleet(), good_stream(), found);
  nats::ConsumerInfo consumer;
  consumer.config = wanted_consumer();
  judge_consumer(fleet(), consumer, found);
  nats::State state;
  state.server = "10.0.0.1:4222";
  state.info = {"n1", "2.10.27", "c", 1048576, true, true};
  judge_nats_server(fleet(), state, found);
  judge_sync("http://10.0.0.1:8222", R"({"server_name":"n1","jetstream":{"config":{"sync_always":true}}})", found);
  EXPECT_EQ(wrong_of(found), 0U) << text_of(found, false);
  EXPECT_EQ(found.size(), 4U);
}

TEST(NatsJudgement, EachSettingThatLosesRecordsIsFound) {
  struct Case {
    std::function<void(nats::StreamInfo&)> spoil;
    const char* what;
    const char* remedy;
  };
  const std::vector<Case> cases = {
      {[](auto& info) { info.config.replicas = 1; }, "1 replica, nats.require.replicas wants 3", "--replicas 3"},
      {[](auto& info) { info.config.storage = "memory"; }, "memory", "another one"},
      {[](auto& info) { info.config.retention = "limits"; }, "limits", "another one"},
      {[](auto& info) { info.config.discard = "old"; }, "removes the oldest", "--discard new"},
      {[](auto& info) { info.config.max_age_ns = 60'000'000'000; }, "60 s old", "--max-age 0"},
      {[](auto& info) { info.config.max_messages_of_subject = 3; }, "newest 3 messages", "--max-msgs-per-subject=-1"},
      {[](auto& info) { info.config.no_ack = true; }, "acknowledges nothing", "--ack"},
      {[](auto& info) { info.config.subjects = {"other.>"}; }, "respand.web-1", "--subjects 'respand.>'"},
      {[](auto& info) { info.leader.clear(); }, "no leader", "start the servers"},
      {[](auto& info) { info.current_replicas = 1; }, "1 of 3 replicas", "away or lag"},
  };
  for (const Case& one : cases) {
    nats::StreamInfo info = good_stream();
    one.spoil(info);
    Findings found;
    judge_stream(fleet(), info, found);
    ASSERT_EQ(wrong_of(found), 1U) << one.what << text_of(found, false);
    EXPECT_THAT(found[0].what, HasSubstr(one.what));
    EXPECT_THAT(found[0].remedy, HasSubstr(one.remedy));
  }
}

TEST(NatsJudgement, SubjectsAreMatchedAsTheServerDoes) {
  const auto takes = [](const char* pattern, const char* subject) {
    config::Nats nats = fleet();
    nats.subject = subject;
    nats::StreamInfo info = good_stream();
    info.config.subjects = {"none", pattern};
    Findings found;
    judge_stream(nats, info, found);
    return wrong_of(found) == 0;
  };
  EXPECT_TRUE(takes("a.b", "a.b"));
  EXPECT_TRUE(takes("a.*", "a.b"));
  EXPECT_TRUE(takes("*.b", "a.b"));
  EXPECT_TRUE(takes("a.>", "a.b.c"));
  EXPECT_TRUE(takes(">", "a"));
  EXPECT_FALSE(takes("a.*", "a.b.c"));
  EXPECT_FALSE(takes("a.b", "a"));
  EXPECT_FALSE(takes("a", "a.b"));
  EXPECT_FALSE(takes("b.>", "a.b"));
  EXPECT_EQ(subject_of_all({}), "respand.>");
  config::Nats unset;
  unset.host = "web.example.org";
  unset.stream = "RESPAND";
  nats::StreamInfo other = good_stream();
  other.config.subjects = {"other.>"};
  Findings found;
  judge_stream(unset, other, found);
  EXPECT_EQ(wrong_of(found), 1U) << "an edge's subject has its host's name where none is set";
  EXPECT_THAT(text_of(found, false), HasSubstr("nats stream edit RESPAND --subjects 'respand.>'"));
  config::Nats nats;
  nats.subject = "logs.eu.web-1";
  EXPECT_EQ(subject_of_all(nats), "logs.eu.>");
  nats.subject = "records";
  EXPECT_EQ(subject_of_all(nats), "records");
}

TEST(NatsJudgement, ConsumersAndServersAreHeldAgainstWhatRelaysNeed) {
  const std::vector<std::pair<std::function<void(nats::ConsumerConfig&)>, const char*>> spoilt = {
      {[](auto& config) { config.push = true; }, "pushes"},
      {[](auto& config) { config.ack_policy = "none"; }, "ack_policy is none"},
      {[](auto& config) { config.deliver_policy = "new"; }, "deliver_policy is new"},
      {[](auto& config) { config.filtered = true; }, "filter_subject"},
      {[](auto& config) { config.headers_only = true; }, "headers_only"},
      {[](auto& config) { config.max_deliver = 5; }, "after 5 deliveries"},
      {[](auto& config) { config.ack_wait_ns = 1'000'000'000; }, "ack_wait is 1 s"},
  };
  for (const auto& [spoil, what] : spoilt) {
    nats::ConsumerInfo info;
    info.config = wanted_consumer();
    spoil(info.config);
    Findings found;
    judge_consumer(fleet(), info, found);
    ASSERT_EQ(wrong_of(found), 1U) << what;
    EXPECT_THAT(found[0].what, HasSubstr(what));
  }
  nats::State state;
  state.info = {"n1", "2.9.10", "c", 1048576, true, false};
  Findings found;
  judge_nats_server(fleet(), state, found);
  EXPECT_EQ(wrong_of(found), 2U) << "too old, and without JetStream";
  found.clear();
  state.info = {"n1", "2.10.23", "c", 1000, true, true};
  judge_nats_server(fleet(), state, found);
  EXPECT_EQ(wrong_of(found), 0U);
  EXPECT_THAT(text_of(found, true), HasSubstr("max_payload"));
}

TEST(NatsJudgement, SyncIsSeenInTheMonitoringAlone) {
  Findings found;
  judge_sync("http://h:8222", R"({"server_name":"n1","jetstream":{"config":{"sync_interval":120000000000}}})", found);
  ASSERT_EQ(wrong_of(found), 1U);
  EXPECT_THAT(found[0].what, HasSubstr("n1"));
  for (const char* text : {"", "{}", "<html>", R"({"jetstream":)"}) {
    found.clear();
    judge_sync("http://h:8222", text, found);
    EXPECT_EQ(wrong_of(found), 1U) << text;
  }
  found.clear();
  note_unseen_sync(fleet(), found);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, Finding::Kind::kNote);
  EXPECT_THAT(found[0].what, HasSubstr("not checked"));
  found.clear();
  config::Nats any = fleet();
  any.require.sync = config::ServerSync::kAny;
  note_unseen_sync(any, found);
  EXPECT_TRUE(found.empty());
}

}  // namespace
}  // namespace respand::cli
