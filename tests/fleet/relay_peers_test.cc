// Relays that share a rate limit: whatever is cut, killed or stands still, all their parts together are no more than
// the whole, but for the smallest parts of those that know nothing.

#include "fleet/relay_peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "fleet/relay_announcement.h"
#include "respand/base/random.h"
#include "respand/base/text.h"
#include "tests/fleet/scripted_client.h"

namespace respand::fleet {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const MonoTime kBegin{hours{1}};

// Relays and a server between them that brings messages late.
class Network {
 public:
  struct Member final : nats::Handler {
    Member(std::uint64_t id, MonoTime now)
        : peers(
              "S", id, [this](const RelayShare& share) { used = share; }, client) {
      client.mutable_state().link = nats::Link::kUp;
      peers.configure(true, 100, now);
    }
    void link_changed(nats::Link) override {}
    void message(const nats::Message&) override {}
    void reply(const nats::Reply&) override {}
    // What a rate limiter does that was told `used` last.
    [[nodiscard]] double part(MonoTime now) const { return now < used.until ? used.part : kSmallestPart; }

    ScriptedClient client{*this};
    RelayShare used;
    RelayPeers peers;
    MonoTime stands_until{};
    std::optional<MonoTime> consumer;
    std::vector<std::pair<MonoTime, std::string>> inbox;
  };

  Member& join() { return *members.emplace_back(std::make_unique<Member>(++ids_, now)); }
  static void cut(Member& member, bool off = true) {
    member.client.mutable_state().link = off ? nats::Link::kConnecting : nats::Link::kUp;
    if (!off) {
      member.peers.restart();
    }
  }
  void say(const std::string& text) {
    for (const auto& member : members) {
      if (member->client.state().link == nats::Link::kUp) {
        member->inbox.emplace_back(now + delay(), text);
      }
    }
  }
  // A tenth of a second passes.
  void tick() {
    now += milliseconds{100};
    for (const auto& member : members) {
      if (now >= member->stands_until) {
        work(*member);
      }
    }
  }
  void run(Duration span) {
    for (const MonoTime end = now + span; now < end;) {
      tick();
      ASSERT_LE(sum(), 1 + static_cast<double>(members.size()) * kSmallestPart + 1e-9) << (now - kBegin).count();
    }
  }
  [[nodiscard]] double sum() const {
    double all = 0;
    for (const auto& member : members) {
      all += member->part(now);
    }
    return all;
  }

  MonoTime now = kBegin;
  std::vector<std::unique_ptr<Member>> members;
  SeededRandom random{11};
  Duration longest_delay = milliseconds{50};

