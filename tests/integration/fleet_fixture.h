#pragma once
// FleetTest: edges and relays, a NATS cluster and the stand-in API, all of them the real programs; and FleetLoad, the
// numbered records that edges have acknowledged.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "respand/nats/jetstream.h"
#include "tests/integration/daemon.h"
#include "tests/nats/harness.h"
#include "tests/support/nats_server.h"

namespace respand::test {

using std::chrono::seconds;

// A deadline, far off: a cluster that chooses a leader on a busy machine takes its time.
inline constexpr Duration kFleetPatience = std::chrono::minutes{5};

class FleetTest : public testing::Test {
 public:
  // How often each record came to the API.
  static std::map<std::string, int> arrived(SinkServer& sink) {
    std::map<std::string, int> count;
    for (const std::string& body : sink.bodies()) {
      const std::size_t at = body.find("\"record-");
      ++count[body.substr(at + 1, body.find('"', at + 1) - at - 1)];
    }
    return count;
  }

 protected:
  void SetUp() override {
    if (const std::string why = NatsServers::why_not(); !why.empty()) {
      GTEST_SKIP() << why;
    }
  }

  // Makes the stream and its consumer as `docs/fleet.md` has them.
  static void make_stream(const NatsServers& servers, int replicas, std::int64_t max_bytes = -1,
                          seconds ack_wait = seconds{30}, std::string credentials = {}) {
    nats::Target target = nats::target_to(servers.urls());
    target.credentials = std::move(credentials);
    nats::Harness client(target);
    ASSERT_TRUE(client.up());
    nats::StreamConfig stream;
    stream.name = "RESPAND";
    stream.subjects = {"respand.>"};
    stream.retention = "workqueue";
    stream.storage = "file";
    stream.discard = "new";
    stream.replicas = replicas;
    stream.max_bytes = max_bytes;
    stream.duplicate_window_ns = 120'000'000'000;
    ASSERT_TRUE(made(client, nats::stream_create_subject("RESPAND"), nats::create_request(stream)));
    nats::ConsumerConfig consumer;
    consumer.name = "respand";
    consumer.ack_policy = "explicit";
    consumer.deliver_policy = "all";
    consumer.ack_wait_ns = std::chrono::nanoseconds(ack_wait).count();
    consumer.max_deliver = -1;
    consumer.max_ack_pending = 1000;
    ASSERT_TRUE(
        made(client, nats::consumer_create_subject("RESPAND", "respand"), nats::create_request("RESPAND", consumer)));
  }
  // Until all replicas of the stream are up to date.
  static bool await_replicas(const NatsServers& servers) {
    nats::Harness client(nats::target_to(servers.urls()));
    return client.up() && client.poll_until(
                              [&] {
                                const auto answer = client.ask(nats::stream_info_subject("RESPAND"), "", seconds{2});
                                const auto read = nats::read_stream_info(answer.message.payload);
                                return read && !read->error && !read->value.leader.empty() &&
                                       read->value.current_replicas + 1 == static_cast<int>(servers.urls().size());
                              },
                              kFleetPatience);
  }
  static std::string nats_section(const NatsServers& servers, int replicas, std::string_view more = {}) {
    std::string urls;
    for (const std::string& url : servers.urls()) {
      urls += cat(urls.empty() ? "" : ", ", url);
    }
    return cat("nats: {servers: [", urls, "], stream: RESPAND, require: {replicas: ", replicas, "}", more, "}\n");
  }
  // `more`: keys of the section `nats`, each with a comma in front.
  static Daemon::Setup edge(const NatsServers& servers, int replicas, std::string_view name,
                            std::string_view batch = "max_records: 50", std::string_view more = {}) {
    return {.more =
                cat("destination: nats\n",
                    nats_section(servers, replicas, cat(", subject: respand.", name, ", batch: {", batch, "}", more)))};
  }
  static void remove_stream(const NatsServers& servers) {
    nats::Harness client(nats::target_to(servers.urls()));
    ASSERT_TRUE(client.up());
    ASSERT_TRUE(made(client, "$JS.API.STREAM.DELETE.RESPAND", {}));
  }
  static Daemon::Setup relay(const NatsServers& servers, int replicas, std::string_view more = {}) {
    return {.more = cat("source: nats\n", nats_section(servers, replicas, more))};
  }
  static bool says(const Daemon& daemon, std::string_view words) {
    return eventually([&] { return daemon.page("/status").body.find(words) != std::string::npos; }, kFleetPatience);
  }
  static std::string lines(std::uint64_t first, std::uint64_t count) {
    std::string out;
    for (std::uint64_t i = 0; i < count; ++i) {
      out += record(first + i) + "\n";
    }
    return out;
  }

