// Keys of a NATS cluster: `destination`, `source`, `nats`, and what fits together.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/world.h"

namespace respand::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kSeed = "SUAOY5JZ2WJKVR4UO2KJ2P3SW6FZFNWEOIMAXF4WZEUNVQXXUOKGM55CYE";
constexpr std::string_view kCreds =
    "-----BEGIN NATS USER JWT-----\nabc\n------END NATS USER JWT------\n\n"
    "-----BEGIN USER NKEY SEED-----\nSUA\n------END USER NKEY SEED------\n";

class NatsKeysTest : public testing::Test {
 protected:
  NatsKeysTest() {
    world_.variables = {{"HOSTNAME", "web-1.example.org"}};
    world_.files = {{"/creds", std::string(kCreds)},   {"/seed", cat(kSeed, "\n")},    {"/empty", " \n"},
                    {"/ca", "-----BEGIN CERTIFICATE"}, {"/pem", "-----BEGIN PRIVATE"}, {"/text", "nothing"}};
  }

  [[nodiscard]] static std::string edge(std::string_view more = "") {
    return cat("destination: nats\nnats: {servers: [nats://localhost], stream: RESPAND", more, "}\n");
  }
  // The problems of an edge with these keys more.
  [[nodiscard]] std::vector<std::string> problems(std::string_view more) const {
    return texts(world_.load(edge(more)).problems);
  }

  World world_;
};

TEST_F(NatsKeysTest, AnEdgeNeedsServersAndStreamAndNoApiKey) {
  const auto loaded = world_.load(edge());
  EXPECT_THAT(texts(loaded.problems), IsEmpty());
  EXPECT_THAT(texts(loaded.warnings), IsEmpty());
  EXPECT_EQ(loaded.config.destination, Destination::kNats);
  EXPECT_THAT(loaded.config.nats.servers, ElementsAre("nats://localhost:4222"));
  EXPECT_EQ(loaded.config.nats.stream, "RESPAND");
  EXPECT_EQ(loaded.config.nats.subject, "respand.web-1.example.org");
  EXPECT_EQ(loaded.config.nats.host, "web-1.example.org");
  EXPECT_TRUE((loaded.config.nats.keep == Nats::Keep{std::chrono::hours{24}, gibibytes(2)}));
  EXPECT_TRUE(loaded.config.api.key.empty());
  EXPECT_THAT(texts(world_.load("destination: nats").problems),
              ElementsAre("1:14: destination: nats needs nats.servers, such as [nats://10.0.0.1:4222]",
                          "1:14: destination: nats needs nats.stream, the name of the stream that `respand nats setup` "
                          "makes"));
}

TEST_F(NatsKeysTest, TheHostsNameComesFromTheKernelWhereNoVariableHasIt) {
  world_.variables.clear();
  world_.files["/proc/sys/kernel/hostname"] = "web-2\n";
  EXPECT_EQ(world_.load(edge()).config.nats.subject, "respand.web-2");
  EXPECT_EQ(world_.load(edge(", subject: a.b")).config.nats.host, "web-2");
  world_.files["/proc/sys/kernel/hostname"] = "a b\n";
  EXPECT_THAT(problems(""), ElementsAre(HasSubstr("1:14: nats.subject: the name of this host is not known")));
  EXPECT_EQ(world_.load(edge(", subject: a.b")).config.nats.host, "b");
}

TEST_F(NatsKeysTest, ARelayNeedsTheApiKey) {
  const std::string relay = "source: nats\nnats: {servers: [tls://h:1], stream: S}";
  EXPECT_THAT(texts(world_.load(relay).problems), ElementsAre(HasSubstr("no API key")));
  world_.variables["RESPAN_API_KEY"] = "k";
  const auto loaded = world_.load(relay);
  EXPECT_THAT(texts(loaded.problems), IsEmpty());
  EXPECT_EQ(loaded.config.source, Source::kNats);
  EXPECT_EQ(loaded.config.api.key.reveal(), "k");
  EXPECT_THAT(texts(world_.load("source: nats").problems), testing::SizeIs(2));
  EXPECT_THAT(texts(world_.load(cat(edge(), "source: nats\n")).problems),
              ElementsAre(HasSubstr("3:9: source: nats and destination: nats are both set")));
}

