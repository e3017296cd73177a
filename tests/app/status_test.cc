// One look: what is wrong comes first, with what to do, and all of it is a screenful.

#include "app/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/readiness.h"
#include "delivery/verdict.h"
#include "respand/base/text.h"
#include "tests/support/files.h"
#include "tests/support/json.h"

namespace respand::app {
namespace {

using delivery::Mode;
using respand::test::lines_of;
using respand::test::member;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;
using DeadLetterCondition = delivery::DeadLetters::Condition;
using journal::Condition;

// A daemon in whatever state a test wants.
struct Patient {
  config::Config config;
  journal::Snapshot journal;
  delivery::State delivery;
  ledger::State ledger;
  Totals totals;
  std::vector<sockets::PeerCount> users;
  spool::SpoolIssue spool;
  spool::Spool::State spool_state;
  std::string more;
  double received_rate = 0;
  double delivered_rate = 0;
  Duration next_try{0};
  WallTime now{seconds{1'790'000'000}};

  Patient() { config.api.key_origin = {config::KeyOrigin::Kind::kFile, "/etc/respand/api_key"}; }
  // As the gate has it after this answer.
  void mode(Mode mode, const http::Answer& answer) {
    delivery.upstream.mode = mode;
    delivery.upstream.cause = delivery::cause_of(answer);
    delivery.upstream.reason = delivery::describe(answer);
    delivery.upstream.last_error = delivery.upstream.reason;
  }
  void mode(Mode to, int status, std::string message, bool compressed = false) {
    http::Answer answer;
    answer.status = status;
    answer.message = std::move(message);
    answer.compressed = compressed;
    mode(to, answer);
  }
  void mode(Mode to, http::Failure failure, std::string detail) {
    http::Answer answer;
    answer.failure = failure;
    answer.detail = std::move(detail);
    mode(to, answer);
  }
  void journal_is(journal::Condition condition, std::string text) {
    journal.condition = condition;
    journal.issue = std::move(text);
  }
  void dead_letters_are(delivery::DeadLetters::Condition condition, std::string text) {
    delivery.dead_letters.condition = condition;
    delivery.dead_letters.issue = std::move(text);
  }
  [[nodiscard]] HealthIssues issues() const {
    return find_issues({.config = config,
                        .config_file = "/etc/respand/respand.yaml",
                        .journal = journal,
                        .delivery = delivery,
                        .delivery_since = now - seconds{60},
                        .ledger = ledger,
                        .spool = spool,
                        .spool_state = spool_state,
                        .damaged = totals.damaged,
                        .now = now});
  }
  [[nodiscard]] std::string look(std::string (*form)(const StatusSnapshot&)) const {
    const HealthIssues found = issues();
    return form({.config = config,
                 .journal = journal,
                 .delivery = delivery,
                 .totals = totals,
                 .issues = found,
                 .users = users,
                 .spool = spool_state.waiting,
                 .now = now,
                 .received_rate = received_rate,
                 .delivered_rate = delivered_rate,
                 .next_try = next_try,
                 .more = more});
  }
  [[nodiscard]] std::string text() const { return look(status_text); }
  [[nodiscard]] std::string json() const { return look(status_json); }
  [[nodiscard]] std::string first_line() const { return lines_of(text()).front(); }
};

// What the API lets through is said where that is not all.
TEST(Status, SaysHowTheApiLimitsAndFails) {
  Patient patient;
  EXPECT_EQ(patient.text().find("paced"), std::string::npos);
  patient.delivery.upstream.pace = 287.4;
  patient.delivery.upstream.refused_share = 0.004;
  EXPECT_NE(patient.text().find("paced at 287/s by the API (429), 0.4 % refused"), std::string::npos) << patient.text();
  EXPECT_EQ(patient.first_line(), "delivering") << "no trouble";
  EXPECT_EQ(member(patient.json(), "state"), "delivering");
  patient.delivery.upstream.noise = 0.1;
  EXPECT_NE(patient.text().find("0.4 % refused; the API fails 10 % of requests at any rate"), std::string::npos)
      << patient.text();
  patient.delivery.upstream.pace = 0;
  EXPECT_NE(patient.text().find("the API fails 10 % of requests at any rate; at full speed"), std::string::npos)
      << patient.text();
  for (const auto& [pace, text] : {std::pair(0.3, "paced at 0.30/s"), std::pair(9.99, "paced at 9.99/s"),
                                   std::pair(0.001, "paced at 0.01/s"), std::pair(10.4, "paced at 10/s")}) {
    patient.delivery.upstream.pace = pace;
    EXPECT_NE(patient.text().find(text), std::string::npos) << patient.text();
  }
}

TEST(Status, AHealthyOneSaysSoAndNothingElseFirst) {
  EXPECT_EQ(Patient{}.first_line(), "delivering");
  EXPECT_EQ(member(Patient{}.json(), "state"), "delivering");
  EXPECT_EQ(member(Patient{}.json(), "troubles"), "[]");
}

TEST(Status, AWrongKeySaysWhereTheRightOneGoes) {
  Patient patient;
  patient.mode(Mode::kPaused, 401, "Your API key is invalid");
  EXPECT_THAT(patient.first_line(),
              MatchesRegex("paused: the API refuses the key \\(401 since [0-9: -]+\\); put the right one in "
                           "/etc/respand/api_key and run: systemctl reload respand"));
  using Kind = config::KeyOrigin::Kind;
  for (const auto& [origin, words] :
       {std::pair(config::KeyOrigin{Kind::kConfiguration, "/x.yaml"},
                  "put the right one in /x.yaml and run: systemctl reload"),
        {{Kind::kCredential, "/run/credentials/x"}, "systemctl restart respand"},
        {{Kind::kEnvironment, "RESPAN_API_KEY"}, "environment RESPAN_API_KEY and restart respand"}}) {
    patient.config.api.key_origin = origin;
    EXPECT_THAT(patient.first_line(), HasSubstr(words));
  }
  EXPECT_EQ(member(patient.json(), "state"), "paused");
}

TEST(Status, ARecordThatIsStuckIsNamedWithWhatHelps) {
  Patient patient;
  patient.delivery.stuck.records = 1;
  patient.delivery.stuck.longest = {{Sequence{815}, 37, patient.now - std::chrono::hours{3}, "500"}};
  EXPECT_THAT(patient.first_line(),
              MatchesRegex("delivering, but 1 record has failed 37 times since [0-9: -]+ \\(500\\), "
                           "others are delivered: respand dead-letters add --sequence 815"));
  EXPECT_THAT(patient.json(),
              HasSubstr(R"("stuck":{"records":1,"longest":[{"sequence":815,"attempts":37,"since":"20)"));
  patient.delivery.stuck.records = 12;
  EXPECT_THAT(patient.first_line(), HasSubstr("12 records fail while others are delivered, number 815 has failed 37"));
}

TEST(Status, SaysWhenItTriesAgainAndWhenTheJournalIsFull) {
  Patient patient;
  EXPECT_THAT(patient.text(), testing::Not(testing::AnyOf(HasSubstr("full in"), HasSubstr("next try"))));
  EXPECT_THAT(patient.json(), HasSubstr("\"full_in_seconds\":null"));
  patient.mode(Mode::kOpen, http::Failure::kConnect, "refused");
  patient.next_try = seconds{12};
  patient.journal.backlog_records = 10;
  patient.journal.open_bytes = 10 << 20;
  patient.received_rate = 2;
  patient.delivered_rate = 1;
  EXPECT_THAT(patient.text(), HasSubstr("; next try in 12 s\n"));
  EXPECT_THAT(patient.text(), HasSubstr("; full in 1 h 8 min at this rate\n"));
  EXPECT_THAT(patient.json(), HasSubstr("\"full_in_seconds\":4086"));
  EXPECT_THAT(patient.json(), HasSubstr("\"next_try_seconds\":12.000"));
  patient.delivered_rate = 2;
  EXPECT_THAT(patient.text(), testing::Not(HasSubstr("full in"))) << "it does not fill";
}

TEST(Status, TheIntakeIsReadyWhateverTheApiDoes) {
  Patient patient;
  EXPECT_EQ(patient.look(ready_text), "ready\n");
  EXPECT_EQ(patient.look(intake_text), "ready\n");
  patient.mode(Mode::kPaused, 401, "Your API key is invalid");
  EXPECT_THAT(patient.look(ready_text), StartsWith("not ready: paused: the API refuses the key"));
  EXPECT_EQ(patient.look(intake_text), "ready\n");
  patient.journal_is(Condition::kFull, "journal.max_size is reached");
  EXPECT_THAT(patient.look(intake_text), StartsWith("not ready: the journal is full"));
  EXPECT_EQ(lines_of(patient.look(intake_text)).size(), 1U);
  patient.config.journal.when_full = config::WhenFull::kDropOldest;
  EXPECT_EQ(patient.look(intake_text), "ready\n");
}

// What fills it differs, and so does what helps.
TEST(Status, AFullJournalNamesTheCauseAndARemedyThatWorks) {
  Patient patient;
  patient.journal_is(Condition::kFull, "journal.max_size is reached");
  patient.journal.backlog_records = 3;
  EXPECT_THAT(patient.first_line(), HasSubstr("3 records wait"));
  EXPECT_THAT(patient.first_line(), HasSubstr("it fills faster than the API takes it"));
  patient.delivery.stuck.records = 3;
  patient.delivery.stuck.longest = {{Sequence{815}, 37, patient.now, "500"}};
  EXPECT_THAT(patient.first_line(),
              HasSubstr("what waits fails again and again: respand dead-letters add --sequence 815"));
  patient.dead_letters_are(DeadLetterCondition::kFull,
                           "dead_letters.max_size (1GiB) is reached: replay, export or purge some");
  EXPECT_THAT(patient.first_line(), HasSubstr("refused records can't be put aside: look at them"));
  patient.mode(Mode::kOpen, 503, "busy");
  EXPECT_THAT(patient.first_line(), HasSubstr("nothing is delivered while the API fails"));
  patient.mode(Mode::kPaused, 401, "no");
  EXPECT_THAT(patient.text(), HasSubstr("also: the journal is full"));
  EXPECT_THAT(patient.text(), HasSubstr("nothing is delivered: put the right one in /etc/respand/api_key"));
}

TEST(Status, DeadLettersAreInTheHeadlineForAnHourAndNotedAfterIt) {
  Patient patient;
  patient.delivery.dead_letters.letters = 511;
  patient.delivery.dead_letters.last_reason = "422";
  patient.delivery.dead_letters.last_time = patient.now - seconds{2};
  const std::string words = "dead-lettered 511 (422), the last 2s ago: respand dead-letters list";
  EXPECT_EQ(patient.first_line(), "delivering; " + words);
  EXPECT_EQ(member(patient.json(), "state"), "delivering");
  EXPECT_THAT(patient.json(), HasSubstr(R"("kind":"dead_lettered")"));
  patient.delivery.dead_letters.last_time = patient.now - std::chrono::hours{3};
  EXPECT_EQ(patient.first_line(), "delivering");
  EXPECT_THAT(patient.text(), HasSubstr("note: dead-lettered 511 (422), the last 3h ago"));
}

TEST(Status, EveryTroubleHasAKindSaysWhatItIsAndWhatToDo) {
  struct Case {
    IssueKind kind;
    std::function<void(Patient&)> make;
    std::string_view starts;
    std::string_view remedy;
  };
  const std::vector<Case> cases = {
      {IssueKind::kKey, [](Patient& p) { p.mode(Mode::kPaused, 403, "no"); },
       "paused: the API refuses the key (403 since ", "api_key"},
      {IssueKind::kAccount, [](Patient& p) { p.mode(Mode::kPaused, 402, "pay"); },
       "paused: the API wants to be paid (402: pay since ", "account"},
      {IssueKind::kUpstreamWrong, [](Patient& p) { p.mode(Mode::kPaused, 404, "Not Found"); },
       "paused: nothing takes records at https://api.respan.ai", "api.base_url"},
      {IssueKind::kUpstreamWrong,
       [](Patient& p) { p.mode(Mode::kPaused, http::Failure::kResolve, "Could not resolve host: x"); },
       "paused: the name of the API's host is not known (resolve: ", "DNS"},
      {IssueKind::kUpstreamWrong, [](Patient& p) { p.mode(Mode::kPaused, http::Failure::kCertificate, "self-signed"); },
       "paused: the API's certificate is not good (certificate: self-signed since ", "api.ca_file"},
      {IssueKind::kUpstreamWrong, [](Patient& p) { p.mode(Mode::kPaused, 415, "what", true); },
       "paused: the API does not take the form", "api.compression: none"},
      {IssueKind::kProxy, [](Patient& p) { p.mode(Mode::kPaused, 407, "who are you"); },
       "paused: the proxy wants a user and a password (407: who are you since ", "api.proxy"},
      {IssueKind::kUpstreamWrong, [](Patient& p) { p.mode(Mode::kPaused, 511, "log in"); },
       "paused: something between this host and the API stops the requests (511: log in since ", "wants a login"},
      {IssueKind::kUpstreamWrong, [](Patient& p) { p.mode(Mode::kPaused, 431, "large"); },
       "paused: the API finds the headers of the requests too large (431: large since ", "length of the key"},
      {IssueKind::kRefused, [](Patient& p) { p.mode(Mode::kPaused, 409, "conflict"); },
       "paused: record after record is refused, and none is taken (409: conflict since ", "dead-letters list"},
      {IssueKind::kApiDown, [](Patient& p) { p.mode(Mode::kOpen, 503, "busy"); },
       "waiting: the API fails (503: busy since ", "tried again by itself"},
      {IssueKind::kHeld, [](Patient& p) { p.mode(Mode::kHeld, 429, "slow"); },
       "waiting: the API asked for silence (429: slow since ", "delivery.rate_limit"},
      {IssueKind::kJournalFull, [](Patient& p) { p.journal_is(Condition::kFull, "journal.max_size is reached"); },
       "the journal is full: writers wait (journal.max_size, 4GiB", "journal.max_size"},
      {IssueKind::kDiskFull, [](Patient& p) { p.journal_is(Condition::kDiskFull, "write x: No space left on device"); },
       "the disk is full: writers wait (write x: No space", "/var/lib/respand/journal"},
      {IssueKind::kDiskFull,
       [](Patient& p) {
         p.journal_is(Condition::kNoInodes, "open x: No space left on device (no inodes left: df -i)");
       },
       "the disk has no inodes left: writers wait (open x: No space",
       "remove files on the file system of /var/lib/respand"},
      {IssueKind::kJournalFull,
       [](Patient& p) {
         p.journal_is(Condition::kUnsyncedFull,
                      "records of the last interval can't be written anew: journal.max_size is reached");
       },
       "the journal is full: writers wait (journal.max_size, 4GiB", "journal.max_size"},
      {IssueKind::kJournal, [](Patient& p) { p.journal_is(Condition::kFilesGone, "the journal's files were removed"); },
       "the journal can't be written: writers wait (the journal's files were removed)", "check the disk"},
      {IssueKind::kJournal, [](Patient& p) { p.journal_is(Condition::kIoError, "write x: Input/output error"); },
       "the journal can't be written: writers wait (", "dmesg"},
      {IssueKind::kDeadLettersFull,
       [](Patient& p) { p.dead_letters_are(DeadLetterCondition::kFull, "dead_letters.max_size (1GiB) is used up"); },
       "delivering, but records that the API refused", "dead-letters list"},
      {IssueKind::kDeadLetters,
       [](Patient& p) { p.dead_letters_are(DeadLetterCondition::kDiskFull, "write: No space left on device"); },
       "delivering, but records that the API refused", "make room"},
      {IssueKind::kDeadLetters, [](Patient& p) { p.dead_letters_are(DeadLetterCondition::kNoInodes, "open: no"); },
       "delivering, but records that the API refused", "its inodes are used up"},
      {IssueKind::kDeadLetters,
       [](Patient& p) { p.dead_letters_are(DeadLetterCondition::kFailed, "write: Input/output error"); },
       "delivering, but records that the API refused", "check /var/lib/respand/dead"},
      {IssueKind::kSpool,
       [](Patient& p) {
         p.spool = {spool::SpoolFault::kFileNotRead, "a spool file can't be read: x: Permission denied"};
       },
       "delivering, but files in the spool wait", "/var/spool/respand"},
      {IssueKind::kLedger,
       [](Patient& p) {
         p.ledger.condition = ledger::Condition::kFailed;
         p.ledger.issue = "disk I/O error";
       },
       "delivering, but costs are not counted", "/var/lib/respand/costs"},
  };
  for (const Case& c : cases) {
    Patient patient;
    c.make(patient);
    const auto issues = patient.issues();
    ASSERT_EQ(issues.size(), 1U) << name_of(c.kind);
    EXPECT_EQ(issues[0].kind, c.kind);
    EXPECT_THAT(patient.first_line(), StartsWith(std::string(c.starts)));
    EXPECT_THAT(issues[0].remedy, HasSubstr(c.remedy)) << name_of(c.kind);
    EXPECT_THAT(patient.json(), HasSubstr(cat(R"("kind":")", name_of(c.kind), '"')));
  }
}

TEST(Status, WhatIsOverIsANoteAndNoHeadline) {
  Patient patient;
  patient.totals.damaged = 2;
  patient.ledger.missed = 1;
  const auto lines = lines_of(patient.text());
  EXPECT_EQ(lines[0], "delivering");
  EXPECT_THAT(lines[1], StartsWith("note: 2 records could not be read back from the disk; check the disk"));
  EXPECT_EQ(lines[2], "note: 1 record went uncounted by the ledger");
}

TEST(Status, FilesThatWaitInTheSpoolAreNamedWithWhatToDo) {
  using spool::SpoolWait;
  struct Case {
    SpoolWait why;
    std::string_view what;
    std::string_view remedy;
  };
  for (const Case& c : {Case{SpoolWait::kUnreadable, "a.json in the spool can't be read by user ",
                             "chgrp respand /var/spool/respand/a.json; chmod g+r /var/spool/respand/a.json"},
                        {SpoolWait::kSuffix, "a.json in the spool is left alone", "take it away"},
                        {SpoolWait::kNotRemovable, "a.json in the spool was taken and can't be removed",
                         "chown respand /var/spool/respand"},
                        {SpoolWait::kRejected, "a.json in the spool stays: ", "spool.rejected_max_size"},
                        {SpoolWait::kOpen, "a.json in the spool is held open for writing", "must close it"}}) {
    Patient patient;
    auto& kind = patient.spool_state.waiting.kinds[static_cast<std::size_t>(c.why)];
    kind = {.files = 1, .name = "a.json", .since = patient.now - std::chrono::hours{1}};
    EXPECT_THAT(patient.first_line(), StartsWith(cat("delivering, but ", c.what)));
    EXPECT_THAT(patient.first_line(), HasSubstr(c.remedy));
    EXPECT_THAT(patient.text(),
                HasSubstr(cat("spool        1 file waits: 1 ", words_of(c.why), " (a.json); the oldest for 60m")));
    EXPECT_THAT(patient.json(), HasSubstr(cat(R"("spool":{"waiting_files":1,"oldest_seconds":3600.000,"reasons":{")",
                                              name_of(c.why), R"(":{"files":1,"oldest":"a.json","since":")")));
  }
  Patient well;
  well.spool_state.waiting.kinds[static_cast<std::size_t>(SpoolWait::kOpen)] = {
      .files = 1, .name = "a.json", .since = well.now - seconds{5}};
  EXPECT_EQ(well.first_line(), "delivering") << "somebody is writing it";
  well.spool_state.rejects_removed = 2;
  EXPECT_THAT(well.text(), HasSubstr("note: 2 files of refused lines went from the spool's rejected/"));
  well.spool_state.problems = {{"/x/rejected is no folder", "move it away"}};
  EXPECT_EQ(well.first_line(), "delivering, but /x/rejected is no folder; move it away");
}

TEST(Status, FitsFifteenLinesWhateverIsWrong) {
  Patient patient;
  patient.mode(Mode::kPaused, 401, std::string(4000, 'x'));
  patient.journal_is(Condition::kDiskFull, "write: No space left on device");
  patient.dead_letters_are(DeadLetterCondition::kFull, "dead_letters.max_size (1GiB) is used up");
  patient.spool = {spool::SpoolFault::kNotListed, "no"};
  patient.ledger.condition = ledger::Condition::kFailed;
  patient.ledger.issue = "no";
  patient.ledger.missed = patient.totals.damaged = 7;
  patient.config.records.sample.rate = 0.5;
  patient.more = "budget       one\nbudget       two\nbudget       and 3 more\n";
  for (std::uint32_t uid = 0; uid < 300; ++uid) {
    patient.users.push_back({.uid = uid, .records = 300 - uid, .held_back = uid == 1});
  }
  const auto lines = lines_of(patient.text());
  EXPECT_LE(lines.size(), 15U);
  EXPECT_THAT(lines[0], StartsWith("paused: the API refuses the key"));
  EXPECT_THAT(lines[1], StartsWith("also: the disk is full"));
  EXPECT_EQ(lines[3], "and 4 more: respand status --json");
  for (const std::string& line : lines) {
    EXPECT_LT(line.size(), 500U) << line;
  }
  const std::string json = patient.json();
  EXPECT_EQ(member(json, "state"), "blocked");
  EXPECT_THAT(json, HasSubstr(R"({"uid":1,"connections":0,"records":299,"refused":0,"bytes":0,"held_back":true})"));
}

TEST(Status, UsersAreNamedWhereThereAreSeveral) {
  Patient patient;
  patient.users = {{.uid = 5, .records = 9}};
  EXPECT_THAT(patient.text(), testing::Not(HasSubstr("users ")));
  patient.users.push_back({.uid = 6, .records = 8, .held_back = true});
  EXPECT_THAT(patient.text(), HasSubstr("users        uid 5: 9, uid 6: 8 (held back by socket.rate_limit)\n"));
}

}  // namespace
}  // namespace respand::app
