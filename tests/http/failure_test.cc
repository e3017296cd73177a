#include "http/failure.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "http/route.h"

namespace respand::http {
namespace {

TEST(Failure, ToldApartByWhatTheCallerMayConclude) {
  EXPECT_EQ(failure_of(CURLE_OK), Failure::kNone);
  EXPECT_EQ(failure_of(CURLE_COULDNT_CONNECT), Failure::kConnect);
  EXPECT_EQ(failure_of(CURLE_SSL_CONNECT_ERROR), Failure::kConnect);
  EXPECT_EQ(failure_of(CURLE_COULDNT_RESOLVE_HOST), Failure::kResolve);
  EXPECT_EQ(failure_of(CURLE_COULDNT_RESOLVE_PROXY), Failure::kResolve);
  EXPECT_EQ(failure_of(CURLE_PEER_FAILED_VERIFICATION), Failure::kCertificate);
  EXPECT_EQ(failure_of(CURLE_SSL_CACERT_BADFILE), Failure::kCertificate);
  EXPECT_EQ(failure_of(CURLE_OPERATION_TIMEDOUT), Failure::kTimeout);
}

// A code that nobody thought of must never look like a wrong destination, which would pause delivery, nor like success.
TEST(Failure, EverythingElseIsBroken) {
  const std::set<CURLcode> known{CURLE_OK,
                                 CURLE_URL_MALFORMAT,
                                 CURLE_COULDNT_RESOLVE_HOST,
                                 CURLE_COULDNT_RESOLVE_PROXY,
                                 CURLE_COULDNT_CONNECT,
                                 CURLE_SSL_CONNECT_ERROR,
                                 CURLE_PEER_FAILED_VERIFICATION,
                                 CURLE_SSL_CACERT_BADFILE,
                                 CURLE_SSL_CERTPROBLEM,
                                 CURLE_SSL_INVALIDCERTSTATUS,
                                 CURLE_SSL_ISSUER_ERROR,
                                 CURLE_OPERATION_TIMEDOUT};
  for (int code = 0; code < static_cast<int>(CURL_LAST); ++code) {
    if (!known.contains(static_cast<CURLcode>(code))) {
      EXPECT_EQ(failure_of(static_cast<CURLcode>(code)), Failure::kBroken) << code;
    }
  }
}

TEST(Failure, NamesDiffer) {
  std::set<std::string_view> names;
  for (const Failure failure : {Failure::kNone, Failure::kConnect, Failure::kResolve, Failure::kCertificate,
                                Failure::kTimeout, Failure::kBroken}) {
    EXPECT_TRUE(names.insert(name_of(failure)).second);
  }
}

TEST(Route, HidesTheKeyWhereverItIsEchoed) {
  Target target;
  target.bearer = "sk-very-secret";
  const Route route(target);
  std::string text = "sk-very-secret is not sk-very\\u002Dsecret, sk-very-secre.";
  route.hide_key(text);
  EXPECT_EQ(text, "******** is not ********, sk-very-secre.");
}

TEST(Route, WithoutAKeyHidesNothing) {
  std::string text = "abc";
  Route(Target{}).hide_key(text);
  EXPECT_EQ(text, "abc");
}

TEST(Route, KeepsConnectionsButForOneBugOfOldLibcurl) {
  Target target;
  target.url = "http://127.0.0.1/";
  for (const Version version : {Version::kAuto, Version::k11, Version::k2}) {
    target.version = version;
    EXPECT_TRUE(Route(target).keeps_connections());
  }
  target.version = Version::k2PriorKnowledge;
  EXPECT_EQ(Route(target).keeps_connections(), ::curl_version_info(CURLVERSION_NOW)->version_num >= 0x080000);
  target.url = "https://127.0.0.1/";
  EXPECT_TRUE(Route(target).keeps_connections());
}

}  // namespace
}  // namespace respand::http
