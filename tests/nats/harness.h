#pragma once
// Drives a client of NATS in tests: keeps all that the handler is told, and checks what every caller relies on: each
// request is answered once, and nothing is told outside poll().

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "nats/nats_client.h"
#include "respand/base/clock.h"
#include "respand/base/text.h"
#include "respand/nats/client.h"
#include "tests/support/nats_server.h"
#include "tests/support/patience.h"

namespace respand::nats {

inline Target target_to(const std::vector<std::string>& servers) {
  Target target;
  target.servers = servers;
  target.name = "test";
  return target;
}

// Its tests need a real nats-server, and are skipped where there is none.
class RealServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::NatsServers::why_not().empty()) {
      GTEST_SKIP() << test::NatsServers::why_not();
    }
    RecordProperty("nats_server", test::NatsServers::version());
  }
};

class Harness final : public Handler {
 public:
  struct Got {
    std::uint64_t subscription = 0;
    std::string subject;
    std::string reply;
    std::string headers;
    std::string payload;
    int status = 0;
  };
  struct Answer {
    ReplyResult result = ReplyResult::kReply;
    Got message;
  };

  explicit Harness(const Target& target) : client(target, system_clock(), *this) {}

  void link_changed(Link link) override {
    EXPECT_TRUE(polling_);
    links.push_back(link);
  }
  void message(const Message& message) override {
    EXPECT_TRUE(polling_);
    messages.push_back(copy(message));
  }
  void reply(const Reply& reply) override {
    EXPECT_TRUE(polling_);
    EXPECT_TRUE(replies.emplace(reply.id, Answer{reply.result, copy(reply.message)}).second) << "answered twice";
  }

  // Polls until `condition()` holds. False at the deadline.
  template <typename Condition>
  bool poll_until(Condition&& condition, Duration within = test::kPatience) {
    const test::Deadline deadline(within);
    while (!condition()) {
      if (deadline.passed()) {
        ADD_FAILURE() << "state: " << name_of(client.state().failure) << ", " << client.state().detail;
        return false;
      }
      turn(deadline.at());
    }
    return true;
  }
  void turn(MonoTime until) {
    polling_ = true;
    client.poll(until, [] { return true; });
    polling_ = false;
    EXPECT_EQ(client.state().detail.find("secret"), std::string::npos);
  }
  bool up() {
    return poll_until([&] { return client.state().link == Link::kUp; });
  }
  // Until the last try has failed with this.
  bool fails_with(Failure failure) {
    return poll_until([&] { return client.state().failure == failure; });
  }
  // A request from its start to its answer.
  Answer ask(std::string_view subject, std::string_view payload, Duration timeout = test::kPatience,
             std::string_view headers = {}) {
    const std::uint64_t id = next_id_++;
    client.request(id, subject, headers, payload, timeout);
    poll_until([&] { return replies.contains(id); });
    return replies[id];
  }

  std::vector<Link> links;
  std::vector<Got> messages;
  std::map<std::uint64_t, Answer> replies;
  NatsClient client;

 private:
  static Got copy(const Message& message) {
    return {message.subscription,         std::string(message.subject), std::string(message.reply),
            std::string(message.headers), std::string(message.payload), message.status};
  }
  bool polling_ = false;
  std::uint64_t next_id_ = 1;
};

}  // namespace respand::nats