 private:
  Duration delay() {
    return milliseconds{
        static_cast<int>(random.below(static_cast<std::uint64_t>(longest_delay / milliseconds{1}) + 1))};
  }
  void work(Member& member) {
    const bool up = member.client.state().link == nats::Link::kUp;
    if (up && (!member.consumer || now >= *member.consumer + seconds{10})) {
      member.consumer = now;
    }
    if (member.peers.step(now, member.consumer) && up) {
      member.consumer = now;
    }
    for (const ScriptedClient::Request& sent : std::exchange(member.client.published, {})) {
      EXPECT_EQ(sent.subject, "_RESPAND.RELAYS.S");
      say(sent.payload);
    }
    for (const auto& [at, text] : std::exchange(member.inbox, {})) {
      if (!up) {
        continue;
      }
      if (at > now) {
        member.inbox.emplace_back(at, text);
        continue;
      }
      nats::Message message;
      message.subscription = member.client.subscriptions.size();
      message.payload = text;
      EXPECT_TRUE(member.peers.take(message, now));
    }
    static_cast<void>(member.peers.step(now, member.consumer));
  }
  std::uint64_t ids_ = 0;
};

TEST(RelayPeers, ARelayListensBeforeItTakesTheWhole) {
  Network network;
  const auto& one = network.join();
  EXPECT_EQ(one.used.sharing, Sharing::kJoining);
  EXPECT_EQ(one.used.part, kSmallestPart);
  EXPECT_EQ(one.used.limit, 100U);
  network.run(seconds{9});
  EXPECT_EQ(one.used.sharing, Sharing::kJoining);
  network.run(seconds{2});
  EXPECT_EQ(one.used.sharing, Sharing::kHeld);
  EXPECT_EQ(one.used.part, 1);
  EXPECT_EQ(one.used.relays, 1U);
  EXPECT_LE(one.used.until, network.now + RelayPeers::kLease);
}

TEST(RelayPeers, ThoseThatAreThereMakeRoomAtOnce) {
  Network network;
  const auto& one = network.join();
  network.run(seconds{20});
  const auto& two = network.join();
  network.run(milliseconds{300});
  EXPECT_EQ(one.used.part, 0.5);
  EXPECT_EQ(two.used.part, kSmallestPart);
  network.run(seconds{15});
  EXPECT_EQ(two.used.part, 0.5);
  network.join();
  network.run(seconds{15});
  EXPECT_NEAR(network.sum(), 1, 1e-9);
  EXPECT_EQ(one.used.relays, 3U);
}

TEST(RelayPeers, WhoLeavesSaysSo) {
  Network network;
  const auto& one = network.join();
  auto& two = network.join();
  network.run(seconds{15});
  EXPECT_EQ(one.used.part, 0.5);
  two.peers.leave();
  ASSERT_THAT(two.client.published, SizeIs(1));
  network.say(two.client.published[0].payload);
  network.members.pop_back();
  network.run(milliseconds{300});
  EXPECT_EQ(one.used.part, 1);
}

TEST(RelayPeers, ThePartOfOneThatWasKilledIsTakenOver) {
  Network network;
  const auto& one = network.join();
  network.join();
  network.run(seconds{15});
  network.members.pop_back();
  network.run(seconds{7});
  EXPECT_EQ(one.used.part, 0.5) << "it may be cut off, and go on";
  network.run(seconds{9});
  EXPECT_EQ(one.used.part, 1);
}

TEST(RelayPeers, WhoIsCutOffTakesTheSmallestPart) {
  Network network;
  const auto& one = network.join();
  auto& two = network.join();
  network.run(seconds{15});
  Network::cut(two);
  network.run(seconds{3});
  EXPECT_EQ(two.part(network.now), 0.5) << "a connection is made anew within seconds";
  network.run(seconds{4});
  EXPECT_EQ(two.part(network.now), kSmallestPart);
  EXPECT_EQ(two.used.sharing, Sharing::kUnheard);
  network.run(seconds{10});
  EXPECT_EQ(one.used.part, 1);
  Network::cut(two, false);
  network.run(milliseconds{500});
  EXPECT_EQ(one.used.part, 0.5);
  EXPECT_EQ(two.used.sharing, Sharing::kJoining);
  network.run(seconds{15});
  EXPECT_EQ(two.used.part, 0.5);
}

// Nobody need be awake: the lease ends in the rate limiter.
TEST(RelayPeers, AThreadThatStandsStillLosesItsPart) {
  Network network;
  const auto& one = network.join();
  auto& two = network.join();
  network.run(seconds{15});
  two.stands_until = network.now + seconds{30};
  network.run(seconds{20});
  EXPECT_EQ(two.used.part, 0.5) << "it has not noticed";
  EXPECT_EQ(two.part(network.now), kSmallestPart);
  EXPECT_EQ(one.used.part, 1);
  network.run(seconds{30});
  EXPECT_EQ(two.used.part, 0.5);
}

// The smaller half hears itself; only the consumer's silence tells.
TEST(RelayPeers, NobodyIsForgottenWhileTheConsumerIsSilent) {
  Network network;
  auto& one = network.join();
  network.join();
  network.run(seconds{15});
  network.members.pop_back();
  for (int tick = 0; tick < 200; ++tick) {
    network.now += milliseconds{100};
    const auto last = kBegin + seconds{15};
    static_cast<void>(one.peers.step(network.now, last));
    for (const auto& sent : std::exchange(one.client.published, {})) {
      nats::Message message;
      message.subscription = one.client.subscriptions.size();
      message.payload = sent.payload;
      EXPECT_TRUE(one.peers.take(message, network.now));
    }
    ASSERT_EQ(one.used.part, 0.5);
  }
  static_cast<void>(one.peers.step(network.now + seconds{6}, kBegin + seconds{15}));
  EXPECT_EQ(one.used.part, kSmallestPart);
  EXPECT_EQ(one.used.sharing, Sharing::kUnheard);
}

// Joins, ends, cuts and stand-stills at random, over messages that take up to half a second.
TEST(RelayPeers, TheSumIsNeverAboveTheWhole) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Network network;
    network.random = SeededRandom(seed);
    network.longest_delay = milliseconds{500};
    network.join();
    for (int event = 0; event < 60; ++event) {
      const std::size_t at = network.random.below(network.members.size());
      Network::Member& member = *network.members[at];
      switch (network.random.below(5)) {
        case 0:
          if (network.members.size() < 6) {
            network.join();
          }
          break;
        case 1:
          if (network.members.size() > 1) {
            network.members.erase(network.members.begin() + static_cast<std::ptrdiff_t>(at));
          }
          break;
        case 2:
          Network::cut(member, member.client.state().link == nats::Link::kUp);
          break;
        case 3:
          member.stands_until = network.now + seconds{network.random.below(20)};
          break;
        default:
          break;
      }
      ASSERT_NO_FATAL_FAILURE(network.run(milliseconds{100 * (1 + network.random.below(100))}));
    }
    for (const auto& member : network.members) {
      if (member->client.state().link != nats::Link::kUp) {
        Network::cut(*member, false);
      }
      member->stands_until = {};
    }
    ASSERT_NO_FATAL_FAILURE(network.run(seconds{40}));
    for (const auto& member : network.members) {
      EXPECT_EQ(member->used.part, 1.0 / static_cast<double>(network.members.size()));
    }
  }
}

