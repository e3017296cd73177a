// The client against servers that hang, lie and break off: each failure has its name, requests get their one answer,
// and memory stays bounded.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>

#include "tests/http/raw_server.h"
#include "tests/nats/harness.h"
#include "tests/support/certificates.h"
#include "tests/support/own_mounts.h"

namespace respand::nats {
namespace {

using http::Peer;
using http::RawServer;

constexpr std::string_view kInfo =
    "INFO {\"server_name\":\"liar\",\"version\":\"2.10.27\",\"headers\":true,\"max_payload\":1048576} \r\n";

std::string url_of(const RawServer& server) { return cat("nats://127.0.0.1:", server.port()); }

Target impatient(const RawServer& server) {
  Target target = target_to({url_of(server)});
  target.connect_timeout = std::chrono::milliseconds{200};
  return target;
}

// What a good server says until the connection is up.
bool welcome(Peer& peer) { return peer.send(kInfo) && peer.read_until("PING\r\n") && peer.send("PONG\r\n"); }

struct Lie {
  std::string_view what;
  std::string said;
  Failure failure;
  std::string_view detail;
};

TEST(HostileNats, WhatIsNotAGreetingHasItsName) {
  const std::vector<Lie> lies = {
      {"nothing, and an end", "", Failure::kClosed, "closed"},
      {"another protocol", "SSH-2.0-OpenSSH_9.2\r\n", Failure::kProtocol, "not NATS"},
      {"no JSON", "INFO {\r\n", Failure::kProtocol, "INFO"},
      {"a bomb", cat("INFO {\"a\":", std::string(20'000, '['), "\r\n"), Failure::kProtocol, "INFO"},
      {"a line without an end", cat("INFO {", std::string(70'000, 'x')), Failure::kProtocol, "not NATS"},
      {"a negative size", "INFO {\"headers\":true,\"max_payload\":-5}\r\n", Failure::kProtocol, "INFO"},
      {"no headers", "INFO {\"version\":\"2.1.0\",\"max_payload\":5}\r\n", Failure::kProtocol, "older than 2.2"},
      {"a message first", "MSG a 1 0\r\n\r\n", Failure::kProtocol, "not NATS"},
      {"too many connections", "-ERR 'maximum connections exceeded'\r\n", Failure::kClosed, "maximum connections"},
  };
  for (const Lie& lie : lies) {
    const RawServer server([&](Peer& peer) { peer.send(lie.said); });
    Harness harness(target_to({url_of(server)}));
    EXPECT_TRUE(harness.fails_with(lie.failure)) << lie.what;
    EXPECT_NE(harness.client.state().detail.find(lie.detail), std::string::npos)
        << lie.what << ": " << harness.client.state().detail;
    EXPECT_TRUE(harness.links.empty());
  }
}

TEST(HostileNats, WhatIsNoAnswerToConnectHasItsName) {
  const std::vector<Lie> lies = {
      {"nothing, and an end", "", Failure::kClosed, "closed"},
      {"a refusal", "-ERR 'Authorization Violation'\r\n", Failure::kCredentials, "Authorization Violation"},
      {"a refusal of a key", "-ERR 'Authentication Timeout'\r\n", Failure::kCredentials, "Authentication Timeout"},
      {"a message", "MSG a 1 0\r\n\r\n", Failure::kProtocol, "before anything was subscribed"},
      {"nonsense", "PONGPONG\r\n", Failure::kProtocol, "PONGPONG"},
  };
  for (const Lie& lie : lies) {
    const RawServer server([&](Peer& peer) {
      if (peer.send(kInfo) && peer.read_until("PING\r\n")) {
        peer.send(lie.said);
      }
    });
    Harness harness(target_to({url_of(server)}));
    EXPECT_TRUE(harness.fails_with(lie.failure)) << lie.what;
    EXPECT_NE(harness.client.state().detail.find(lie.detail), std::string::npos)
        << lie.what << ": " << harness.client.state().detail;
  }
}

TEST(HostileNats, HangingIsTimedOutWhereverItHappens) {
  const RawServer silent([](Peer& peer) { peer.hang(); });
  Harness first(impatient(silent));
  EXPECT_TRUE(first.fails_with(Failure::kConnect));
  EXPECT_NE(first.client.state().detail.find("INFO"), std::string::npos) << first.client.state().detail;
  const RawServer deaf([](Peer& peer) {
    peer.send(kInfo);
    peer.hang();
  });
  Harness second(impatient(deaf));
  EXPECT_TRUE(second.fails_with(Failure::kConnect));
  EXPECT_NE(second.client.state().detail.find("CONNECT"), std::string::npos) << second.client.state().detail;
  test::Certificates certificates;
  const RawServer no_tls([](Peer& peer) {
    peer.send("INFO {\"headers\":true,\"max_payload\":5,\"tls_required\":true}\r\n");
    peer.hang();
  });
  Target target = impatient(no_tls);
  target.ca_file = certificates.authority();
  Harness third(target);
  EXPECT_TRUE(third.fails_with(Failure::kConnect));
  EXPECT_NE(third.client.state().detail.find("TLS"), std::string::npos) << third.client.state().detail;
}

TEST(HostileNats, NobodyGetsCredentialsWithoutTheTlsThatWasAskedFor) {
  test::Certificates certificates;
  std::atomic<bool> heard{false};
  const RawServer plain([&](Peer& peer) {
    peer.send(kInfo);
    heard = peer.read_until("CONNECT");
  });
  Target target = target_to({cat("tls://me:secret@127.0.0.1:", plain.port())});
  Harness by_scheme(target);
  EXPECT_TRUE(by_scheme.fails_with(Failure::kCertificate));
  target = target_to({cat("nats://me:secret@127.0.0.1:", plain.port())});
  target.ca_file = certificates.authority();
  Harness by_file(target);
  EXPECT_TRUE(by_file.fails_with(Failure::kCertificate));
  EXPECT_NE(by_file.client.state().detail.find("offers no TLS"), std::string::npos);
  EXPECT_FALSE(heard);
  const RawServer injecting([&](Peer& peer) {
    peer.send("INFO {\"headers\":true,\"max_payload\":5,\"tls_required\":true}\r\nMSG a 1 0\r\n\r\n");
    peer.hang();
  });
  Harness injected(target_to({url_of(injecting)}));
  EXPECT_TRUE(injected.fails_with(Failure::kProtocol));
  EXPECT_NE(injected.client.state().detail.find("between INFO and TLS"), std::string::npos);
  const RawServer nonsense([&](Peer& peer) {
    peer.send("INFO {\"headers\":true,\"max_payload\":5,\"tls_required\":true}\r\n");
    peer.read_until("\x16");
    peer.send("MSG a 1 0\r\n\r\nMSG a 1 0\r\n\r\n");
    peer.hang();
  });
  Harness talked_to(target_to({url_of(nonsense)}));
  EXPECT_TRUE(talked_to.fails_with(Failure::kProtocol));
}

TEST(HostileNats, ABreakAnswersWhatIsWaiting) {
  for (const bool reset : {false, true}) {
    const RawServer server([&](Peer& peer) {
      if (welcome(peer) && peer.read_until("PUB service")) {
        reset ? peer.reset() : peer.close();
      }
    });
    Harness harness(target_to({url_of(server)}));
    ASSERT_TRUE(harness.up());
    EXPECT_EQ(harness.ask("service", "x").result, ReplyResult::kBroken);
    EXPECT_EQ(harness.client.state().failure, Failure::kClosed);
    EXPECT_EQ(harness.links, (std::vector<Link>{Link::kUp, Link::kConnecting}));
    EXPECT_TRUE(harness.up());
  }
}

TEST(HostileNats, NonsenseInTheMiddleEndsTheConnection) {
  const RawServer server([](Peer& peer) {
    if (welcome(peer) && peer.read_until("PUB service")) {
      peer.send("MSG a 99 2\r\nok\r\nMSG b 2 9999999\r\n");
      peer.hang();
    }
  });
  Harness harness(target_to({url_of(server)}));
  ASSERT_TRUE(harness.up());
  EXPECT_EQ(harness.ask("service", "x").result, ReplyResult::kBroken);
  EXPECT_EQ(harness.client.state().failure, Failure::kProtocol);
  EXPECT_TRUE(harness.messages.empty()) << "nobody has subscribed to that";
}

// Keeps views, as the interface allows until the next poll().
class Keeper final : public Handler {
 public:
  void link_changed(Link link) override { links.push_back(link); }
  void message(const Message& message) override { payloads.push_back(message.payload); }
  void reply(const Reply&) override {}
  std::vector<Link> links;
  std::vector<std::string_view> payloads;
};

TEST(HostileNats, ViewsOutliveTheConnectionUntilTheNextTurn) {
  const RawServer server([](Peer& peer) {
    if (welcome(peer) && peer.read_until("SUB a 2")) {
      peer.send("MSG a 2 5\r\nfirst\r\nMSG a 2 6\r\nsecond\r\nnonsense\r\n");
      peer.hang();
    }
  });
  Keeper keeper;
  NatsClient client(target_to({url_of(server)}), system_clock(), keeper);
  EXPECT_EQ(client.subscribe("a", ""), 2U);
  const test::Deadline deadline;
  while (keeper.payloads.empty() && !deadline.passed()) {
    client.poll(deadline.at(), [] { return true; });
  }
  EXPECT_EQ(keeper.links, (std::vector<Link>{Link::kUp, Link::kConnecting}));
  EXPECT_EQ(keeper.payloads, (std::vector<std::string_view>{"first", "second"}));
}

TEST(HostileNats, AServerThatDoesNotReadMakesPublishRefuse) {
  const RawServer server([](Peer& peer) {
    if (welcome(peer)) {
      peer.read_until("never");
    }
  });
  // Its socket reads, so what is published within one turn is what counts.
  Harness harness(target_to({url_of(server)}));
  ASSERT_TRUE(harness.up());
  const std::string piece(100'000, 'x');
  std::size_t taken = 0;
  while (taken < 1000 && harness.client.publish("a", "", "", piece)) {
    ++taken;
  }
  EXPECT_GE(taken * piece.size(), NatsClient::kMaxUnsent - piece.size());
  EXPECT_LE(harness.client.unsent(), NatsClient::kMaxUnsent + 2 * piece.size());
  EXPECT_EQ(harness.ask("a", "x").result, ReplyResult::kBroken);
  ASSERT_TRUE(test::eventually([&] {
    harness.turn(MonoTime::min());
    return harness.client.unsent() == 0;
  }));
  EXPECT_TRUE(harness.client.publish("a", "", "", piece));
}

TEST(HostileNats, PingsAreAnswered) {
  std::atomic<bool> answered{false};
  const RawServer server([&](Peer& peer) {
    if (welcome(peer) && peer.send("PING\r\n")) {
      answered = peer.read_until("PONG\r\n");
      peer.send("MSG x 2 4\r\ndone\r\n");
      peer.hang();
    }
  });
  Harness harness(target_to({url_of(server)}));
  harness.client.subscribe("x", "");
  ASSERT_TRUE(harness.poll_until([&] { return !harness.messages.empty(); }));
  EXPECT_TRUE(answered);
}

TEST(HostileNats, AnAnswerIsTakenOnce) {
  const RawServer server([](Peer& peer) {
    if (welcome(peer) && peer.read_until("SUB _INBOX.")) {
      peer.read_until("PUB service ");
      // The reply subject is not told by read_until(), so every answer is a guess but for the server's own form.
      peer.send("MSG _INBOX.x.1 1 2\r\nno\r\nMSG other 1 2\r\nno\r\n");
      peer.hang();
    }
  });
  Harness harness(target_to({url_of(server)}));
  ASSERT_TRUE(harness.up());
  EXPECT_EQ(harness.ask("service", "x", std::chrono::milliseconds{200}).result, ReplyResult::kTimeout);
}

TEST(HostileNats, ADenialIsShownAndTheConnectionKept) {
  const RawServer server([](Peer& peer) {
    if (welcome(peer) && peer.read_until("PUB x")) {
      peer.send("-ERR 'Permissions Violation for Publish to \"x\"'\r\n");
      peer.hang();
    }
  });
  Harness harness(target_to({url_of(server)}));
  ASSERT_TRUE(harness.up());
  EXPECT_TRUE(harness.client.publish("x", "", "", ""));
  ASSERT_TRUE(harness.fails_with(Failure::kCredentials));
  EXPECT_EQ(harness.client.state().link, Link::kUp);
  EXPECT_NE(harness.client.state().detail.find("Publish to"), std::string::npos);
  EXPECT_EQ(harness.client.state().denied, "x");
  EXPECT_EQ(harness.client.state().denials, 1U);
}

TEST(HostileNats, AServerThatIsAboutToStopIsLeftOnceItHasAnswered) {
  std::atomic<int> lame_ones{0};
  const auto serve = [&](Peer& peer) {
    if (!welcome(peer)) {
      return;
    }
    if (lame_ones++ == 0 && peer.read_until("PUB service")) {
      peer.send("INFO {\"headers\":true,\"max_payload\":1048576,\"ldm\":true}\r\n");
      peer.read_until("PUB go.on");
      peer.send("MSG done 2 0\r\n\r\n");
    }
    peer.hang();
  };
  const RawServer first(serve);
  const RawServer second(serve);
  Harness harness(target_to({url_of(first), url_of(second)}));
  harness.client.subscribe("done", "");
  ASSERT_TRUE(harness.up());
  const std::string left = harness.client.state().server;
  harness.client.request(1, "service", "", "x", std::chrono::milliseconds{300});
  EXPECT_TRUE(harness.client.publish("go.on", "", "", ""));
  ASSERT_TRUE(harness.poll_until([&] { return harness.replies.contains(1); }));
  EXPECT_EQ(harness.replies[1].result, ReplyResult::kTimeout) << "it was given its time";
  EXPECT_EQ(harness.messages.size(), 1U);
  ASSERT_TRUE(harness.poll_until([&] { return harness.client.state().connections == 2; }));
  EXPECT_NE(harness.client.state().server, left);
}

TEST(HostileNats, NamesAreLookedUpWithoutWaiting) {
  Harness unknown(target_to({"nats://no-such-host.invalid:4222"}));
  EXPECT_TRUE(unknown.fails_with(Failure::kResolve));
  EXPECT_NE(unknown.client.state().detail.find("no-such-host.invalid"), std::string::npos);
  const RawServer server([](Peer& peer) {
    if (welcome(peer)) {
      peer.hang();
    }
  });
  Harness by_name(target_to({cat("nats://localhost:", server.port())}));
  EXPECT_TRUE(by_name.up());
  Harness none(target_to({}));
  EXPECT_TRUE(none.fails_with(Failure::kResolve));
}

// A listener that answers nobody: its queue is full.
class SilentAddress {
 public:
  explicit SilentAddress(std::uint16_t port) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    EXPECT_EQ(::inet_pton(AF_INET, "127.0.0.2", &address.sin_addr), 1);
    const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    EXPECT_EQ(::bind(listener_.get(), generic, sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 0), 0);
    for (int i = 0; i < 8; ++i) {
      UniqueFd& one = waiting_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      static_cast<void>(::connect(one.get(), generic, sizeof address));
    }
  }

 private:
  UniqueFd listener_;
  std::vector<UniqueFd> waiting_;
};

TEST(HostileNats, AnAddressThatIsSilentMakesRoomForTheNext) {
  const test::OwnHosts hosts("127.0.0.2 nats.test\n127.0.0.3 nats.test\n");
  if (!hosts.why_not().empty()) {
    GTEST_SKIP() << "this test mounts an /etc/hosts, which needs root: " << hosts.why_not();
  }
  const RawServer server(
      [](Peer& peer) {
        if (welcome(peer)) {
          peer.hang();
        }
      },
      {.address = "127.0.0.3"});
  const SilentAddress silent(server.port());
  Harness harness(target_to({cat("nats://nats.test:", server.port())}));
  EXPECT_TRUE(harness.up());
  EXPECT_EQ(harness.client.state().failure, Failure::kNone);
}

TEST(HostileNats, TheWaitEndsByWakeAndIsForbiddenByItsCaller) {
  const RawServer server([](Peer& peer) {
    if (welcome(peer)) {
      peer.hang();
    }
  });
  Harness harness(target_to({url_of(server)}));
  ASSERT_TRUE(harness.up());
  harness.client.poll(MonoTime::max(), [] { return false; });
  harness.client.wake();
  harness.client.poll(MonoTime::max(), [] { return true; });
  std::jthread other([&] { harness.client.wake(); });
  harness.client.poll(MonoTime::max(), [] { return true; });
}

TEST(HostileNats, BadCredentialsAreSaidWithoutThem) {
  const RawServer server([](Peer& peer) {
    peer.send("INFO {\"headers\":true,\"max_payload\":5,\"nonce\":\"abc\",\"auth_required\":true}\r\n");
    peer.hang();
  });
  Target target = target_to({url_of(server)});
  target.credentials = "SUsecret";
  Harness harness(target);
  EXPECT_TRUE(harness.fails_with(Failure::kCredentials));
  EXPECT_NE(harness.client.state().detail.find("58 characters"), std::string::npos) << harness.client.state().detail;
}

}  // namespace
}  // namespace respand::nats
