#include "respand/record/record_parser.h"

#include <gtest/gtest.h>

#include <array>

#include "samples.h"

namespace respand::record {
namespace {

using namespace std::string_view_literals;

struct Bad {
  std::string_view text;
  Reason reason;
  std::size_t byte;
  std::string_view says;
};

void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.text.substr(0, 80); }

class Refused : public ::testing::TestWithParam<Bad> {};

TEST_P(Refused, SaysWhyAndWhere) {
  const Bad& bad = GetParam();
  RecordParser parser;
  const ParsedRecord parsed = parser.parse(bad.text);
  ASSERT_FALSE(parsed.ok);
  EXPECT_EQ(name_of(parsed.refusal.reason), name_of(bad.reason));
  EXPECT_EQ(parsed.refusal.byte, bad.byte);
  EXPECT_EQ(parsed.refusal.message, std::string(bad.says) + ", at byte " + std::to_string(bad.byte));
  EXPECT_TRUE(parser.parse(R"({"a":1})").ok) << "a refusal must not spoil the next record";
}

INSTANTIATE_TEST_SUITE_P(
    Empty, Refused,
    ::testing::Values(Bad{"", Reason::kNotJson, 0, "not valid JSON: there is no text but white space"},
                      Bad{" \t\r\n ", Reason::kNotJson, 5, "not valid JSON: there is no text but white space"},
                      Bad{"\xEF\xBB\xBF{}", Reason::kNotJson, 0, "not valid JSON: it begins with a byte order mark"}));

INSTANTIATE_TEST_SUITE_P(
    Root, Refused,
    ::testing::Values(Bad{"17", Reason::kNotObject, 0, "a number where an object is expected"},
                      Bad{" -1.5e3", Reason::kNotObject, 1, "a number where an object is expected"},
                      Bad{"[1,2]", Reason::kNotObject, 0, "an array where an object is expected"},
                      Bad{" [", Reason::kNotObject, 1, "an array where an object is expected"},
                      Bad{R"("{}")", Reason::kNotObject, 0, "a string where an object is expected"},
                      Bad{"null", Reason::kNotObject, 0, "null where an object is expected"},
                      Bad{" true", Reason::kNotObject, 1, "a boolean where an object is expected"},
                      Bad{"false ", Reason::kNotObject, 0, "a boolean where an object is expected"},
                      Bad{"nul", Reason::kNotJson, 3, "not valid JSON: the text ends inside the object"},
                      Bad{"hello", Reason::kNotJson, 0, "not valid JSON: a value is missing or misspelled"}));

INSTANTIATE_TEST_SUITE_P(
    Grammar, Refused,
    ::testing::Values(
        Bad{"{", Reason::kNotJson, 1, "not valid JSON: the text ends inside the object"},
        Bad{R"({"a")", Reason::kNotJson, 4, "not valid JSON: the text ends inside the object"},
        Bad{R"({"a":)", Reason::kNotJson, 5, "not valid JSON: the text ends inside the object"},
        Bad{R"({"a":1)", Reason::kNotJson, 6, "not valid JSON: the text ends inside the object"},
        Bad{R"({"a":[1,)", Reason::kNotJson, 8, "not valid JSON: the text ends inside the object"},
        Bad{R"({"a":tru)", Reason::kNotJson, 8, "not valid JSON: the text ends inside the object"},
        Bad{"{}}", Reason::kNotJson, 2, "not valid JSON: more text after the object"},
        Bad{"{},", Reason::kNotJson, 2, "not valid JSON: more text after the object"},
        Bad{"{}{}", Reason::kNotJson, 2, "not valid JSON: more text after the object"},
        Bad{"{} x", Reason::kNotJson, 3, "not valid JSON: more text after the object"},
        Bad{R"({"a":1,})", Reason::kNotJson, 7, "not valid JSON: missing a name for an object member"},
        Bad{"{,}", Reason::kNotJson, 1, "not valid JSON: missing a name for an object member"},
        Bad{"{a:1}", Reason::kNotJson, 1, "not valid JSON: missing a name for an object member"},
        Bad{"{'a':1}", Reason::kNotJson, 1, "not valid JSON: missing a name for an object member"},
        Bad{R"({"a" 1})", Reason::kNotJson, 5, "not valid JSON: missing a colon after a member's name"},
        Bad{R"({"a":1 "b":2})", Reason::kNotJson, 7, "not valid JSON: missing a comma or } after an object member"},
        Bad{R"({"a":1])", Reason::kNotJson, 6, "not valid JSON: missing a comma or } after an object member"},
        Bad{R"({"a":[1 2]})", Reason::kNotJson, 8, "not valid JSON: missing a comma or ] after an array element"},
        Bad{R"({"a":[1,]})", Reason::kNotJson, 8, "not valid JSON: a value is missing or misspelled"},
        Bad{R"({"a":[,1]})", Reason::kNotJson, 6, "not valid JSON: a value is missing or misspelled"},
        Bad{R"({"a":})", Reason::kNotJson, 5, "not valid JSON: a value is missing or misspelled"},
        Bad{R"({"a":True})", Reason::kNotJson, 5, "not valid JSON: a value is missing or misspelled"},
        Bad{"/**/{}", Reason::kNotJson, 0, "not valid JSON: a value is missing or misspelled"}));

INSTANTIATE_TEST_SUITE_P(
    Nul, Refused,
    ::testing::Values(Bad{"{}\0x"sv, Reason::kNotJson, 2, "not valid JSON: a NUL byte"},
                      Bad{"{}\0"sv, Reason::kNotJson, 2, "not valid JSON: a NUL byte"},
                      Bad{"\0{}"sv, Reason::kNotJson, 0, "not valid JSON: a NUL byte"},
                      Bad{"{\0}"sv, Reason::kNotJson, 1, "not valid JSON: a NUL byte"},
                      Bad{"{\"a\":\0 1}"sv, Reason::kNotJson, 5, "not valid JSON: a NUL byte"},
                      Bad{"{\"a\":1\0}"sv, Reason::kNotJson, 6, "not valid JSON: a NUL byte"},
                      Bad{"{\"a\":\"\0\"}"sv, Reason::kNotJson, 6, "not valid JSON: a control character in a string"},
                      Bad{"{\"\0\":1}"sv, Reason::kNotJson, 2, "not valid JSON: a control character in a string"}));

INSTANTIATE_TEST_SUITE_P(
    Strings, Refused,
    ::testing::Values(
        Bad{R"({"a)", Reason::kNotJson, 3, "not valid JSON: the text ends inside a string"},
        Bad{R"({"a":"b\)", Reason::kNotJson, 8, "not valid JSON: the text ends inside a string"},
        Bad{"{\"a\":\"b\n\"}", Reason::kNotJson, 7, "not valid JSON: a control character in a string"},
        Bad{"{\"a\":\"0123456789abcdef\x1F\"}", Reason::kNotJson, 22,
            "not valid JSON: a control character in a string"},
        Bad{R"({"a":"\x"})", Reason::kNotJson, 6, "not valid JSON: an unknown escape in a string"},
        Bad{R"({"a":"\'"})", Reason::kNotJson, 6, "not valid JSON: an unknown escape in a string"},
        Bad{R"({"a":"\u12g4"})", Reason::kNotJson, 6, "not valid JSON: a \\u escape without four hexadecimal digits"},
        Bad{R"({"a":"\u123)", Reason::kNotJson, 6, "not valid JSON: a \\u escape without four hexadecimal digits"},
        Bad{R"({"a":"\ud800"})", Reason::kNotUtf8, 6, "not valid UTF-8: a \\u escape that is half a surrogate pair"},
        Bad{R"({"a":"\ud800\n"})", Reason::kNotUtf8, 6, "not valid UTF-8: a \\u escape that is half a surrogate pair"},
        Bad{R"({"a":"\ud800\ud800"})", Reason::kNotUtf8, 6,
            "not valid UTF-8: a \\u escape that is half a surrogate pair"},
        Bad{R"({"a":"\udc00"})", Reason::kNotUtf8, 6, "not valid UTF-8: a \\u escape that is half a surrogate pair"},
        Bad{R"({"a":"x\uDFFF\ud800"})", Reason::kNotUtf8, 7,
            "not valid UTF-8: a \\u escape that is half a surrogate pair"}));

INSTANTIATE_TEST_SUITE_P(
    Encoding, Refused,
    ::testing::Values(
        Bad{"{\"a\":\"\xFF\"}", Reason::kNotUtf8, 6, "not valid UTF-8: a malformed sequence in a string"},
        Bad{"{\"a\":\"\x80\"}", Reason::kNotUtf8, 6, "not valid UTF-8: a malformed sequence in a string"},
        Bad{"{\"a\":\"\xC0\xAF\"}", Reason::kNotUtf8, 6, "not valid UTF-8: a malformed sequence in a string"},
        Bad{"{\"a\":\"\xE0\x80\xAF\"}", Reason::kNotUtf8, 6, "not valid UTF-8: a malformed sequence in a string"},
        Bad{"{\"a\":\"\xED\xA0\x80\"}", Reason::kNotUtf8, 6, "not valid UTF-8: a malformed sequence in a string"},
        Bad{"{\"a\":\"\xF4\x90\x80\x80\"}", Reason::kNotUtf8, 6, "not valid UTF-8: a malformed sequence in a string"},
        Bad{"{\"a\":\"\xE2\x82\"}", Reason::kNotUtf8, 6, "not valid UTF-8: a malformed sequence in a string"},
        Bad{"{\"a\":\"\xE2\x82", Reason::kNotUtf8, 6, "not valid UTF-8: a malformed sequence in a string"},
        Bad{"{\"caf\xE9\":1}", Reason::kNotUtf8, 5, "not valid UTF-8: a malformed sequence in a string"},
        Bad{"\xFF\xFE{\0}\0"sv, Reason::kNotUtf8, 0, "not valid UTF-8: a malformed sequence outside a string"},
        Bad{"{\"a\":\xE9}", Reason::kNotUtf8, 5, "not valid UTF-8: a malformed sequence outside a string"},
        Bad{"{\"a\":\xC3\xA9}", Reason::kNotJson, 5, "not valid JSON: a value is missing or misspelled"},
        Bad{"{\"a\":1}\xC2\xA0", Reason::kNotJson, 7, "not valid JSON: more text after the object"}));

INSTANTIATE_TEST_SUITE_P(
    Numbers, Refused,
    ::testing::Values(
        Bad{R"({"a":NaN})", Reason::kNotJson, 5, "not valid JSON: NaN and Infinity are no JSON numbers"},
        Bad{R"({"a":Infinity})", Reason::kNotJson, 5, "not valid JSON: NaN and Infinity are no JSON numbers"},
        Bad{R"({"a":-Infinity})", Reason::kNotJson, 6, "not valid JSON: NaN and Infinity are no JSON numbers"},
        Bad{R"({"a":-})", Reason::kNotJson, 6, "not valid JSON: a number lacks a digit"},
        Bad{R"({"a":--1})", Reason::kNotJson, 6, "not valid JSON: a number lacks a digit"},
        Bad{R"({"a":1.})", Reason::kNotJson, 7, "not valid JSON: a number lacks a digit"},
        Bad{R"({"a":1.e5})", Reason::kNotJson, 7, "not valid JSON: a number lacks a digit"},
        Bad{R"({"a":1e})", Reason::kNotJson, 7, "not valid JSON: a number lacks a digit"},
        Bad{R"({"a":1e+)", Reason::kNotJson, 8, "not valid JSON: a number lacks a digit"},
        Bad{R"({"a":.5})", Reason::kNotJson, 5, "not valid JSON: a value is missing or misspelled"},
        Bad{R"({"a":+1})", Reason::kNotJson, 5, "not valid JSON: a value is missing or misspelled"},
        Bad{R"({"a":01})", Reason::kNotJson, 6, "not valid JSON: a malformed number"},
        Bad{R"({"a":-01})", Reason::kNotJson, 7, "not valid JSON: a malformed number"},
        Bad{R"({"a":1e5e3})", Reason::kNotJson, 8, "not valid JSON: a malformed number"},
        Bad{R"({"a":-0.5.})", Reason::kNotJson, 9, "not valid JSON: a malformed number"},
        Bad{R"({"a":00})", Reason::kNotJson, 6, "not valid JSON: a malformed number"},
        Bad{R"({"a":1-2})", Reason::kNotJson, 6, "not valid JSON: missing a comma or } after an object member"},
        Bad{R"({"a":0x1})", Reason::kNotJson, 6, "not valid JSON: missing a comma or } after an object member"},
        Bad{R"({"a":1.2.3})", Reason::kNotJson, 8, "not valid JSON: a malformed number"}));

TEST(Check, AcceptsWhatJsonAllows) {
  RecordParser parser;
  for (const std::string_view text :
       {"{}", " {} ", "\t\r\n{\n}\n", R"({"":""})", R"({"a":null,"b":true,"c":false,"d":[],"e":{}})",
        R"({"a":[[],[{}],{"b":[]}]})",
        R"({"a":0,"b":-0,"c":0.10,"d":1e-7,"e":-1.5E+30,"f":18446744073709551616,"g":9007199254740993,"h":-9,"i":-10})",
        R"({"a":1e400,"b":-1e-400,"c":1E999999999999,"d":0e0})", R"({"a":"\"\\\/\b\f\n\r\t\u0000\u00e9\uD83D\uDE00"})",
        "{\"a\":\"\x7F \xC2\x80 \xDF\xBF \xE0\xA0\x80 \xED\x9F\xBF \xEE\x80\x80 \xEF\xBF\xBF \xF0\x90\x80\x80 "
        "\xF4\x8F\xBF\xBF\"}",
        "{\"\xEF\xBB\xBF\":1}"}) {
    EXPECT_TRUE(parser.parse(text).ok) << text;
  }
}