// Announcements come from the network: the worst that they can do is the smallest part.
TEST(RelayPeers, AFloodOfNamesTakesNoMoreThanItIsWorth) {
  Network network;
  const auto& one = network.join();
  network.run(seconds{15});
  for (std::uint64_t id = 100; id < 10'100; ++id) {
    network.say(RelayAnnouncement{id, 1, false}.encode());
  }
  network.say("nonsense");
  network.run(seconds{1});
  EXPECT_EQ(one.used.relays, kMostRelays);
  EXPECT_EQ(one.used.part, kSmallestPart);
  network.run(seconds{20});
  EXPECT_EQ(one.used.part, 1);
}

TEST(RelayPeers, NobodyCanSpeakForThisRelay) {
  Network network;
  auto& one = network.join();
  network.run(seconds{15});
  Network::cut(one);
  one.client.published.clear();
  network.run(seconds{10});
  nats::Message message;
  message.subscription = one.client.subscriptions.size();
  for (const RelayAnnouncement& forged : {RelayAnnouncement{1, 0, false}, {1, 1, false}, {1, 999, false}}) {
    const std::string text = forged.encode();
    message.payload = text;
    EXPECT_TRUE(one.peers.take(message, network.now));
  }
  static_cast<void>(one.peers.step(network.now, network.now));
  EXPECT_EQ(one.used.part, kSmallestPart);
}

TEST(RelayPeers, ADenialIsSaidAndTriedAgain) {
  Network network;
  auto& one = network.join();
  network.tick();
  nats::State& state = one.client.mutable_state();
  const auto deny = [&](std::string_view subject) {
    state.failure = nats::Failure::kCredentials;
    state.denied = subject;
    ++state.denials;
  };
  deny("another");
  network.tick();
  EXPECT_EQ(one.used.sharing, Sharing::kJoining);
  EXPECT_FALSE(one.peers.was_denied());
  deny("_RESPAND.RELAYS.S");
  one.inbox.clear();
  static_cast<void>(one.peers.step(network.now, network.now));
  EXPECT_EQ(one.used.sharing, Sharing::kDenied);
  EXPECT_EQ(one.used.part, kSmallestPart);
  EXPECT_TRUE(one.peers.was_denied());
  one.client.published.clear();
  network.now += seconds{59};
  static_cast<void>(one.peers.step(network.now, network.now));
  EXPECT_THAT(one.client.published, IsEmpty());
  network.run(seconds{3});
  EXPECT_THAT(one.client.subscriptions, SizeIs(2)) << "a subscription that was denied is none";
  EXPECT_EQ(one.used.sharing, Sharing::kJoining);
}

TEST(RelayPeers, AReloadSharesTheLimitOrNoLonger) {
  Network network;
  auto& one = network.join();
  network.run(seconds{15});
  one.peers.configure(true, 50, network.now);
  EXPECT_EQ(one.peers.share().limit, 50U);
  EXPECT_EQ(one.used.sharing, Sharing::kHeld) << "nothing begins anew";
  one.peers.configure(false, 50, network.now);
  EXPECT_EQ(one.used.sharing, Sharing::kOff);
  EXPECT_EQ(one.used.part, 1);
  EXPECT_EQ(one.used.until, MonoTime::max());
  ASSERT_THAT(one.client.published, SizeIs(1));
  EXPECT_THAT(one.client.published[0].payload, HasSubstr(" leaves"));
  EXPECT_EQ(one.peers.due(), MonoTime::max());
  one.client.published.clear();
  one.peers.configure(true, 50, network.now);
  EXPECT_EQ(one.used.sharing, Sharing::kJoining);
  EXPECT_EQ(one.used.part, kSmallestPart);
}

}  // namespace
}  // namespace respand::fleet
