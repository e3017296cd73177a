// The client's small parts: addresses, the list of servers, requests, and the lines that are sent.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nats/address.h"
#include "nats/commands.h"
#include "nats/keep_alive.h"
#include "nats/requests.h"
#include "nats/server_list.h"
#include "nats/subscriptions.h"
#include "respand/base/random.h"

namespace respand::nats {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

TEST(ServerAddress, IsRead) {
  const auto plain = parse_address("nats://nats.example:4333");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "nats.example");
  EXPECT_EQ(plain->port, 4333);
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->text(), "nats.example:4333");
  const auto all = parse_address("tls://me:p%40ss@[::1]:1/");
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->tls);
  EXPECT_EQ(all->host, "::1");
  EXPECT_EQ(all->port, 1);
  EXPECT_EQ(all->user, "me");
  EXPECT_EQ(all->password, "p@ss");
  EXPECT_EQ(all->text(), "[::1]:1");
  const auto token = parse_address("nats://t0ken@h");
  ASSERT_TRUE(token);
  EXPECT_EQ(token->user, "t0ken");
  EXPECT_FALSE(token->has_password);
  EXPECT_EQ(token->port, 4222);
  EXPECT_EQ(parse_address("127.0.0.1:7")->host, "127.0.0.1");
  for (const char* text : {"", "nats://", "http://h:1", "nats://h:0", "nats://h:65536", "nats://h:x", "nats://h:1:2",
                           "nats://me:secret@", "nats://me:secret@:1", "nats://h/secret", "nats://[::1",
                           "nats://[secret]:1", "nats://[::1]1", "h h", "nats://h:"}) {
    const auto refused = parse_address(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().message.find("secret"), std::string::npos) << "passwords stay out of messages";
  }
}

class ServerListTest : public ::testing::Test {
 protected:
  std::string take(ServerList& list) {
    const auto server = list.take(now);
    return server ? server->address.text() : std::string();
  }
  SeededRandom random{7};
  MonoTime now{std::chrono::seconds{100}};
};

TEST_F(ServerListTest, TriesEachOneAndThenWaits) {
  ServerList list({"nats://a:1", "nats://b:1", "nats://a:1"}, random);
  EXPECT_EQ(list.size(), 2U);
  EXPECT_EQ(list.due(), MonoTime{});
  std::set<std::string> tried;
  for (int i = 0; i < 2; ++i) {
    tried.insert(take(list));
    list.failed(now, Duration{0});
  }
  EXPECT_THAT(tried, UnorderedElementsAre("a:1", "b:1"));
  EXPECT_EQ(take(list), "");
  EXPECT_GT(list.due(), now);
  EXPECT_LE(list.due() - now, ServerList::kFirstWait);
}

TEST_F(ServerListTest, WaitsLongerEachTime) {
  ServerList list({"nats://a:1"}, random);
  Duration most = ServerList::kFirstWait;
  for (int round = 0; round < 12; ++round) {
    ASSERT_EQ(take(list), "a:1");
    list.failed(now, Duration{0});
    const Duration wait = list.due() - now;
    EXPECT_GE(wait, most / 2);
    EXPECT_LE(wait, most);
    EXPECT_EQ(take(list), "");
    now += wait;
    most = std::min(2 * most, ServerList::kLongestWait);
  }
}

TEST_F(ServerListTest, ALongConnectionMakesUpForFailures) {
  ServerList list({"nats://a:1"}, random);
  for (int i = 0; i < 20; ++i) {
    list.failed(now, Duration{0});
  }
  EXPECT_GE(list.due() - now, ServerList::kLongestWait / 2);
  list.failed(now, ServerList::kShortLife - Duration{1});
  EXPECT_GE(list.due() - now, ServerList::kLongestWait / 2);
  list.failed(now, ServerList::kShortLife);
  EXPECT_LE(list.due() - now, ServerList::kFirstWait);
}

TEST_F(ServerListTest, LearnsTheClustersServers) {
  ServerList list({"tls://me:secret@first.example:1"}, random);
  ASSERT_EQ(take(list), "first.example:1");
  EXPECT_FALSE(list.leave(now)) << "there is no other";
  list.learn({"first.example:1", "10.0.0.2:1", "[::1]:2", "not an address", "nats://who@h:1"});
  EXPECT_EQ(list.size(), 3U);
  list.failed(now, Duration{0});
  const auto learnt = list.take(now);
  ASSERT_TRUE(learnt);
  EXPECT_EQ(learnt->address.host, "10.0.0.2");
  EXPECT_TRUE(learnt->address.tls) << "as safe as the one that was configured";
  EXPECT_EQ(learnt->address.user, "me");
  EXPECT_THAT(learnt->other_names, ElementsAre("first.example"));
  list.learn({"10.0.0.3:1"});
  EXPECT_EQ(list.size(), 3U) << "the configured one, the current one, and the new one";
  EXPECT_TRUE(list.leave(now));
  EXPECT_EQ(take(list), "10.0.0.3:1");
  list.learn({});
  EXPECT_EQ(list.size(), 3U);
}

TEST_F(ServerListTest, SaysWhenThereIsNone) {
  EXPECT_EQ(ServerList({}, random).error(), "no server is named");
  EXPECT_NE(ServerList({"http://h"}, random).error(), "");
  const ServerList one({"http://h", "nats://h"}, random);
  EXPECT_EQ(one.error(), "");
  EXPECT_EQ(one.size(), 1U);
}

