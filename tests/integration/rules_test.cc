// The operator's rules for records, checked where they matter: on the disk, at the API, in the counts.

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "tests/integration/daemon.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

constexpr std::string_view kSecrets[] = {"p4ssw0rd-of-ann", "ann@example.com", "sk-abcdefghij0123456789",
                                         "tok123456789", "4111 1111 1111 1111"};
constexpr std::string_view kMasks =
    "records:\n"
    "  redact: [/customer_credentials, /credential_override, /metadata/*/token]\n"
    "  redact_text: [email, api_key, bearer, credit_card]\n";

std::string secretive(std::uint64_t number) {
  return cat(R"({"model":"m","custom_identifier":"record-)", number, R"(","customer_credentials":{"key":")",
             kSecrets[0], R"("},"metadata":{"a":{"token":")", kSecrets[0],
             R"("}},"prompt_messages":[{"role":"user","content":"I am )", kSecrets[1], R"(, \"pay\" with )",
             kSecrets[4], R"("}],"completion_message":{"content":"Use )", kSecrets[2], R"(\nAuthorization: Bearer )",
             kSecrets[3], R"("},"number":0.10})");
}

std::string masked(std::uint64_t number) {
  return cat(R"({"model":"m","custom_identifier":"record-)", number,
             R"(","customer_credentials":{},"metadata":{"a":{"token":"[redacted]"}},)",
             R"("prompt_messages":[{"role":"user","content":"I am [email], \"pay\" with [credit_card]"}],)",
             R"("completion_message":{"content":"Use [api_key]\nAuthorization: Bearer [bearer]"},"number":0.10})");
}

// Every byte of every file below the folder, but for those in `except`.
void expect_no_secret_on_disk(const std::string& folder, const std::string& except) {
  std::size_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && !entry.path().string().starts_with(except)) {
      const std::string text = read_file(entry.path());
      bytes += text.size();
      for (const std::string_view secret : kSecrets) {
        EXPECT_EQ(text.find(secret), std::string::npos) << secret << " in " << entry.path();
      }
    }
  }
  EXPECT_GT(bytes, 1'000U);
}

TEST(Rules, ASecretReachesNeitherTheDiskNorTheApi) {
  SinkServer sink;
  sink.stop();  // so that the records lie in the journal
  Daemon daemon(sink.url(), std::string(kMasks));
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_EQ(daemon.send_acknowledged(secretive(1) + "\n[" + secretive(2) + "]\n").back(), R"({"durable":2})");
  Client http = daemon.connect();
  const auto answer = http.request("POST", "/api/request-logs/create/", secretive(3));
  ASSERT_TRUE(answer && answer->status() == 200);
  write_file(daemon.spool_path() + "/.file", secretive(4) + "\n");
  std::filesystem::rename(daemon.spool_path() + "/.file", daemon.spool_path() + "/file.ndjson");
  ASSERT_TRUE(eventually([&] { return names_in(daemon.spool_path()).empty(); }));
  expect_no_secret_on_disk(daemon.folder().path(), daemon.spool_path());
  sink::Rules refuse_first;
  refuse_first.fail = {{sink::Fault::kNone, 422, 1}};
  sink.set_rules(refuse_first);
  sink.start();
  daemon.process().send_signal(SIGHUP);  // try at once
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_dead_lettered_total", 4));
  expect_no_secret_on_disk(daemon.folder().path(), daemon.spool_path());
  sink.set_rules({});
  ASSERT_EQ(daemon.send_acknowledged(secretive(5) + "\n").back(), R"({"durable":1})");
  ASSERT_TRUE(sink.wait_for_records(1));
  EXPECT_TRUE(same_but_for(masked(5), sink.bodies().at(0), {"timestamp"})) << sink.bodies().at(0);
  for (const auto& received : sink.received()) {
    for (const std::string_view secret : kSecrets) {
      EXPECT_EQ(received.body.find(secret), std::string::npos) << secret;
    }
  }
  ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  for (const std::string rule :
       {"/customer_credentials", "/metadata/*/token", "email", "api_key", "bearer", "credit_card"}) {
    EXPECT_EQ(daemon.metric("respand_redactions_total", {{"rule", rule}}), 5) << rule;
  }
  daemon.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  for (const std::string_view secret : kSecrets) {
    EXPECT_EQ(daemon.process().err().find(secret), std::string::npos) << secret << " in the log";
  }
}