TEST_F(NatsKeysTest, EveryKeyIsRead) {
  const Config c =
      world_
          .load(
              "destination: nats\nnats: {servers: [\"nats://[::1]:1\", tls://h:2], credentials_file: /creds, ca_file: "
              "/ca, cert_file: /ca, key_file: /pem, stream: S-1, subject: a.b, batch: {max_records: 1, max_bytes: "
              "64KiB, linger: 0, compression: none}, max_in_flight: 256, require: {replicas: 1, sync: any, server: "
              "2.11.0}, strict: true, keep: {age: 1h, size: 4MiB}}")
          .config;
  Nats wanted;
  wanted.servers = {"nats://[::1]:1", "tls://h:2"};
  wanted.credentials_file = "/creds";
  wanted.credentials = Secret(std::string(kCreds));
  wanted.ca_file = wanted.cert_file = "/ca";
  wanted.key_file = "/pem";
  wanted.stream = "S-1";
  wanted.subject = "a.b";
  wanted.host = "web-1.example.org";
  wanted.batch = {1, kibibytes(64), Duration{0}, BatchCompression::kNone};
  wanted.max_in_flight = 256;
  wanted.require = {1, ServerSync::kAny, "2.11.0"};
  wanted.strict = true;
  wanted.keep = {std::chrono::hours{1}, mebibytes(4)};
  EXPECT_TRUE(c.nats == wanted);
  const auto again = world_.load(print(c));
  EXPECT_THAT(texts(again.problems), IsEmpty()) << print(c);
  EXPECT_TRUE(again.config.nats == wanted) << print(c);
}

TEST_F(NatsKeysTest, CredentialsComeFromOneFileAndAreNeverShown) {
  EXPECT_EQ(world_.load(edge(", nkey_file: /seed")).config.nats.credentials.reveal(), kSeed);
  EXPECT_THAT(print(world_.load(edge(", nkey_file: /seed")).config), Not(HasSubstr("SUA")));
  EXPECT_THAT(problems(", nkey_file: /creds"), ElementsAre(HasSubstr("name it in nats.credentials_file instead")));
  EXPECT_THAT(problems(", credentials_file: /seed"), ElementsAre(HasSubstr("name it in nats.nkey_file instead")));
  EXPECT_THAT(problems(", credentials_file: /text"), ElementsAre(HasSubstr("holds no credentials")));
  EXPECT_THAT(problems(", nkey_file: /text"), ElementsAre(HasSubstr("must hold a user's seed alone")));
  EXPECT_THAT(problems(", nkey_file: /empty"), ElementsAre(HasSubstr("nats.nkey_file: the file is empty")));
  EXPECT_THAT(problems(", nkey_file: /none"), ElementsAre(HasSubstr("cannot read /none")));
  EXPECT_THAT(problems(", nkey_file: /seed, credentials_file: /creds"), ElementsAre(HasSubstr("are both set")));
  world_.open_files = {"/seed"};
  EXPECT_THAT(texts(world_.load(edge(", nkey_file: /seed")).warnings),
              ElementsAre(HasSubstr("nats.nkey_file: every user of this host can read the file")));
}

TEST_F(NatsKeysTest, CredentialsOfTheServiceManager) {
  world_.variables["CREDENTIALS_DIRECTORY"] = "/run/c";
  EXPECT_TRUE(world_.load(edge()).config.nats.credentials.empty());
  world_.files["/run/c/nats_creds"] = "\n";
  EXPECT_TRUE(world_.load(edge()).config.nats.credentials.empty());
  world_.files["/run/c/nats_creds"] = kCreds;
  EXPECT_EQ(world_.load(edge()).config.nats.credentials.reveal(), kCreds);
  EXPECT_EQ(world_.load(edge(", nkey_file: /seed")).config.nats.credentials.reveal(), kSeed);
  world_.files["/run/c/nats_creds"] = "x";
  EXPECT_THAT(problems(""), ElementsAre(HasSubstr("nats_creds holds neither credentials")));
}