TEST(RequestTable, GivesEachItsEnd) {
  Requests requests("_INBOX.x");
  const MonoTime now{std::chrono::seconds{1}};
  EXPECT_EQ(requests.subject(), "_INBOX.x.*");
  EXPECT_EQ(requests.due(), MonoTime::max());
  const std::string first = requests.begin(70, now + Duration{5});
  const std::string second = requests.begin(71, now + Duration{3});
  const std::string third = requests.begin(72, now + Duration{3});
  EXPECT_EQ(requests.due(), now + Duration{3});
  for (const char* other : {"_INBOX.x.99", "_INBOX.x.", "_INBOX.x.-1", "_INBOX.y.1", ""}) {
    EXPECT_FALSE(requests.take(other)) << other;
  }
  EXPECT_EQ(requests.take(second), 71U);
  EXPECT_FALSE(requests.take(second)) << "once";
  EXPECT_TRUE(requests.take_ended(now).empty());
  using Ended = Requests::Ended;
  EXPECT_THAT(requests.take_ended(now + Duration{3}), ElementsAre(Ended{72, ReplyResult::kTimeout}));
  EXPECT_TRUE(requests.take_ended(now + Duration{3}).empty());
  EXPECT_FALSE(requests.take(third)) << "it came too late";
  requests.refuse(73, ReplyResult::kTooLarge);
  EXPECT_EQ(requests.due(), MonoTime::min());
  static_cast<void>(requests.begin(74, now));
  requests.break_all();
  EXPECT_TRUE(requests.empty());
  EXPECT_THAT(requests.take_ended(now), ElementsAre(Ended{73, ReplyResult::kTooLarge}, Ended{74, ReplyResult::kBroken},
                                                    Ended{70, ReplyResult::kBroken}));
  EXPECT_FALSE(requests.take(first));
  EXPECT_EQ(requests.due(), MonoTime::max());
}

TEST(Silence, IsAskedAboutOnceAndThenGivenUp) {
  MonoTime now{std::chrono::seconds{1}};
  const Duration interval = std::chrono::seconds{20};
  KeepAlive silence(interval, now);
  EXPECT_EQ(silence.ask(now + interval - Duration{1}), KeepAlive::Verdict::kAlive);
  now += interval;
  EXPECT_EQ(silence.due(), now);
  EXPECT_EQ(silence.ask(now), KeepAlive::Verdict::kAsk);
  EXPECT_EQ(silence.ask(now), KeepAlive::Verdict::kAlive);
  silence.heard(now + Duration{1});
  now += interval;
  EXPECT_EQ(silence.ask(now), KeepAlive::Verdict::kAlive);
  now += Duration{1};
  EXPECT_EQ(silence.ask(now), KeepAlive::Verdict::kAsk);
  EXPECT_EQ(silence.ask(now + interval - Duration{1}), KeepAlive::Verdict::kAlive);
  EXPECT_EQ(silence.ask(now + interval), KeepAlive::Verdict::kDead);
}

TEST(SubscriptionTable, IsMadeAnewOnEachConnection) {
  Subscriptions table(2);
  EXPECT_EQ(table.add("a.>", ""), 2U);
  EXPECT_EQ(table.add("b", "group"), 3U);
  EXPECT_TRUE(table.remove(2));
  EXPECT_FALSE(table.remove(2));
  EXPECT_EQ(table.add("c", ""), 4U) << "numbers are not used twice";
  EXPECT_TRUE(table.contains(3));
  EXPECT_FALSE(table.contains(2));
  std::string out;
  table.append_all(out);
  EXPECT_EQ(out, "SUB b group 3\r\nSUB c 4\r\n");
}

TEST(Lines, AreThoseOfTheProtocol) {
  std::string out;
  append_publish(out, "a.b", "", "", "xyz");
  append_publish(out, "a.b", "r", "", "");
  append_publish(out, "a.b", "", "A: b\r\n", "xyz");
  append_publish(out, "a.b", "r", "A: b\r\nC: d\r\n", "");
  append_subscribe(out, "a.>", "", 3);
  append_subscribe(out, "a.>", "q", 18446744073709551615U);
  append_unsubscribe(out, 3);
  EXPECT_EQ(out,
            "PUB a.b 3\r\nxyz\r\n"
            "PUB a.b r 0\r\n\r\n"
            "HPUB a.b 18 21\r\nNATS/1.0\r\nA: b\r\n\r\nxyz\r\n"
            "HPUB a.b r 24 24\r\nNATS/1.0\r\nA: b\r\nC: d\r\n\r\n\r\n"
            "SUB a.> 3\r\nSUB a.> q 18446744073709551615\r\nUNSUB 3\r\n");
  EXPECT_EQ(message_size("A: b\r\n", "xyz"), 21U);
  EXPECT_EQ(message_size("", "xyz"), 3U);
  std::string connect;
  ConnectOptions options;
  options.name = "n\"\xff";
  options.user = "me";
  append_connect(connect, options);
  EXPECT_EQ(connect.substr(0, 79),
            R"(CONNECT {"verbose":false,"pedantic":false,"tls_required":false,"name":"n\"?","u)");
  EXPECT_TRUE(connect.ends_with("\"echo\":true,\"headers\":true,\"no_responders\":true}\r\n"));
  EXPECT_EQ(connect.find("pass"), std::string::npos);
}

}  // namespace
}  // namespace respand::nats