TEST(Check, SampleRecordsPass) {
  RecordParser parser;
  EXPECT_TRUE(parser.parse(usual_record()).ok);
  EXPECT_TRUE(parser.parse(long_record(100'000)).ok);
}

TEST(Check, SizeLimit) {
  constexpr std::uint64_t kLimit = 1000;
  RecordParser parser(Bytes{kLimit});
  const auto of_size = [](std::size_t size) { return R"({"a":")" + std::string(size - 8, 'x') + R"("})"; };
  EXPECT_TRUE(parser.parse(of_size(kLimit - 1)).ok);
  EXPECT_TRUE(parser.parse(of_size(kLimit)).ok);
  const ParsedRecord parsed = parser.parse(of_size(kLimit + 1));
  ASSERT_FALSE(parsed.ok);
  EXPECT_EQ(parsed.refusal.reason, Reason::kTooLarge);
  EXPECT_EQ(parsed.refusal.byte, kLimit);
  EXPECT_EQ(parsed.refusal.message, "1001 bytes, over the limit of 1000B");
  EXPECT_EQ(parser.parse(std::string(kLimit + 1, '\xFF')).refusal.reason, Reason::kTooLarge)
      << "the size is judged first";
}

std::string nested(std::size_t depth, char open, char close) {
  std::string text(R"({"a":)");
  if (open == '{') {
    for (std::size_t i = 1; i < depth; ++i) {
      text.append(R"({"a":)");
    }
    return text.append("1").append(depth, '}');
  }
  return text.append(depth - 1, open).append(depth - 1, close).append("}");
}

TEST(Check, DepthLimit) {
  RecordParser parser;
  for (const auto& [open, close] : {std::pair{'{', '}'}, std::pair{'[', ']'}}) {
    EXPECT_TRUE(parser.parse(nested(kMaxDepth - 1, open, close)).ok);
    EXPECT_TRUE(parser.parse(nested(kMaxDepth, open, close)).ok);
    const ParsedRecord parsed = parser.parse(nested(kMaxDepth + 1, open, close));
    ASSERT_FALSE(parsed.ok);
    EXPECT_EQ(parsed.refusal.reason, Reason::kTooDeep);
  }
  const ParsedRecord arrays = parser.parse(nested(kMaxDepth + 1, '[', ']'));
  EXPECT_EQ(arrays.refusal.byte, 5 + kMaxDepth - 1) << "the first bracket that is too deep";
  EXPECT_EQ(arrays.refusal.message, "nested deeper than 64 levels, at byte 68");
}

TEST(Check, DepthIsNotTheNumberOfBrackets) {
  RecordParser parser;
  std::string wide = R"({"a":[)";
  for (int i = 0; i < 1000; ++i) {
    wide.append("{},[],");
  }
  EXPECT_TRUE(parser.parse(wide.append("0]}")).ok);
}

TEST(Check, ManyBracketsEndAtTheLimit) {
  RecordParser parser;
  for (const std::string_view unit : {"[", R"({"a":)"}) {
    std::string text = R"({"a":)";
    for (int i = 0; i < 100'000; ++i) {
      text.append(unit);
    }
    const ParsedRecord parsed = parser.parse(text);
    ASSERT_FALSE(parsed.ok);
    EXPECT_EQ(parsed.refusal.reason, Reason::kTooDeep);
    EXPECT_LT(parsed.refusal.byte, 400U);
  }
}

TEST(Check, HugeTokens) {
  RecordParser parser;
  const std::string digits(1 << 20, '7');
  const std::string zeros(1 << 20, '0');
  for (const std::string& number :
       {digits, "-" + digits, "0." + digits, "0." + zeros, "1e" + digits, "1e-" + zeros, "-0." + zeros + "1"}) {
    const std::string text = R"({"cost":)" + number + "}";
    const ParsedRecord parsed = parser.parse(text);
    ASSERT_TRUE(parsed.ok) << number.substr(0, 10);
    EXPECT_EQ(parsed.fields.cost, number);
  }
  const std::string key = "{\"" + std::string(1 << 20, 'k') + "\":1}";
  EXPECT_TRUE(parser.parse(key).ok);
  std::string escapes = R"({"a":")";
  for (int i = 0; i < 100'000; ++i) {
    escapes.append(R"(\uD83D\uDE00)");
  }
  EXPECT_TRUE(parser.parse(escapes + R"("})").ok);
}

TEST(Check, ReadsOnlyWhatItWasGiven) {
  // Every prefix of a record, in a block of exactly that size: the sanitizer sees a byte too far.
  const std::string record = usual_record();
  RecordParser parser;
  for (std::size_t size = 0; size < record.size(); ++size) {
    const std::string_view whole(record);
    const std::vector<char> block(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(parser.parse({block.data(), block.size()}).ok) << size;
  }
}

TEST(Check, LimitsOfTheCaller) {
  RecordParser shallow(kMaxRecord, 1);
  EXPECT_TRUE(shallow.parse(R"({"a":1})").ok);
  EXPECT_EQ(shallow.parse(R"({"a":[]})").refusal.reason, Reason::kTooDeep);
  RecordParser none(Bytes{0});
  EXPECT_EQ(none.parse("{}").refusal.reason, Reason::kTooLarge);
}

TEST(Check, MessagesHoldNothingOfTheRecord) {
  RecordParser parser;
  for (const std::string_view text :
       {R"({"secret-7"})", R"({"a":secret-7})", R"({"a":"secret-7)", R"({"a":"\secret-7"})", "\"secret-7\"",
        R"({"a":1}secret-7)", "{\"secret-7\xFF\":1}"}) {
    const ParsedRecord parsed = parser.parse(text);
    ASSERT_FALSE(parsed.ok);
    EXPECT_EQ(parsed.refusal.message.find("secret"), std::string::npos) << parsed.refusal.message;
  }
}

TEST(Check, ReasonsAreLabels) {
  EXPECT_EQ(name_of(Reason::kTooLarge), "too_large");
  EXPECT_EQ(name_of(Reason::kTooDeep), "too_deep");
  EXPECT_EQ(name_of(Reason::kNotUtf8), "not_utf8");
  EXPECT_EQ(name_of(Reason::kNotJson), "not_json");
  EXPECT_EQ(name_of(Reason::kNotObject), "not_object");
}

}  // namespace
}  // namespace respand::record
