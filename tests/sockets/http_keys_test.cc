// Whose key a request bears.

#include "sockets/http_keys.h"

#include <gtest/gtest.h>

#include "respand/base/text.h"
#include "respand/journal/attributes.h"
#include "tests/sockets/bench.h"

namespace respand::sockets::test {
namespace {

HttpKeys some_keys() {
  return {.named = {{"prod", "key-of-prod"}, {"test", "key-of-test"}}, .own = "own", .token = "token"};
}

TEST(HttpKeys, AKeyIsKnownByAllOfIt) {
  const HttpKeys keys = some_keys();
  EXPECT_EQ(bearer_of(keys, "Bearer key-of-prod").name, "prod");
  EXPECT_EQ(bearer_of(keys, "Bearer key-of-test").name, "test");
  EXPECT_EQ(bearer_of(keys, "Bearer own").bearer, Bearer::kOwn);
  EXPECT_EQ(bearer_of(keys, "Bearer token").bearer, Bearer::kToken);
  EXPECT_EQ(bearer_of(keys, "").bearer, Bearer::kNone);
  EXPECT_EQ(bearer_of(keys, "Bearer ").bearer, Bearer::kNone);
  for (const std::string_view wrong : {"Bearer key-of-pro", "Bearer key-of-prodd", "Bearer Key-of-prod", "Basic own",
                                       "Bearer key-of-prod key-of-test", "Bearer ownown", "Bearer o"}) {
    EXPECT_EQ(bearer_of(keys, wrong).bearer, Bearer::kUnknown) << wrong;
  }
}

TEST(HttpKeys, TheSchemeIsSpelledAsClientsDo) {
  const HttpKeys keys = some_keys();
  for (const std::string_view good :
       {"bearer own", "BEARER   own", "own", " Bearer own ", "Bearer Bearer own", "Bearer\town"}) {
    EXPECT_EQ(bearer_of(keys, good).bearer, good == "Bearer\town" ? Bearer::kUnknown : Bearer::kOwn) << good;
  }
}

TEST(HttpKeys, WhereThereIsNoneNothingIsKnown) {
  EXPECT_EQ(bearer_of({}, "Bearer x").bearer, Bearer::kUnknown);
  EXPECT_EQ(bearer_of({}, "Bearer").bearer, Bearer::kNone);
}

class HttpKeysOverSockets : public Bench {
 protected:
  std::string ask(Peer& peer, std::string_view method, std::string_view path, std::string_view headers) {
    const std::string_view body = method == "POST" ? "{}" : "";
    send(peer, cat(method, " ", path, " HTTP/1.1\r\nHost: localhost\r\n", headers, "Content-Length: ", body.size(),
                   "\r\n\r\n", body));
    until([&] {
      run_until_quiet();
      return peer.ended() || peer.heard().find("\r\n\r\n") != std::string::npos;
    });
    return peer.take();
  }
};

TEST_F(HttpKeysOverSockets, OverTcpAKeyIsNeededWhereUnknownOnesAreRefused) {
  settings.http_host = "127.0.0.1";
  settings.http_rules.keys = some_keys();
  settings.http_rules.keys.refuse_unknown = true;
  intake.at_once = true;
  open();
  Peer peer = Peer::connect_tcp(listeners->http_port());
  const std::string without = ask(peer, "POST", "/request-logs/create", "");
  EXPECT_TRUE(without.starts_with("HTTP/1.1 401 ")) << without;
  EXPECT_NE(without.find("WWW-Authenticate: Bearer"), std::string::npos) << without;
  EXPECT_NE(without.find("no key: send Authorization: Bearer"), std::string::npos) << without;
  EXPECT_TRUE(ask(peer, "POST", "/request-logs/create", "Authorization: Bearer x\r\n").starts_with("HTTP/1.1 401 "));
  EXPECT_TRUE(ask(peer, "GET", "/healthz", "").starts_with("HTTP/1.1 200 ")) << "needs no key";
  EXPECT_TRUE(intake.payloads.empty());
  EXPECT_TRUE(
      ask(peer, "POST", "/request-logs/create", "Authorization: Bearer key-of-test\r\n").starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(intake.payloads.size(), 1U);
  listeners->reconfigure(HttpRules{});
  EXPECT_TRUE(ask(peer, "POST", "/request-logs/create", "").starts_with("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace respand::sockets::test
