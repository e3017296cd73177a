#include "record/detectors.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "respand/base/text.h"
#include "tests/support/sanitized.h"

namespace respand::record {
namespace {

constexpr DetectorSet kAll = 0xF;

// The text with each match as <detector:match>.
std::string marked(std::string_view text, DetectorSet detectors = kAll) {
  Matches matches(detectors, text);
  std::string out;
  std::size_t done = 0;
  for (Match match; matches.next(match); done = match.end) {
    EXPECT_LT(match.begin, match.end);
    EXPECT_LE(done, match.begin);
    out += cat(text.substr(done, match.begin - done), "<", name_of(match.detector), ":",
               text.substr(match.begin, match.end - match.begin), ">");
  }
  return out += text.substr(done);
}

struct DetectorCase {
  std::string_view text;
  std::string_view marked;
};

void expect(std::initializer_list<DetectorCase> cases, DetectorSet detectors = kAll) {
  for (const DetectorCase& c : cases) {
    EXPECT_EQ(marked(c.text, detectors), c.marked);
  }
}

TEST(Detectors, Email) {
  expect({
      {"a@b.co", "<email:a@b.co>"},
      {"mail to ann.o'neil+x@mail.example.com, please", "mail to <email:ann.o'neil+x@mail.example.com>, please"},
      {"<ann@example.com>", "<<email:ann@example.com>>"},
      {"'ann@example.com'", "'<email:ann@example.com>'"},
      {"ann@example.com.", "<email:ann@example.com>."},
      {"...ann@example.com...", "...<email:ann@example.com>..."},
      {"-ann@example-host.co-", "-<email:ann@example-host.co>-"},
      {"a@b.co@d.ef", "<email:a@b.co>@d.ef"},
      {"a@b.co a@b.co", "<email:a@b.co> <email:a@b.co>"},
      {"a@xn--mnchen-3ya.xn--p1ai", "<email:a@xn--mnchen-3ya.xn--p1ai>"},
      {"jürgen@müller.de", "<email:jürgen@müller.de>"},
      {"жора@пример.рф", "<email:жора@пример.рф>"},
      {"请写信到ann@example.com谢谢", "请写信到<email:ann@example.com>谢谢"},
      {"2×ann@example.com", "2×<email:ann@example.com>"},
      {"a@b.co.1", "<email:a@b.co>.1"},
      {"a@b.c1.de2", "a@b.c1.de2"},
      {"a@b", "a@b"},
      {"a@b.c", "a@b.c"},
      {"a@.co", "a@.co"},
      {"a@-b.co", "a@-b.co"},
      {"@b.co", "@b.co"},
      {"a @b.co", "a @b.co"},
      {"...@b.co", "...@b.co"},
      {"@", "@"},
      {"a@", "a@"},
      {"root@10.0.0.1", "root@10.0.0.1"},
      {"@property\ndef x(self): pass", "@property\ndef x(self): pass"},
  });
}

TEST(Detectors, ApiKey) {
  const std::string body = "abcdefghij0123456789";
  expect({
      {cat("sk-", body), cat("<api_key:sk-", body, ">")},
      {cat("sk-proj-", body, "_-x"), cat("<api_key:sk-proj-", body, "_-x>")},
      {cat("key=sk-ant-api03-", body, "."), cat("key=<api_key:sk-ant-api03-", body, ">.")},
      {cat("\"gsk_", body, "\""), cat("\"<api_key:gsk_", body, ">\"")},
      {cat("ghp_", body, " github_pat_", body), cat("<api_key:ghp_", body, "> <api_key:github_pat_", body, ">")},
      {"xoxb-1234567890", "<api_key:xoxb-1234567890>"},
      {"xoxb-123456789", "xoxb-123456789"},
      {"sk_live_4eC39HqLyj", "<api_key:sk_live_4eC39HqLyj>"},
      {"AKIAIOSFODNN7EXAMPLE", "<api_key:AKIAIOSFODNN7EXAMPLE>"},
      {"AKIAIOSFODNN7EXAMPL", "AKIAIOSFODNN7EXAMPL"},
      {"AIzaSyA-1234567890abcdefghijklmnopqrstu", "<api_key:AIzaSyA-1234567890abcdefghijklmnopqrstu>"},
      {"sk-abcdefghij012345678", "sk-abcdefghij012345678"},  // one too short
      {"sk-abcdefghij0123456789", "<api_key:sk-abcdefghij0123456789>"},
      {"risk-abcdefghij0123456789", "risk-abcdefghij0123456789"},  // within a word
      {"sk-this-is-just-a-long-css-class-name", "sk-this-is-just-a-long-css-class-name"},
      {"sk-this-is-just-a-long-css-class-namE", "<api_key:sk-this-is-just-a-long-css-class-namE>"},
      {"sk-", "sk-"},
      {"-", "-"},
      {"I", "I"},
  });
}

TEST(Detectors, Bearer) {
  expect({
      {"Authorization: Bearer abc1234.def~+/==", "Authorization: Bearer <bearer:abc1234.def~+/==>"},
      {"bearer \t abcdef12", "bearer \t <bearer:abcdef12>"},
      {"BEARER abcdef12.", "BEARER <bearer:abcdef12>."},
      {"Bearer abcdef1", "Bearer abcdef1"},
      {"Bearer abcdefgh", "Bearer abcdefgh"},
      {"Bearer abcdefghijklmnopqrstuvwx", "Bearer <bearer:abcdefghijklmnopqrstuvwx>"},
      {"Bearer abcdefghijklmnopqrstuvw", "Bearer abcdefghijklmnopqrstuvw"},
      {"the bearer of this letter", "the bearer of this letter"},
      {"bearer bearer abcdef12", "bearer bearer <bearer:abcdef12>"},
      {"forbearer abcdef12", "forbearer abcdef12"},
      {"Bearerabcdef12", "Bearerabcdef12"},
      {"Bearer", "Bearer"},
      {"Bearer ", "Bearer "},
      {"b", "b"},
  });
}

// The numbers that the networks publish for tests.
TEST(Detectors, CreditCard) {
  for (const std::string number : {"4111111111111111", "4222222222222", "5555555555554444", "2223003122003222",
                                   "378282246310005", "371449635398431", "6011111111111117", "30569309025904",
                                   "38520000023237", "3530111333300000", "6200000000000005"}) {
    EXPECT_EQ(marked(number), cat("<credit_card:", number, ">"));
    EXPECT_EQ(marked(cat("no. ", number, ".")), cat("no. <credit_card:", number, ">."));
    EXPECT_EQ(marked(cat(number, "0000000")), cat(number, "0000000")) << "a part of a longer number";
    std::string wrong = number;
    wrong.back() = wrong.back() == '9' ? '0' : static_cast<char>(wrong.back() + 1);
    EXPECT_EQ(marked(wrong), wrong) << "Luhn's check";
  }
  expect({
      {"4111 1111 1111 1111", "<credit_card:4111 1111 1111 1111>"},
      {"4111-1111-1111-1111 12/27", "<credit_card:4111-1111-1111-1111> 12/27"},
      {"4111 1111 1111 1111 27", "<credit_card:4111 1111 1111 1111> 27"},
      {"12 4111 1111 1111 1111", "12 <credit_card:4111 1111 1111 1111>"},
      {"3782 822463 10005", "<credit_card:3782 822463 10005>"},
      {"4111  1111 1111 1111", "4111  1111 1111 1111"},
      {"4111 1111 1111 1111x", "4111 1111 1111 1111x"},
      {"x4111111111111111", "x4111111111111111"},
      {"0.4111111111111111", "0.4111111111111111"},
      {"9111111111111119", "9111111111111119"},  // Luhn holds; no issuer
      {"1790000000000", "1790000000000"},
      {"4", "4"},
      {"4111 1111 1111 ", "4111 1111 1111 "},
      {"4111111111111111 ", "<credit_card:4111111111111111> "},
  });
}

TEST(Detectors, BehindAnEscapeOfInnerJson) {
  expect({
      {R"(x\nann@example.com\n)", R"(x\n<email:ann@example.com>\n)"},
      {R"(\u00e4nn@example.com)", R"(\u00e4<email:nn@example.com>)"},
      {R"(\\nann@example.com)", R"(\\<email:nann@example.com>)"},
      {R"(C:\sub@example.com)", R"(C:\<email:sub@example.com>)"},
      {R"(\n@example.com)", R"(\n@example.com)"},
      {R"(\tsk-abcdefghij0123456789)", R"(\t<api_key:sk-abcdefghij0123456789>)"},
      {R"(\u000ask-abcdefghij0123456789)", R"(\u000a<api_key:sk-abcdefghij0123456789>)"},
      {R"(\nBearer abcdef12\n)", R"(\nBearer <bearer:abcdef12>\n)"},
      {R"(\n4111111111111111\n)", R"(\n<credit_card:4111111111111111>\n)"},
      {R"({"to":"ann@example.com"})", R"({"to":"<email:ann@example.com>"})"},
  });
}

TEST(Detectors, WhatOverlapsIsOneMatch) {
  const std::string key = "sk-abcdefghij0123456789";
  expect({
      {cat(key, "@example.com"), cat("<email:", key, "@example.com>")},
      {cat("Bearer ", key), cat("Bearer <api_key:", key, ">")},
      {cat("Bearer ", key, ".tail"), cat("Bearer <bearer:", key, ".tail>")},
      {"Bearer 4111111111111111", "Bearer <bearer:4111111111111111>"},
  });
  EXPECT_EQ(marked(cat("Bearer ", key), bit_of(Detector::kApiKey)), cat("Bearer <api_key:", key, ">"));
}

TEST(Detectors, OnlyThoseThatAreOn) {
  const std::string text = "a@b.co sk-abcdefghij0123456789 Bearer abcdef12 4111111111111111";
  EXPECT_EQ(marked(text, 0), text);
  for (const Detector detector : kDetectors) {
    const std::string out = marked(text, bit_of(detector));
    EXPECT_NE(out.find(cat("<", name_of(detector), ":")), std::string::npos);
    EXPECT_EQ(out.size(), text.size() + name_of(detector).size() + 3) << out;
  }
}

// A secret at every distance from the borders of the blocks that are searched at once.
TEST(Detectors, AtEveryPlace) {
  const std::vector<std::pair<std::string, Detector>> secrets{{"a@b.co", Detector::kEmail},
                                                              {"sk-abcdefghij0123456789", Detector::kApiKey},
                                                              {"abcdef12", Detector::kBearer},
                                                              {"4111111111111111", Detector::kCreditCard}};
  for (const auto& [secret, detector] : secrets) {
    const std::string lead = detector == Detector::kBearer ? "bearer " : "";
    for (std::size_t before = 0; before < 40; ++before) {
      for (std::size_t after = 0; after < 40; ++after) {
        const std::string front = std::string(before, '.') + lead;
        const std::string back(after, ' ');
        ASSERT_EQ(marked(cat(front, secret, back)), cat(front, "<", name_of(detector), ":", secret, ">", back));
      }
    }
  }
}

// Texts that are hard for a scanner that goes back: each takes a blink, or the test's time is up.
TEST(Detectors, LinearInHostileText) {
  constexpr std::size_t kSize = std::size_t{test::kSanitized ? 64 : 512} << 10;
  for (const std::string_view piece :
       {"@",   "a@",      "a.",      "a@b.",   "a@b.1.",     "sk-",     "sk-a",     "sk-sk_live_", "-", "_",
        "I",   "1 ",      "4",       "41-",    "4111 1111 ", "bearer ", "bearer  ", "Bearer\t",    "b", "\\",
        "\\n", "\\u0041", "\\a@b.c", "\\\\n@", "'",          "a'",      "..",       "ж",           "ж@"}) {
    std::string text;
    while (text.size() < kSize) {
      text += piece;
    }
    EXPECT_GE(marked(text).size(), text.size()) << piece;
    std::string tail(kSize, piece[0]);
    tail += cat(piece, "@example.com");
    EXPECT_GE(marked(tail).size(), tail.size()) << piece;
  }
}

}  // namespace
}  // namespace respand::record
