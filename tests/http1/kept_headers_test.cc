// Which headers of a request go on to the API.

#include "respand/http1/kept_headers.h"

#include <gtest/gtest.h>

#include <utility>

namespace respand::http1 {
namespace {

std::string kept(std::string_view name, std::string_view value) {
  std::string lines;
  keep_header(name, value, lines);
  return lines;
}

TEST(KeptHeaders, WhatIsSaidToTheApi) {
  EXPECT_EQ(kept("X-Respan-Dogfood", "1"), "X-Respan-Dogfood: 1\r\n");
  EXPECT_EQ(kept("x-respan-a", "é \"quoted\""), "x-respan-a: é \"quoted\"\r\n");
  EXPECT_EQ(kept("Traceparent", "00-ab-cd-01"), "Traceparent: 00-ab-cd-01\r\n");
  EXPECT_EQ(kept("OPENAI-BETA", "assistants=v2"), "OPENAI-BETA: assistants=v2\r\n");
  std::string two;
  keep_header("X-Respan-A", "1", two);
  keep_header("X-Respan-B", "2", two);
  EXPECT_EQ(two, "X-Respan-A: 1\r\nX-Respan-B: 2\r\n");
}

TEST(KeptHeaders, NoOthers) {
  for (const std::string_view name : {"Cookie", "X-Respan", "X-Respan-Api-Key", "X-RESPAN-API-TOKEN", "x-respan-secret",
                                      "X-Respan-Authorization", "X-Respan-Password", "X-Respan-Credentials",
                                      "X-Respan-Cookie", "X-Respan-JWT", "X-Other", "traceparent2", ""}) {
    EXPECT_EQ(kept(name, "1"), "") << name;
  }
}

TEST(KeptHeaders, OnlyTextOfOneLine) {
  for (const std::string_view value : {"", "J\xf6rg", "a\tb", "a\r\nb: c", "\xe2\x80\xae turned"}) {
    EXPECT_EQ(kept("X-Respan-A", value), "") << value;
  }
}

}  // namespace
}  // namespace respand::http1