// A line that can't be parsed can't be masked. A refused line of a spool file is kept as it was written, in the spool
// and nowhere else, and messages about it quote nothing of it.
TEST(Rules, ARefusedRecordLeaksNothingItWasNotOnTheDiskWithBefore) {
  SinkServer sink;
  Daemon daemon(sink.url(), std::string(kMasks));
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const std::string broken = secretive(1) + "]";
  const auto answers = daemon.send_acknowledged(broken + "\n");
  ASSERT_EQ(answers.size(), 2U);
  Client http = daemon.connect();
  const auto refused = http.request("POST", "/api/request-logs/create/", broken);
  ASSERT_TRUE(refused && refused->status() == 400);
  write_file(daemon.spool_path() + "/.file", broken + "\n");
  std::filesystem::rename(daemon.spool_path() + "/.file", daemon.spool_path() + "/file.ndjson");
  // Its .errors came first.
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(daemon.spool_path() + "/rejected/file.ndjson"); }));
  EXPECT_EQ(read_file(daemon.spool_path() + "/rejected/file.ndjson"), broken + "\n");
  const std::string errors = read_file(daemon.spool_path() + "/rejected/file.ndjson.errors");
  expect_no_secret_on_disk(daemon.folder().path(), daemon.spool_path());
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  for (const std::string_view secret : kSecrets) {
    EXPECT_EQ(cat(answers[0], refused->body, errors, daemon.process().err()).find(secret), std::string::npos);
  }
}

TEST(Rules, DefaultsAndAReload) {
  SinkServer sink;
  Daemon daemon(sink.url(), "records: {defaults: {metadata: {host: web-1}, environment: prod}}");
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  EXPECT_EQ(daemon.process().err().find("records.defaults"), std::string::npos);
  const std::string record = R"({"custom_identifier":"a","metadata":{"x":1},"customer_credentials":"s"})";
  daemon.send_acknowledged(record + "\n");
  ASSERT_TRUE(sink.wait_for_records(1));
  EXPECT_TRUE(sink.bodies()[0].starts_with(
      R"({"custom_identifier":"a","metadata":{"x":1,"host":"web-1"},"customer_credentials":"[redacted]",)"
      R"("environment":"prod","timestamp":")"))
      << sink.bodies()[0];
  daemon.set_more("records: {defaults: {team: red}, redact: [/metadata/x]}");
  daemon.process().send_signal(SIGHUP);
  ASSERT_TRUE(daemon.process().wait_for_line(" reloaded "));
  daemon.send_acknowledged(record + "\n");
  ASSERT_TRUE(sink.wait_for_records(2));
  EXPECT_TRUE(sink.bodies()[1].starts_with(
      R"({"custom_identifier":"a","metadata":{"x":0},"customer_credentials":"s","team":"red","timestamp":")"))
      << sink.bodies()[1];
  write_file(daemon.spool_path() + "/.file", record);
  std::filesystem::rename(daemon.spool_path() + "/.file", daemon.spool_path() + "/file.json");
  ASSERT_TRUE(sink.wait_for_records(3));
  EXPECT_TRUE(sink.bodies()[2].starts_with(R"({"custom_identifier":"a","metadata":{"x":0},)")) << sink.bodies()[2];
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  EXPECT_EQ(daemon.process().err().find("at the next start"), std::string::npos);
}

TEST(Rules, WhatIsSampledOutIsAcknowledgedCountedAndNotDelivered) {
  SinkServer sink;
  Daemon daemon(sink.url(), "records: {sample: {rate: 0.3, keep_slower_than: 5s}}");
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_TRUE(daemon.process().wait_for_line("records.sample leaves out records"));
  std::string lines;
  std::size_t trace_1 = 0;
  for (int i = 0; i < 300; ++i) {  // trace-1 (0.43) stays, trace-2 (0.14) goes out
    trace_1 += i % 3 != 0 ? 1 : 0;
    lines += cat(R"({"custom_identifier":"record-)", i, R"(","trace_unique_id":"trace-)", i % 3 == 0 ? 2 : 1, "\"}\n");
  }
  lines += R"({"custom_identifier":"failed","trace_unique_id":"trace-1","status_code":500})"
           "\n";
  lines += R"({"custom_identifier":"slow","trace_unique_id":"trace-1","latency":5.5})"
           "\n";
  ASSERT_EQ(daemon.send_acknowledged(lines).back(), R"({"durable":302})");
  ASSERT_TRUE(sink.wait_for_records(102));
  ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  EXPECT_EQ(daemon.metric("respand_records_dropped_total", {{"reason", "sampled_out"}}), 200);
  EXPECT_EQ(trace_1, 200U);
  EXPECT_EQ(sink.records(), 102U);
  daemon.expect_books_balance();
  EXPECT_NE(daemon.page("/status").body.find("sampling     a rate of 0.3;"), std::string::npos)
      << daemon.page("/status").body;
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  EXPECT_EQ(daemon.metric("respand_backlog_records"), 0);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  EXPECT_EQ(sink.records(), 102U);
}

}  // namespace
}  // namespace respand::test
