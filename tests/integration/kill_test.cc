// kill -9 at random moments, under load from stream, HTTP and spool writers at once, against an API that fails: what
// was acknowledged arrives. The oracle owns every acknowledgement; it prints what it counted.
//   RESPAND_KILLS=200 …/kill_test        the extended run; 25 kills where it is not set

#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "respand/base/random.h"
#include "tests/integration/daemon.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

// Identifiers that the daemon has promised to deliver, from all writers.
class Oracle {
 public:
  std::string next() { return cat("k-", number_++); }
  void acknowledged(const std::string& identifier) {
    acknowledged_.with([&](auto& set) { set.insert(identifier); });
  }
  [[nodiscard]] std::set<std::string> all() const {
    return acknowledged_.with([](const auto& set) { return set; });
  }

 private:
  std::atomic<std::uint64_t> number_ = 0;
  LockGuarded<std::set<std::string>> acknowledged_;
};

std::string record_of(const std::string& identifier) {
  return cat(R"({"model":"m","custom_identifier":")", identifier, R"(","cost":0.1})");
}

void write_stream(const Daemon& daemon, Oracle& oracle, const std::atomic<bool>& stop) {
  while (!stop) {
    Client client = daemon.connect();
    if (!client.connected() || !client.send("!ack\n")) {
      continue;
    }
    std::vector<std::string> sent;
    std::size_t durable = 0;
    for (bool alive = true; alive && !stop;) {
      std::string lines;
      for (int i = 0; i < 20; ++i) {
        sent.push_back(oracle.next());
        lines += record_of(sent.back()) + "\n";
      }
      alive = client.send(lines);
      while (alive && durable < sent.size()) {
        const auto answer = client.read_line();
        alive = answer.has_value();
        const std::size_t upto = alive ? std::stoull(member(*answer, "durable")) : durable;
        for (; durable < upto; ++durable) {
          oracle.acknowledged(sent[durable]);
        }
      }
    }
  }
}

void write_http(const Daemon& daemon, Oracle& oracle, const std::atomic<bool>& stop) {
  while (!stop) {
    Client client = daemon.connect();
    for (bool alive = client.connected(); alive && !stop;) {
      const std::string identifier = oracle.next();
      const auto answer = client.request("POST", "/api/request-logs/create/", record_of(identifier));
      alive = answer.has_value();
      if (alive && answer->status() == 200) {
        oracle.acknowledged(identifier);
      }
    }
  }
}

// A spool file is a promise from the moment it stands under its name.
void write_spool(const Daemon& daemon, Oracle& oracle, const std::atomic<bool>& stop, std::set<std::string>& spooled) {
  for (std::uint64_t file = 0; !stop; ++file) {
    std::string lines;
    std::vector<std::string> identifiers;
    for (int i = 0; i < 30; ++i) {
      identifiers.push_back(oracle.next());
      lines += record_of(identifiers.back()) + "\n";
    }
    const std::string hidden = cat(daemon.spool_path(), "/.", file);
    const std::string name = cat(daemon.spool_path(), "/f", file, ".ndjson");
    write_file(hidden, lines);
    std::filesystem::rename(hidden, name);
    for (const std::string& identifier : identifiers) {
      oracle.acknowledged(identifier);
      spooled.insert(identifier);
    }
    // The next one once this is taken: a backlog of files would only wait.
    static_cast<void>(eventually([&] { return stop || !std::filesystem::exists(name); }));
  }
}

TEST(Kill, AcknowledgedRecordsSurviveKill9UnderLoad) {
  const char* const wanted = std::getenv("RESPAND_KILLS");  // NOLINT(concurrency-mt-unsafe): before any thread
  const int kills = wanted != nullptr ? std::stoi(wanted) : 25;
  sink::Rules rules;
  rules.fail = {{sink::Fault::kNone, 503, 0.1}, {sink::Fault::kReset, 0, 0.05}, {sink::Fault::kClose, 0, 0.05}};
  SinkServer sink(rules);
  constexpr int kMaxInFlight = 64;
  Daemon daemon(sink.url(), cat("delivery: {max_in_flight: ", kMaxInFlight, ", retry: {initial: 5ms, max: 50ms}}"));
  Oracle oracle;
  std::set<std::string> spooled;
  SeededRandom random(20261121);
  {
    std::atomic<bool> stop = false;
    ASSERT_NO_FATAL_FAILURE(daemon.start());
    std::vector<std::jthread> writers;
    writers.emplace_back([&] { write_stream(daemon, oracle, stop); });
    writers.emplace_back([&] { write_http(daemon, oracle, stop); });
    writers.emplace_back([&] { write_spool(daemon, oracle, stop, spooled); });
    for (int kill = 0; kill < kills && !testing::Test::HasFatalFailure(); ++kill) {
      // Somewhere in the next few hundred requests.
      EXPECT_TRUE(sink.wait_for_requests(sink.received().size() + 1 + random.below(400)));
      daemon.kill();
      [&] { ASSERT_NO_FATAL_FAILURE(daemon.start()); }();
    }
    stop = true;
  }
  ASSERT_FALSE(testing::Test::HasFatalFailure());
  ASSERT_TRUE(eventually([&] { return names_in(daemon.spool_path()).empty(); }));
  ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  daemon.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());

  std::map<std::string, int> arrived;
  for (const std::string& body : sink.bodies()) {
    ++arrived[member(body, "custom_identifier")];
  }
  std::uint64_t duplicates = 0;
  for (const auto& [identifier, times] : arrived) {
    duplicates += static_cast<std::uint64_t>(times) - 1;
  }
  std::uint64_t lost = 0;
  const std::set<std::string> acknowledged = oracle.all();
  for (const std::string& identifier : acknowledged) {
    lost += arrived.contains(identifier) ? 0U : 1U;
  }
  std::printf("kills %d, acknowledged %zu, lost %llu, duplicates %llu (%.1f a kill; %d could be in flight)\n", kills,
              acknowledged.size(), static_cast<unsigned long long>(lost), static_cast<unsigned long long>(duplicates),
              static_cast<double>(duplicates) / kills, kMaxInFlight);
  EXPECT_EQ(lost, 0U);
  EXPECT_GT(acknowledged.size(), 100U);
  EXPECT_LE(duplicates, static_cast<std::uint64_t>(kills) * kMaxInFlight);
}

}  // namespace
}  // namespace respand::test
