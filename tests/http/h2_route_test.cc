// Which requests go over HTTP/2 without libcurl, and the header fields that they have there.

#include "http/h2_route.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "respand/base/text.h"

namespace respand::http {
namespace {

using ::testing::ElementsAre;

Target https() {
  start_library();
  Target target;
  target.url = "https://api.example/api/logs/?a=1#part";
  target.bearer = "sk-1";
  target.user_agent = "respand/test";
  return target;
}

bool goes(const Target& target) { return H2Route::make(target).has_value(); }

std::vector<std::string> fields(const Target& target, const Post& post, std::size_t body = 7) {
  const auto route = H2Route::make(target);
  H2Route::Fields fields;
  std::vector<std::string> all;
  const auto text = [](const std::uint8_t* bytes, std::size_t size) {
    return std::string(reinterpret_cast<const char*>(bytes), size);
  };
  for (const nghttp2_nv& one : fields.of(*route, post, body)) {
    all.push_back(cat(text(one.name, one.namelen), "=", text(one.value, one.valuelen)));
  }
  return all;
}

TEST(H2RouteTest, GoesWhereTheTargetPermitsIt) {
  Target target = https();
  EXPECT_TRUE(goes(target));
  target.version = Version::k2;
  EXPECT_TRUE(goes(target));
  for (const Version version : {Version::k11, Version::k2PriorKnowledge}) {
    target.version = version;
    EXPECT_FALSE(goes(target));
  }
  target = https();
  target.engine = Engine::kLibcurl;
  EXPECT_FALSE(goes(target));
  target = https();
  target.proxy = "http://proxy.example:3128";
  EXPECT_FALSE(goes(target));
  for (const char* url : {"http://api.example/", "ftp://api.example/", "https://user@api.example/", "https://", "x"}) {
    target = https();
    target.url = url;
    EXPECT_FALSE(goes(target)) << url;
  }
  target = https();
  target.url = "http://api.example/";
  target.version = Version::k2PriorKnowledge;
  EXPECT_TRUE(goes(target));
}

TEST(H2RouteTest, AllUrlsAreOfOneServer) {
  Target target = https();
  target.batch_url = "https://api.example:443/batch";
  target.routes_url = "https://api.example/api/";
  EXPECT_TRUE(goes(target));
  target.batch_url = "https://api.example:444/batch";
  EXPECT_FALSE(goes(target));
  target.batch_url = "http://api.example:443/batch";
  EXPECT_FALSE(goes(target));
}

TEST(H2RouteTest, AProxyOfTheEnvironmentIsLibcurls) {
  Target target = https();
  ::setenv("https_proxy", "http://proxy.example:1", 1);
  EXPECT_TRUE(goes(target)) << "the environment does not count";
  target.proxy_of_environment = true;
  EXPECT_FALSE(goes(target));
  for (const char* names : {"*", "api.example", "other,.EXAMPLE", "example other"}) {
    ::setenv("no_proxy", names, 1);
    EXPECT_TRUE(goes(target)) << names;
  }
  for (const char* names : {"", "xample", "api.example.org", "10.0.0.0/8"}) {
    ::setenv("no_proxy", names, 1);
    EXPECT_FALSE(goes(target)) << names;
  }
  ::unsetenv("no_proxy");
  ::unsetenv("https_proxy");
  EXPECT_TRUE(goes(target));
  ::setenv("ALL_PROXY", "http://proxy.example:1", 1);
  EXPECT_FALSE(goes(target));
  ::unsetenv("ALL_PROXY");
}

TEST(H2RouteTest, FieldsAreThoseOfLibcurlsRequests) {
  EXPECT_THAT(fields(https(), {}),
              ElementsAre(":method=POST", ":scheme=https", ":authority=api.example", ":path=/api/logs/?a=1",
                          "user-agent=respand/test", "accept=*/*", "content-type=application/json",
                          "authorization=Bearer sk-1", "content-length=7"));
}

TEST(H2RouteTest, ARoutedRequestHasItsOwnPathKeyTypeAndHeaders) {
  Target target = https();
  target.url = "https://[::1]:8443/x";
  target.routes_url = "https://[::1]:8443/api/";
  target.keys["other"] = "sk-2";
  target.compress = true;
  const Routed to{.path = "v1/traces?b#c",
                  .protobuf = true,
                  .key = "other",
                  .headers =
                      "X-One: 1\r\nConnection: close\r\nTE: trailers\r\nEmpty:\r\nBad Name: 3\r\nTransfer-Encoding: "
                      "chunked\r\nx-two:2\r\n"};
  EXPECT_THAT(
      fields(target, {.routed = to}, 0),
      ElementsAre(":method=POST", ":scheme=https", ":authority=[::1]:8443", ":path=/api/v1/traces?b",
                  "user-agent=respand/test", "accept=*/*", "content-type=application/x-protobuf",
                  "content-encoding=gzip", "authorization=Bearer sk-2", "content-length=0", "x-one=1", "x-two=2"));
}

TEST(H2RouteTest, UrlsAreReadAsLibcurlReadsThem) {
  const auto url = parse_url("https://[2001:db8::1]:8443/a?b");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "2001:db8::1");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->authority, "[2001:db8::1]:8443");
  EXPECT_EQ(url->path, "/a?b");
  EXPECT_EQ(parse_url("http://h")->port, 80);
  EXPECT_EQ(parse_url("http://h")->path, "/");
  EXPECT_FALSE(parse_url("https://h:0x10/"));
}

}  // namespace
}  // namespace respand::http
