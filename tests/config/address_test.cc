// create_url(): base_url with and without /api, as the official clients take it.

#include <gtest/gtest.h>

#include "respand/config/config.h"

namespace respand::config {
namespace {

std::string url(std::string base, std::string path = "request-logs/create/") {
  Api api;
  api.base_url = std::move(base);
  api.path = std::move(path);
  return api.create_url();
}

TEST(CreateUrl, AddsApiWhereItIsMissing) {
  const std::string expected = "https://api.respan.ai/api/request-logs/create/";
  EXPECT_EQ(Api{}.create_url(), expected);
  EXPECT_EQ(url("https://api.respan.ai"), expected);
  EXPECT_EQ(url("https://api.respan.ai/"), expected);
  EXPECT_EQ(url("https://api.respan.ai/api"), expected);
  EXPECT_EQ(url("https://api.respan.ai/api//"), expected);
}

TEST(CreateUrl, JoinsWithOneSlash) {
  EXPECT_EQ(url("http://127.0.0.1:8080/", "/x"), "http://127.0.0.1:8080/api/x");
  EXPECT_EQ(url("http://[::1]:8080/proxy/api/", "x/"), "http://[::1]:8080/proxy/api/x/");
}

TEST(CreateUrl, AHostCalledApiIsNotThePath) {
  EXPECT_EQ(url("http://api", "x"), "http://api/api/x");
  EXPECT_EQ(url("http://api/", "x"), "http://api/api/x");
  EXPECT_EQ(url("http://api/myapi", "x"), "http://api/myapi/api/x");
}

}  // namespace
}  // namespace respand::config
