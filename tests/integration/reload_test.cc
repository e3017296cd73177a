// Reloads: what counts without a restart, what is said about the rest, and a thousand of them under load.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "tests/integration/daemon.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

using testing::HasSubstr;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kReloads = 30;
constexpr int kConnections = 1'000;
constexpr bool kMeasuresMemory = false;
#else
constexpr int kReloads = 1'000;
constexpr int kConnections = 10'000;
constexpr bool kMeasuresMemory = true;
#endif

std::size_t descriptors_of(Daemon& daemon) { return names_in(cat("/proc/", daemon.process().pid(), "/fd")).size(); }

HttpMessage reload(const Daemon& daemon) {
  Client client = Client::connect_unix(daemon.control_path());
  return client.request("POST", "/reload").value_or(HttpMessage{});
}

// One of two configurations that differ in everything that a running daemon follows but the destination.
std::string variant(int n) {
  return n % 2 == 0
             ? "delivery: {max_in_flight: 64, max_connections: 2, retry: {initial: 1ms, max: 20ms}}\n"
               "records: {redact: [/metadata/token], sample: {rate: 1}}"
             : "delivery: {max_in_flight: 8, max_connections: 2, rate_limit: 50000, retry: {initial: 2ms, max: 10ms}}\n"
               "records: {defaults: {environment: test}, redact_text: [email]}\n"
               "log: {level: warning}";
}

// Writes and counts what was acknowledged, until it is told to stop.
class Writer {
 public:
  Writer(Daemon& daemon, std::uint64_t first)
      : thread_([this, &daemon, first](const std::stop_token& stop) {
          for (std::uint64_t n = first; !stop.stop_requested(); n += kEach) {
            std::string lines;
            for (std::uint64_t i = n; i < n + kEach; ++i) {
              lines += record(i) + "\n";
            }
            const auto answers = daemon.send_acknowledged(lines);
            if (answers.empty() || answers.back() != cat("{\"durable\":", kEach, "}")) {
              ADD_FAILURE() << "not acknowledged: " << (answers.empty() ? "nothing" : answers.back());
              return;
            }
            for (std::uint64_t i = n; i < n + kEach; ++i) {
              acknowledged_.insert(cat("record-", i));
            }
          }
        }) {}
  [[nodiscard]] std::set<std::string> end() {
    thread_.request_stop();
    thread_.join();
    return std::move(acknowledged_);
  }

 private:
  static constexpr std::uint64_t kEach = 20;
  std::set<std::string> acknowledged_;
  std::jthread thread_;
};

