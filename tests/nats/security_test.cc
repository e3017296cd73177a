// Who the server is and who we are, against a real nats-server: certificates, keys, JWTs, and what is revoked.
#include <gtest/gtest.h>

#include "tests/nats/harness.h"
#include "tests/nats/operator_mode.h"
#include "tests/support/certificates.h"
#include "tests/support/nats_server.h"

namespace respand::nats {
namespace {

using test::Certificates;
using test::NatsServers;

class SecurityTest : public RealServerTest {
 protected:
  void SetUp() override {
    RealServerTest::SetUp();
    if (IsSkipped()) {
      return;
    }
    certificates = std::make_unique<Certificates>();
  }
  static std::string tls(const Certificates::Pair& pair, std::string_view more = {}) {
    return cat("tls { cert_file: \"", pair.certificate, "\", key_file: \"", pair.key, "\"", more.empty() ? "" : ", ",
               more, " }\n");
  }
  Target target_with_authority(const NatsServers& server, std::string_view scheme = "tls",
                               std::string_view host = "127.0.0.1") const {
    Target target = target_to({cat(scheme, "://", host, ":", server.port())});
    target.ca_file = certificates->authority();
    return target;
  }
  std::unique_ptr<Certificates> certificates;
};

TEST_F(SecurityTest, TlsWithAGoodCertificate) {
  NatsServers server({.jetstream = false, .more = tls(certificates->good())});
  for (const char* scheme : {"tls", "nats"}) {
    for (const char* host : {"127.0.0.1", "localhost"}) {
      Harness harness(target_with_authority(server, scheme, host));
      harness.client.subscribe("a", "");
      ASSERT_TRUE(harness.up()) << scheme << host;
      std::string payload(300'000, 'p');
      payload[150'000] = '\0';
      for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(harness.client.publish("a", "", "H: 1\r\n", payload));
      }
      ASSERT_TRUE(harness.poll_until([&] { return harness.messages.size() == 5; }));
      EXPECT_EQ(harness.messages[4].payload, payload);
      EXPECT_EQ(harness.ask("nobody", "x").result, ReplyResult::kNoResponders);
    }
  }
}

TEST_F(SecurityTest, AWrongCertificateIsRefused) {
  const struct {
    const char* what;
    Certificates::Pair pair;
    const char* detail;
  } wrong[] = {{"another host", certificates->for_another_host(), "not for 127.0.0.1"},
               {"expired", certificates->expired(), "expired"},
               {"self-signed", certificates->self_signed(), "self-signed"},
               {"another authority", Certificates().good(), "not trusted"}};
  for (const auto& one : wrong) {
    // Its files may be gone with their authority; only those that are still there are served.
    if (one.what == std::string_view("another authority")) {
      continue;
    }
    NatsServers server({.jetstream = false, .more = tls(one.pair)});
    Harness harness(target_with_authority(server));
    EXPECT_TRUE(harness.fails_with(Failure::kCertificate)) << one.what;
    EXPECT_NE(harness.client.state().detail.find(one.detail), std::string::npos)
        << one.what << ": " << harness.client.state().detail;
    EXPECT_TRUE(harness.links.empty());
  }
  Certificates other;
  NatsServers server({.jetstream = false, .more = tls(other.good())});
  Harness harness(target_with_authority(server));
  EXPECT_TRUE(harness.fails_with(Failure::kCertificate));
  Target target = target_to({cat("tls://127.0.0.1:", server.port())});
  Harness with_the_systems(target);
  EXPECT_TRUE(with_the_systems.fails_with(Failure::kCertificate)) << "the system does not know it either";
  target.ca_file = "/nonexistent/ca.pem";
  Harness without_a_file(target);
  EXPECT_TRUE(without_a_file.fails_with(Failure::kCertificate));
  EXPECT_NE(without_a_file.client.state().detail.find("/nonexistent/ca.pem"), std::string::npos);
}

TEST_F(SecurityTest, AServerThatDemandsTlsGetsIt) {
  NatsServers server({.jetstream = false, .more = tls(certificates->good())});
  Harness harness(target_to(server.urls()));
  EXPECT_TRUE(harness.fails_with(Failure::kCertificate)) << "the system's authorities do not know this one";
}

TEST_F(SecurityTest, AClientsCertificateOpensTheDoor) {
  NatsServers server(
      {.jetstream = false,
       .more = tls(certificates->good(), cat("ca_file: \"", certificates->authority(), "\", verify: true"))});
  Target target = target_with_authority(server);
  Harness without(target);
  EXPECT_TRUE(without.fails_with(Failure::kCredentials)) << without.client.state().detail;
  const Certificates::Pair pair = certificates->good();
  target.cert_file = pair.certificate;
  target.key_file = pair.key;
  Harness with(target);
  EXPECT_TRUE(with.up());
  target.key_file = "/nonexistent/key.pem";
  Harness without_a_key(target);
  EXPECT_TRUE(without_a_key.fails_with(Failure::kCertificate));
}

TEST_F(SecurityTest, TlsFirstIsFoundOut) {
  if (!NatsServers::syncs_always()) {
    GTEST_SKIP() << "nats-server " << NatsServers::version() << " has no handshake_first";
  }
  NatsServers server({.jetstream = false, .more = tls(certificates->good(), "handshake_first: true")});
  Harness harness(target_with_authority(server));
  EXPECT_TRUE(harness.up());
}

TEST_F(SecurityTest, NkeysProveWhoWeAre) {
  const UserKey known = make_user_key();
  const UserKey stranger = make_user_key();
  const auto users = [](const UserKey& key) {
    return cat("authorization { users = [ { nkey: ", key.public_key, " } ] }\n");
  };
  NatsServers server({.jetstream = false, .more = users(known)});
  Target target = target_to(server.urls());
  Harness nobody(target);
  EXPECT_TRUE(nobody.fails_with(Failure::kCredentials));
  target.credentials = stranger.seed;
  Harness wrong(target);
  EXPECT_TRUE(wrong.fails_with(Failure::kCredentials));
  EXPECT_EQ(wrong.client.state().detail.find(stranger.seed.substr(2)), std::string::npos);
  target.credentials = known.seed + "\n";
  Harness right(target);
  ASSERT_TRUE(right.up());
  server.reconfigure(users(stranger));
  ASSERT_TRUE(right.fails_with(Failure::kCredentials)) << "revoked";
  EXPECT_EQ(right.client.state().link, Link::kConnecting);
  target.credentials = stranger.seed;
  right.client.set_target(target);
  EXPECT_TRUE(right.up());
}

TEST_F(SecurityTest, CredentialsFilesProveWhoWeAre) {
  const OperatorMode operators;
  const OperatorMode others;
  NatsServers server({.jetstream = false, .more = operators.configuration()});
  Target target = target_to(server.urls());
  target.credentials = operators.credentials();
  Harness right(target);
  EXPECT_TRUE(right.up());
  EXPECT_EQ(right.ask("nobody", "x").result, ReplyResult::kNoResponders);
  target.credentials = others.credentials();
  Harness wrong(target);
  EXPECT_TRUE(wrong.fails_with(Failure::kCredentials));
}

TEST_F(SecurityTest, ADeniedSubjectIsSaid) {
  NatsServers server(
      {.jetstream = false,
       .more = "authorization { users = [ { user: a, password: b, permissions: { publish: \"only.*\" } } ] }"});
  Harness harness(target_to({cat("nats://a:b@127.0.0.1:", server.port())}));
  ASSERT_TRUE(harness.up());
  EXPECT_TRUE(harness.client.publish("other", "", "", "x"));
  ASSERT_TRUE(harness.fails_with(Failure::kCredentials));
  EXPECT_EQ(harness.client.state().link, Link::kUp);
  EXPECT_NE(harness.client.state().detail.find("other"), std::string::npos) << harness.client.state().detail;
}

}  // namespace
}  // namespace respand::nats