TEST_F(NatsKeysTest, WrongValues) {
  world_.variables["RESPAN_API_KEY"] = "k";
  const auto one = [this](std::string_view more) { return problems(more).at(0); };
  EXPECT_THAT(texts(world_.load("nats: {servers: nats://h}").problems),
              ElementsAre("1:17: nats.servers: expected a list of servers such as [nats://10.0.0.1:4222], not text"));
  EXPECT_THAT(texts(world_.load("nats: {servers: [\"h:1\"]}").problems),
              ElementsAre("1:18: nats.servers: expected a server such as nats://10.0.0.1:4222 or "
                          "tls://nats.example.org:4222, not 'h:1': write nats://h:1"));
  const auto secret = texts(world_.load("nats: {servers: [\"nats://u:hunter2@h\"]}").problems);
  ASSERT_EQ(secret.size(), 1U);
  EXPECT_THAT(secret[0], AllOf(HasSubstr("without a user in it"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(texts(world_.load("nats: {servers: [nats://h, nats://h:4222]}").problems),
              ElementsAre(HasSubstr("this server is in the list twice")));
  EXPECT_THAT(one(", subject: a.>"), HasSubstr("expected a subject without wildcards"));
  EXPECT_THAT(one(", subject: a..b"), HasSubstr("expected a subject without wildcards"));
  EXPECT_THAT(one(", subject: $JS.API.x"), HasSubstr("expected a subject without wildcards"));
  EXPECT_THAT(one(", require: {server: 2.10}"), HasSubstr("expected a version such as \"2.10.23\", not '2.10'"));
  EXPECT_THAT(one(", require: {replicas: 6}"), HasSubstr("expected a whole number from 1 to 5"));
  EXPECT_THAT(one(", batch: {compression: gzip}"), HasSubstr("expected zstd or none, not 'gzip'"));
  EXPECT_THAT(one(", batch: {max_bytes: 65MiB}"), HasSubstr("a size from 64KiB to 64MiB"));
  EXPECT_THAT(one(", keep: {age: 32d}"), HasSubstr("a duration from 0 to 31d"));
  EXPECT_THAT(one(", keep: {size: 1KiB}"), HasSubstr("0 or a size from 1MiB to 64TiB"));
  EXPECT_THAT(one(", cert_file: /ca"), HasSubstr("belong together"));
  EXPECT_THAT(one(", ca_file: /text"), HasSubstr("nats.ca_file: holds no certificate in PEM form"));
  EXPECT_THAT(one(", ca_file: /none"), HasSubstr("cannot read /none"));
  EXPECT_THAT(texts(world_.load("destination: kafka").problems), ElementsAre(HasSubstr("expected api or nats")));
}

TEST_F(NatsKeysTest, AcknowledgementsOfThePublicationNeedACluster) {
  const auto loaded = world_.load(cat(edge(), "socket: {ack: published}"));
  EXPECT_THAT(texts(loaded.problems), IsEmpty());
  EXPECT_EQ(loaded.config.socket.ack, AckWhen::kPublished);
  EXPECT_THAT(
      texts(world_.load(cat(edge(), "socket: {ack: published}\njournal: {when_full: drop_oldest}")).problems),
      ElementsAre(HasSubstr("3:15: socket.ack: published and journal.when_full: drop_oldest contradict each other")));
  world_.variables["RESPAN_API_KEY"] = "k";
  EXPECT_THAT(
      texts(world_.load("source: nats\nnats: {servers: [tls://h], stream: S}\nsocket: {ack: published}").problems),
      ElementsAre(HasSubstr("3:15: socket.ack: published needs destination: nats")));
  EXPECT_THAT(texts(world_.load("socket: {ack: published}").problems),
              ElementsAre(HasSubstr("1:15: socket.ack: published needs destination: nats")));
}

TEST_F(NatsKeysTest, WhatIsProbablyNotMeantIsAWarning) {
  world_.variables["RESPAN_API_KEY"] = "k";
  const auto warnings = [this](std::string_view yaml) { return texts(world_.load(yaml).warnings); };
  EXPECT_THAT(warnings("nats: {servers: [nats://h], stream: S}"), ElementsAre(HasSubstr("nothing uses these keys")));
  EXPECT_THAT(warnings("destination: nats\nnats: {servers: [nats://h], stream: S}"),
              ElementsAre(HasSubstr("cross the network in the clear")));
  EXPECT_THAT(warnings("destination: nats\nnats: {servers: [tls://h], stream: S}"), IsEmpty());
  EXPECT_THAT(warnings(cat(edge(), "api: {api_key: \"${RESPAN_API_KEY}\"}")),
              ElementsAre(HasSubstr("only the relays need it")));
}

TEST_F(NatsKeysTest, VariablesStandForKeys) {
  world_.variables["RESPAND_DESTINATION"] = "nats";
  world_.variables["RESPAND_NATS_SERVERS"] = "[nats://localhost:7]";
  world_.variables["RESPAND_NATS_STREAM"] = "S";
  world_.variables["RESPAND_NATS_BATCH_MAX_RECORDS"] = "7";
  const auto loaded = world_.load("");
  EXPECT_THAT(texts(loaded.problems), IsEmpty());
  EXPECT_THAT(loaded.config.nats.servers, ElementsAre("nats://localhost:7"));
  EXPECT_EQ(loaded.config.nats.batch.max_records, 7U);
}

TEST_F(NatsKeysTest, ChangedCredentialsCountWithoutARestart) {
  const Config now = world_.load(edge(", nkey_file: /seed, batch: {linger: 1s}")).config;
  EXPECT_THAT(key_files(now), ElementsAre("/seed"));
  std::string other(kSeed);
  other.back() = 'A';
  world_.files["/seed"] = other;
  const Reread reread = reread_keys(now, world_.environment());
  ASSERT_TRUE(reread.config.has_value());
  EXPECT_EQ(reread.config->nats.credentials.reveal(), other);
  const Reloaded reloaded = reload(now, world_.load(edge(", nkey_file: /seed")).config);
  EXPECT_THAT(reloaded.taken, ElementsAre("nats.credentials"));
  EXPECT_THAT(reloaded.kept, ElementsAre("nats.batch.linger"));
  EXPECT_EQ(reloaded.config.nats.credentials.reveal(), other);
  EXPECT_EQ(reloaded.config.nats.batch.linger, std::chrono::seconds{1});
}

TEST_F(NatsKeysTest, ALimitIsSharedByRelaysOnly) {
  const std::string relay = "source: nats\nnats: {servers: [tls://h:1], stream: S}\n";
  world_.variables["RESPAN_API_KEY"] = "k";
  const auto shared = world_.load(cat(relay, "delivery: {rate_limit: 100, rate_limit_share: true}"));
  EXPECT_THAT(shared.problems, IsEmpty());
  EXPECT_TRUE(shared.config.delivery.rate_limit_share);
  EXPECT_TRUE(world_.load(print(shared.config)).config.delivery.rate_limit_share);
  EXPECT_FALSE(world_.load(cat(relay, "delivery: {rate_limit: 100}")).config.delivery.rate_limit_share);
  EXPECT_THAT(texts(world_.load("delivery: {rate_limit: 100, rate_limit_share: true}").problems),
              ElementsAre(HasSubstr("1:47: delivery.rate_limit_share: only relays share their limit: it needs source: "
                                    "nats")));
  EXPECT_THAT(texts(world_.load(cat(relay, "delivery: {rate_limit_share: true}")).problems),
              ElementsAre(HasSubstr("3:30: delivery.rate_limit_share: there is no limit to share")));
  EXPECT_THAT(texts(world_.load(cat(relay, "delivery: {rate_limit: x, rate_limit_share: true}")).problems),
              testing::SizeIs(1));
}

}  // namespace
}  // namespace respand::config