TEST(Reload, AThousandUnderLoadLoseNothingAndLeaveNothingBehind) {
  SinkServer sink;
  Daemon daemon(sink.url(), variant(0));
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  // All that is made once is there after a few.
  for (int n = 0; n < 20; ++n) {
    daemon.set_more(variant(n));
    ASSERT_EQ(reload(daemon).status(), 200);
    daemon.send_acknowledged(record(1) + "\n");
  }
  ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  ASSERT_TRUE(daemon.wait_for_metric("respand_connections", 0));
  const std::size_t descriptors = descriptors_of(daemon);
  const long memory = daemon.memory_kib("RssAnon");
  Writer one(daemon, 1'000'000);
  Writer other(daemon, 2'000'000);
  for (int n = 0; n < kReloads; ++n) {
    daemon.set_more(n % 25 == 24 ? "jurnal: {}" : variant(n));
    if (n % 3 == 0) {
      daemon.process().send_signal(SIGHUP);
    }
    EXPECT_EQ(reload(daemon).status(), n % 25 == 24 ? 422U : 200U);
  }
  std::set<std::string> acknowledged = one.end();
  acknowledged.merge(other.end());
  EXPECT_FALSE(acknowledged.empty());
  ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  ASSERT_TRUE(daemon.wait_for_metric("respand_connections", 0));
  std::set<std::string> arrived;
  for (const std::string& body : sink.bodies()) {
    arrived.insert(member(body, "custom_identifier"));
  }
  EXPECT_TRUE(std::includes(arrived.begin(), arrived.end(), acknowledged.begin(), acknowledged.end()));
  // Two connections to the API may have been made since; nothing else may have stayed.
  EXPECT_LE(descriptors_of(daemon), descriptors + 2);
  std::cout << kReloads << " reloads: " << acknowledged.size() << " records acknowledged, all arrived; descriptors "
            << descriptors << " before, " << descriptors_of(daemon) << " after; anonymous memory " << memory << " KiB, "
            << daemon.memory_kib("RssAnon") << " KiB\n";
  if (kMeasuresMemory) {
    EXPECT_LE(daemon.memory_kib("RssAnon"), memory + 8 * 1024);
  }
  daemon.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Reload, SaysWhatCountsAndWhatNeedsARestart) {
  SinkServer sink;
  Daemon daemon(sink.url(), Daemon::Setup{.api = ", batch: {path: request-logs/batch/create, linger: 10s}"});
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.set_more("delivery: {max_in_flight: 5, workers: 4}\nlog: {format: json}");
  ASSERT_EQ(reload(daemon).status(), 200);
  const auto kept = daemon.process().wait_for_line("only from the next start on");
  ASSERT_TRUE(kept);
  EXPECT_THAT(*kept, HasSubstr("settings=\"delivery.workers log.format\""));
  const auto taken = daemon.process().wait_for_line(" reloaded ");
  ASSERT_TRUE(taken);
  EXPECT_THAT(*taken, HasSubstr("changed=delivery.max_in_flight"));
  Client client = Client::connect_unix(daemon.control_path());
  const std::string status = client.request("GET", "/status.json").value_or(HttpMessage{}).body;
  EXPECT_EQ(member(member(status, "delivery"), "max_in_flight"), "5");
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// Five go out together where two were a whole batch before.
TEST(Reload, TheCapsOfBatchesCountAtOnce) {
  sink::Rules rules;
  rules.batch = sink::BatchAnswers::kResults;
  SinkServer sink(rules);
  Daemon daemon(sink.url(),
                Daemon::Setup{.more = "delivery: {workers: 1}",
                              .api = ", batch: {path: request-logs/batch/create, linger: 10s, max_records: 2}"});
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  std::string text = read_file(daemon.config_path());
  text.replace(text.find("max_records: 2"), 14, "max_records: 5");
  write_file(daemon.config_path(), text);
  ASSERT_EQ(reload(daemon).status(), 200);
  std::string lines;
  for (std::uint64_t n = 0; n < 5; ++n) {
    lines += record(n) + "\n";
  }
  daemon.send_acknowledged(lines);
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_delivered_total", 5));
  EXPECT_EQ(sink.stats().records, 5U);
  EXPECT_EQ(sink.stats().requests, 1U);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Reload, ABadFileSaysLineAndColumnAndKeepsTheOldOne) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.set_more("delivery: {max_in_flight: none}\nrecords: {prices: /nowhere.yaml}");
  const HttpMessage refused = reload(daemon);
  EXPECT_EQ(refused.status(), 422U);
  EXPECT_THAT(refused.body,
              HasSubstr(cat(daemon.config_path(), ":9:27: delivery.max_in_flight: expected a whole number")));
  EXPECT_THAT(refused.body, HasSubstr(":10:19: records.prices: "));
  daemon.send_acknowledged(record(1) + "\n");
  EXPECT_TRUE(sink.wait_for_records(1));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Connections, TenThousandComeAndGoWithoutADescriptorLeftBehind) {
  SinkServer sink;
  Daemon daemon(sink.url(), "delivery: {max_connections: 2}");
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(record(1) + "\n");
  ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  ASSERT_TRUE(daemon.wait_for_metric("respand_connections", 0));
  const std::size_t before = descriptors_of(daemon);
  std::size_t whole = 1;
  for (int n = 0; n < kConnections; ++n) {
    Client client = n % 7 == 6 ? Client::connect_unix(daemon.control_path()) : daemon.connect();
    ASSERT_TRUE(client.connected()) << n;
    switch (n % 7) {
      case 0:  // says nothing
        break;
      case 1:
        client.send(record(static_cast<std::uint64_t>(n)) + "\n");
        ++whole;
        break;
      case 2:  // a line without an end: it counts when the writer closes
        client.send(record(static_cast<std::uint64_t>(n)));
        ++whole;
        break;
      case 3:
        client.send("POST /api/request-logs/create/ HTTP/1.1\r\nHost: x\r\nContent-Le");
        break;
      case 4:
        client.send("!ack\n{]\n");
        break;
      case 5:
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        break;
      default:
        client.send("GET /tap HTTP/1.1\r\nHost: x\r\n\r\n");
        break;
    }
  }
  EXPECT_TRUE(daemon.wait_for_metric("respand_connections", 0));
  EXPECT_TRUE(sink.wait_for_records(whole));
  EXPECT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  EXPECT_TRUE(eventually([&] { return descriptors_of(daemon) <= before + 2; }))
      << before << " before, " << descriptors_of(daemon) << " after";  // two may go to the API
  std::cout << kConnections << " connections: descriptors " << before << " before, " << descriptors_of(daemon)
            << " after\n";
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
