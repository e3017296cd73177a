// What is said of an edge and of a relay: what stands in the way, and what to do about it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/fleet_json.h"
#include "app/health_issues.h"
#include "app/readiness.h"
#include "app/status.h"

namespace respand::app {
namespace {

using fleet::EdgeCondition;
using fleet::RelayCondition;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class FleetIssuesTest : public testing::Test {
 protected:
  FleetIssuesTest() {
    config_.nats.stream = "RESPAND";
    config_.nats.subject = "respand.web-1";
    config_.nats.servers = {"nats://10.0.0.1:4222"};
  }
  [[nodiscard]] HealthIssues issues() const {
    return find_issues({.config = config_,
                        .config_file = "/etc/respand/respand.yaml",
                        .journal = journal_,
                        .delivery = delivery_,
                        .delivery_since = now_,
                        .ledger = ledger_,
                        .spool = spool_,
                        .spool_state = spool_state_,
                        .fleet = &fleet_,
                        .now = now_});
  }
  [[nodiscard]] std::string shown(std::string (*form)(const StatusSnapshot&)) const {
    const HealthIssues found = issues();
    return form({.config = config_,
                 .journal = journal_,
                 .delivery = delivery_,
                 .totals = totals_,
                 .issues = found,
                 .users = users_,
                 .spool = spool_state_.waiting,
                 .now = now_,
                 .fleet = &fleet_});
  }
  fleet::EdgeState& edge() {
    config_.destination = config::Destination::kNats;
    fleet_.edge.emplace();
    fleet_.edge->connected = true;
    fleet_.edge->server = "10.0.0.1:4222";
    fleet_.edge->condition = EdgeCondition::kNone;
    fleet_.edge->since = now_ - seconds{60};
    return *fleet_.edge;
  }
  fleet::RelayState& relay() {
    config_.source = config::Source::kNats;
    fleet_.relay.emplace();
    fleet_.relay->connected = true;
    fleet_.relay->server = "10.0.0.1:4222";
    fleet_.relay->condition = RelayCondition::kNone;
    return *fleet_.relay;
  }

  config::Config config_;
  journal::Snapshot journal_;
  delivery::State delivery_;
  ledger::State ledger_;
  Totals totals_;
  std::vector<sockets::PeerCount> users_;
  spool::SpoolIssue spool_;
  spool::Spool::State spool_state_;
  FleetState fleet_;
  WallTime now_{seconds{1'790'000'000}};
};

TEST_F(FleetIssuesTest, AWellEdgeSaysWhereRecordsGo) {
  edge().depth = fleet::StreamDepth{3, 2048, now_ - seconds{120}, 3, "n1"};
  EXPECT_TRUE(issues().empty());
  EXPECT_THAT(shown(status_text), StartsWith("delivering\n"));
  EXPECT_THAT(shown(status_text), HasSubstr("; to stream RESPAND at nats://10.0.0.1:4222\n"));
  EXPECT_THAT(shown(status_text), HasSubstr("nats         connected to 10.0.0.1:4222, 0 batches on the way; stream: "
                                            "3 messages, 2.0KiB, the oldest for 2m\n"));
  EXPECT_EQ(shown(ready_text), "ready\n");
  EXPECT_THAT(shown(status_json), HasSubstr(R"("fleet":{"role":"edge","connected":true)"));
  EXPECT_THAT(shown(status_json), HasSubstr(R"("state":"delivering")"));
}

TEST_F(FleetIssuesTest, EachConditionOfAnEdgeHasItsWords) {
  const struct {
    EdgeCondition condition;
    std::string_view headline;
    std::string_view state;
  } cases[] = {
      {EdgeCondition::kUnreachable, "waiting: no connection to NATS at 10.0.0.1:4222 (why since", "waiting"},
      {EdgeCondition::kCredentials, "paused: NATS refuses the credentials (why since", "paused"},
      {EdgeCondition::kNoQuorum, "waiting: no quorum (why since", "waiting"},
      {EdgeCondition::kNoAnswer, "waiting: the NATS cluster does not answer (why since", "waiting"},
      {EdgeCondition::kNoStream, "paused: stream RESPAND does not take subject respand.web-1 (why since", "paused"},
      {EdgeCondition::kFull, "waiting: stream is full, relays are behind (why since", "waiting"},
      {EdgeCondition::kRefused, "waiting: JetStream refuses batches (why since", "waiting"},
      {EdgeCondition::kRequirements, "paused: the NATS cluster promises less than nats.require wants", "paused"},
  };
  for (const auto& one : cases) {
    edge().condition = one.condition;
    fleet_.edge->why = "why";
    EXPECT_THAT(shown(status_text), StartsWith(std::string(one.headline)));
    EXPECT_THAT(shown(status_json), HasSubstr("\"state\":\"" + std::string(one.state) + "\""));
    EXPECT_THAT(shown(ready_text), StartsWith("not ready: "));
    EXPECT_EQ(shown(intake_text), "ready\n") << "records are taken in meanwhile";
    ASSERT_EQ(issues().size(), 1U);
    EXPECT_FALSE(issues()[0].remedy.empty());
  }
}

TEST_F(FleetIssuesTest, TheRemedyForCredentialsNamesTheirFile) {
  edge().condition = EdgeCondition::kCredentials;
  EXPECT_THAT(issues()[0].remedy, HasSubstr("nats_creds"));
  config_.nats.nkey_file = "/etc/respand/seed";
  EXPECT_THAT(issues()[0].remedy, HasSubstr("/etc/respand/seed"));
}

TEST_F(FleetIssuesTest, ALostStreamIsNotReady) {
  edge().stream_lost = true;
  fleet_.edge->lost_how = "it was made anew";
  EXPECT_THAT(shown(status_text),
              StartsWith("the NATS stream was lost, and with it what no relay had taken (it was made "
                         "anew); find out why (docs/fleet.md), then run: respand reload\n"));
  EXPECT_THAT(shown(ready_text), StartsWith("not ready: the NATS stream was lost"));
}

TEST_F(FleetIssuesTest, ALostStreamIsReadyAgainOnceAllIsPublishedAgain) {
  edge().stream_lost = true;
  fleet_.edge->lost_how = "it was made anew";
  fleet_.edge->republishing = {true, 3, 20};
  EXPECT_THAT(shown(ready_text),
              StartsWith("not ready: the NATS stream was lost; of what this edge has kept, 3 of 20 messages are "
                         "published again so far (it was made anew); find out why"));
  EXPECT_THAT(shown(status_json), HasSubstr(R"("mended":false,"republishing":{"runs":true,"done":3,"of":20})"));
  fleet_.edge->republishing = {false, 20, 20};
  EXPECT_THAT(shown(ready_text), StartsWith("not ready: the NATS stream was lost, and with it what no relay had taken "
                                            "and this edge had not kept"));
  fleet_.edge->mended = true;
  EXPECT_EQ(shown(ready_text), "ready\n");
  EXPECT_THAT(shown(status_text),
              StartsWith("delivering, but the NATS stream was lost; all that no relay had taken is published again (it "
                         "was made anew"));
  EXPECT_THAT(issues()[0].remedy, HasSubstr("respand reload"));
}

TEST_F(FleetIssuesTest, UnmetRequirementsHinderOnly) {
  edge().unmet = "the stream has 1 replica";
  EXPECT_THAT(shown(status_text), StartsWith("delivering, but the NATS cluster promises less than nats.require wants"));
  EXPECT_EQ(shown(ready_text), "ready\n");
}

TEST_F(FleetIssuesTest, ARelaySaysWhatKeepsMessagesAway) {
  relay().pending = 7;
  EXPECT_TRUE(issues().empty());
  EXPECT_THAT(shown(status_text), HasSubstr("nats         connected to 10.0.0.1:4222, 7 messages wait, 0 with relays"));
  for (const RelayCondition condition : {RelayCondition::kUnreachable, RelayCondition::kCredentials,
                                         RelayCondition::kNoQuorum, RelayCondition::kNoConsumer}) {
    relay().condition = condition;
    ASSERT_EQ(issues().size(), 1U);
    EXPECT_FALSE(issues()[0].remedy.empty());
  }
  relay().aside = 2;
  fleet_.relay->aside_file = "/j/fleet/aside/S-3";
  EXPECT_THAT(shown(status_text),
              StartsWith("delivering, but 2 messages of the stream could not be taken, and kept aside "
                         "(the last one: /j/fleet/aside/S-3)"));
  relay().not_known = 1;
  EXPECT_THAT(shown(status_text), HasSubstr("messages of a newer respand wait in the stream; update this relay"));
}

TEST_F(FleetIssuesTest, ARelaySaysWhatItSharesAndWhichEdgeIsBehind) {
  using fleet::Sharing;
  relay().edges = 2;
  fleet_.relay->furthest_behind = {{"web-2", seconds{310}, seconds{2}}, {"web-1", seconds{1}, seconds{1}}};
  EXPECT_THAT(shown(status_text), HasSubstr("edges        2 edges; the furthest behind: web-2, by 5 min 10 s when its "
                                            "last message came, 2 s ago\n"));
  EXPECT_THAT(shown(status_text), Not(HasSubstr("rate limit ")));
  EXPECT_THAT(shown(status_json),
              HasSubstr(R"("rate_limit":null,"edges":2,"furthest_behind":[{"edge":"web-2","lag_seconds":310.000,)"
                        R"("last_seconds":2.000},)"));
  const struct {
    fleet::RelayShare share;
    std::string_view words;
    std::string_view name;
  } cases[] = {
      {{Sharing::kJoining, 1, 1.0 / 64, {}, 100}, "1.56/s of 100/s; listens for other relays", "joining"},
      {{Sharing::kHeld, 1, 1, {}, 100}, "100/s of 100/s; 1 relay shares it", "held"},
      {{Sharing::kHeld, 2, 0.5, {}, 100}, "50/s of 100/s; 2 relays share it", "held"},
      {{Sharing::kUnheard, 2, 1.0 / 64, {}, 640}, "10/s of 640/s; cut off from other relays that share it", "unheard"},
      {{Sharing::kDenied, 1, 1.0 / 64, {}, 640}, "10/s of 640/s; NATS does not let it share", "denied"},
  };
  for (const auto& one : cases) {
    fleet_.relay->share = one.share;
    EXPECT_THAT(shown(status_text), HasSubstr(cat("rate limit   ", one.words, "\n")));
    EXPECT_THAT(shown(status_json), HasSubstr(cat("\"rate_limit\":{\"sharing\":\"", one.name, "\"")));
    EXPECT_EQ(shown(ready_text), "ready\n");
    const bool wrong = one.name == "unheard" || one.name == "denied";
    ASSERT_EQ(issues().size(), wrong ? 1U : 0U);
    if (wrong) {
      EXPECT_THAT(shown(status_text),
                  StartsWith("delivering, but this relay can't share delivery.rate_limit, and takes "
                             "1/64 of it ("));
    }
  }
  fleet_.relay->share.sharing = Sharing::kUnheard;
  fleet_.relay->connected = false;
  EXPECT_TRUE(issues().empty()) << "that there is no connection is said already";
}

}  // namespace
}  // namespace respand::app
