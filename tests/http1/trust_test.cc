#include "respand/http1/trust.h"

#include <gtest/gtest.h>

namespace respand::http1 {
namespace {

TEST(HttpTrust, LoopbackNamesAndThoseOfTheConfigurationAreKnown) {
  const HttpTrust trust{.hosts = {"respand", "Logs.Example.org"}};
  for (const std::string_view host : {"localhost", "LOCALHOST:8126", "localhost.", "127.0.0.1", "127.9.9.9:1", "[::1]",
                                      "[::1]:8126", "respand", "respand:8126", "logs.example.org:80"}) {
    EXPECT_TRUE(is_known_host(trust, host)) << host;
  }
  for (const std::string_view host : {"", "evil.example", "localhost.evil.example", "10.0.0.5", "10.0.0.5:8126",
                                      "[fe80::1]", "respand.example", "127.0.0.1.nip.io", "[", "[]", ":80"}) {
    EXPECT_FALSE(is_known_host(trust, host)) << host;
  }
}

TEST(HttpTrust, OffLoopbackAddressesAreKnownAndNamesAreNot) {
  const HttpTrust trust{.loopback = false};
  EXPECT_TRUE(is_known_host(trust, "10.0.0.5:8126"));
  EXPECT_TRUE(is_known_host(trust, "[2001:db8::1]:8126"));
  EXPECT_TRUE(is_known_host(trust, "localhost"));
  EXPECT_FALSE(is_known_host(trust, "respand"));
  EXPECT_FALSE(is_known_host(trust, "evil.example"));
}

TEST(HttpTrust, PagesOfOtherOriginsAreForeign) {
  const HttpTrust trust{.allow_origins = {"https://app.example.org"}};
  const auto sender = [&](std::string_view origin, std::string_view site = {}) {
    return sender_of(trust, "127.0.0.1:8126", origin, site);
  };
  EXPECT_EQ(sender(""), Sender::kProgram);
  EXPECT_EQ(sender("", "none"), Sender::kProgram);
  EXPECT_EQ(sender("", "same-origin"), Sender::kProgram);
  EXPECT_EQ(sender("http://127.0.0.1:8126"), Sender::kProgram) << "of this host itself";
  EXPECT_EQ(sender("https://app.example.org"), Sender::kListedPage);
  EXPECT_EQ(sender("https://app.example.org", "cross-site"), Sender::kListedPage);
  for (const std::string_view origin : {"https://evil.example", "null", "http://127.0.0.1:3000",
                                        "https://app.example.org.evil.example", "http://app.example.org"}) {
    EXPECT_EQ(sender(origin), Sender::kForeignPage) << origin;
  }
  EXPECT_EQ(sender("", "cross-site"), Sender::kForeignPage);
}

}  // namespace
}  // namespace respand::http1