 private:
  static bool made(nats::Harness& client, const std::string& subject, const std::string& request) {
    // A cluster that has just come up may have no leader yet; and its leader may know of a server only from the next
    // statistics on that it sends, which come every ten seconds: until then "no suitable peers for placement".
    const Deadline deadline(kFleetPatience);
    std::string said;
    while (!deadline.passed()) {
      const auto answer = client.ask(subject, request, seconds{2});
      if (answer.result == nats::ReplyResult::kReply && answer.message.payload.find("\"error\"") == std::string::npos) {
        return true;
      }
      if (std::exchange(said, answer.message.payload) != answer.message.payload) {
        std::printf("# %s\n", said.c_str());
      }
      client.turn(system_clock().mono() + std::chrono::milliseconds{200});
    }
    return false;
  }
};

// Hands numbered records to edges, and remembers those that were acknowledged.
class FleetLoad {
 public:
  // 500 records, over a connection of their own. What is not acknowledged is given up.
  void hand_in(Daemon& edge) {
    constexpr std::uint64_t kLines = 500;
    std::string lines = "!ack\n";
    const std::uint64_t first = next_;
    for (; next_ < first + kLines; ++next_) {
      lines += record(next_) + "\n";
    }
    Client client = edge.connect();
    if (!client.connected() || !client.send(lines)) {
      return;
    }
    client.half_close();
    const auto answers = lines_of(client.read_all());
    if (!answers.empty() && answers.back() == cat("{\"durable\":", kLines, "}")) {
      for (std::uint64_t number = first; number < next_; ++number) {
        acknowledged_.insert(number);
      }
    }
  }
  void hand_in(const std::vector<std::unique_ptr<Daemon>>& edges) {
    for (const auto& edge : edges) {
      hand_in(*edge);
    }
  }
  [[nodiscard]] std::size_t acknowledged() const { return acknowledged_.size(); }
  // Until each that was acknowledged has come to the API. It looks again when so many more have come as are missing.
  [[nodiscard]] bool arrives(SinkServer& sink) const {
    const Deadline deadline(kFleetPatience);
    for (;;) {
      const std::size_t before = sink.records();
      const std::size_t left = missing(FleetTest::arrived(sink));
      if (left == 0) {
        return true;
      }
      if (!sink.wait_for_records(before + left, deadline.at() - system_clock().mono())) {
        return false;
      }
    }
  }
  // Each arrived, and none more often than `most`.
  void expect_all(SinkServer& sink, int most) const {
    const auto count = FleetTest::arrived(sink);
    std::map<int, std::size_t> times;
    for (const auto& [name, often] : count) {
      ++times[often];
    }
    std::printf("fleet: %zu acknowledged, %zu arrived, %zu missing", acknowledged_.size(), count.size(),
                missing(count));
    for (const auto& [often, records] : times) {
      std::printf(", %zu x %d", records, often);
    }
    std::printf("\n");
    EXPECT_EQ(missing(count), 0U);
    EXPECT_LE(times.empty() ? 0 : times.rbegin()->first, most);
  }

 private:
  [[nodiscard]] std::size_t missing(const std::map<std::string, int>& count) const {
    return static_cast<std::size_t>(
        std::count_if(acknowledged_.begin(), acknowledged_.end(),
                      [&](std::uint64_t number) { return !count.contains(cat("record-", number)); }));
  }

  std::set<std::uint64_t> acknowledged_;
  std::uint64_t next_ = 1;
};

}  // namespace respand::test
