#include "respand/base/name_pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace respand {
namespace {

bool found(std::string_view pattern, std::string_view text) {
  const auto parsed = NamePattern::parse(pattern);
  EXPECT_TRUE(parsed) << pattern;
  return parsed && parsed->found_in(text);
}

TEST(NamePattern, OfPriceLists) {
  EXPECT_TRUE(found("^o[134]", "o3-mini"));
  EXPECT_FALSE(found("^o[134]", "o2"));
  EXPECT_FALSE(found("^o[134]", "xo3"));
  EXPECT_TRUE(found("(?:mi|code|dev|magi|mini)stral", "open-mistral-7b"));
  EXPECT_TRUE(found("(?:mi|code|dev|magi|mini)stral", "codestral"));
  EXPECT_FALSE(found("(?:mi|code|dev|magi|mini)stral", "pixtral"));
  EXPECT_TRUE(found("^gpt-5\\.6-sol-\\d{4}-\\d{2}-\\d{2}$", "gpt-5.6-sol-2026-07-09"));
  EXPECT_FALSE(found("^gpt-5\\.6-sol-\\d{4}-\\d{2}-\\d{2}$", "gpt-5.6-sol-2026-07-091"));
  EXPECT_FALSE(found("^gpt-5\\.6-sol-\\d{4}-\\d{2}-\\d{2}$", "gpt-5x6-sol-2026-07-09"));
}

TEST(NamePattern, Repetition) {
  EXPECT_TRUE(found("^ab*c$", "ac"));
  EXPECT_TRUE(found("^ab*c$", "abbbc"));
  EXPECT_FALSE(found("^ab+c$", "ac"));
  EXPECT_TRUE(found("^ab?c$", "abc"));
  EXPECT_FALSE(found("^ab?c$", "abbc"));
  EXPECT_FALSE(found("^a{2,3}$", "a"));
  EXPECT_TRUE(found("^a{2,3}$", "aaa"));
  EXPECT_FALSE(found("^a{2,3}$", "aaaa"));
  EXPECT_TRUE(found("^a{2,}$", "aaaaa"));
  EXPECT_TRUE(found("^(ab|c){2}$", "cab"));
  EXPECT_TRUE(found("", "anything"));
  EXPECT_TRUE(found("^$", ""));
  EXPECT_TRUE(found("^(a*)*$", "aaaa")) << "a loop that takes nothing ends";
}

TEST(NamePattern, Classes) {
  EXPECT_TRUE(found("^[a-c_.-]+$", "a.b-_c"));
  EXPECT_FALSE(found("^[^0-9]$", "5"));
  EXPECT_TRUE(found("^\\w+\\s\\w$", "ab c"));
  EXPECT_TRUE(found("^.$", "x"));
  EXPECT_TRUE(found("^[\\d]$", "7"));
}

TEST(NamePattern, WhatItDoesNotKnowIsRefused) {
  for (const char* const pattern : {"(?=a)", "(?<n>a)", "a*?", "a++", "\\bx", "(a)\\1", "[a", "(a", "a{", "a{2",
                                    "a{3,2}", "\\", "*a", "[z-a]", "a{999}", "((((((((((((((((((a))))))))))))))))))"}) {
    EXPECT_FALSE(NamePattern::parse(pattern)) << pattern;
  }
}

TEST(NamePattern, ItsTimeIsBounded) {
  // What takes 2^n steps where a matcher goes back.
  EXPECT_FALSE(found("^(a|aa)+$", std::string(4000, 'a') + "b"));
  EXPECT_TRUE(found("(x+x+)+y", std::string(4000, 'x') + "y"));
}

}  // namespace
}  // namespace respand
