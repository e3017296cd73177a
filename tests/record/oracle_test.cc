// RecordParser against RapidJSON alone, with none of our scanners: the same texts pass, but for the differences that
// are wanted.

#include <gtest/gtest.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "respand/base/random.h"
#include "respand/record/record_parser.h"
#include "samples.h"
#include "tests/support/sanitized.h"

namespace respand::record {
namespace {

using namespace std::string_view_literals;

struct Silent : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Silent> {};

struct Opinion {
  bool passes;
  bool number_too_big;
};

Opinion rapidjson_says(std::string_view text) {
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  Silent handler;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, handler);
  return {!result.IsError() && stream.Tell() == text.size(), result.Code() == rapidjson::kParseErrorNumberTooBig};
}

bool half_a_pair(const ParsedRecord& parsed) { return parsed.refusal.message.find("surrogate") != std::string::npos; }

void compare(RecordParser& parser, const std::string& text) {
  const Opinion theirs = rapidjson_says(text);
  const ParsedRecord ours = parser.parse(text);
  if (theirs.number_too_big) {
    return;  // 1e400 is theirs to refuse, ours to pass on
  }
  const bool wanted = !ours.ok && (half_a_pair(ours) || ours.refusal.reason == Reason::kNotObject);
  if (!wanted) {
    ASSERT_EQ(ours.ok, theirs.passes) << text << '\n' << ours.refusal.message;
  }
  if (!ours.ok) {
    ASSERT_LE(ours.refusal.byte, text.size());
    ASSERT_FALSE(ours.refusal.message.empty());
  }
}

// Each mutation puts a byte that means something in the place of another, takes one out, doubles one or swaps two.
std::string mutated(std::string text, Random& random) {
  static constexpr std::string_view kBytes =
      "{}[]:,\"\\u0019aAdDcC8tfn-+.eE \t\n\r/\0\x1F\x7F\x80\xBF\xC2\xE0\xED\xF0\xF4\xFF"sv;
  const std::uint64_t changes = 1 + random.below(4);
  for (std::uint64_t i = 0; i < changes && !text.empty(); ++i) {
    const std::size_t at = random.below(text.size());
    switch (random.below(4)) {
      case 0:
        text[at] = kBytes[random.below(kBytes.size())];
        break;
      case 1:
        text.erase(at, 1 + random.below(3));
        break;
      case 2:
        text.insert(at, 1, kBytes[random.below(kBytes.size())]);
        break;
      default:
        std::swap(text[at], text[random.below(text.size())]);
        break;
    }
  }
  return text;
}

TEST(Oracle, MutatedRecords) {
  const std::string seeds[] = {
      R"({"a":[1,-2.5e+3,0.10,-0],"b":{"c":null,"d":[true,false,{}]},"e":"\u00e9\ud83d\ude00\n\\\"x","cost":1e-7})",
      R"({ "m\u006fdel" : "x" , "k" : [ [ ] , { } , "" ] , "u" : "é€😀" })",
      R"({"customer_params":{"customer_identifier":"user_123"},"a":18446744073709551615,"b":-9223372036854775808})",
  };
  SeededRandom random(20261121);
  RecordParser parser;
  for (int round = 0; round < 60'000; ++round) {
    compare(parser, mutated(seeds[random.below(std::size(seeds))], random));
    if (HasFatalFailure()) {
      return;
    }
  }
}

TEST(Oracle, CutAndMutatedUsualRecord) {
  const std::string record = usual_record();
  SeededRandom random(7);
  RecordParser parser;
  for (int round = 0; round < 5'000; ++round) {
    const std::string text = mutated(record, random);
    compare(parser, round % 4 == 0 ? text.substr(0, random.below(text.size())) : text);
    if (HasFatalFailure()) {
      return;
    }
  }
}

// Under sanitizers one part less, which is a tenth of the texts.
constexpr std::size_t kParts = test::kSanitized ? 4 : 5;

// All texts of up to `length` of these parts, between `front` and `back`.
void compare_all(const std::vector<std::string_view>& parts, std::size_t length, std::string_view front,
                 std::string_view back) {
  RecordParser parser;
  for (std::size_t size = 0, count = 1; size <= length; ++size, count *= parts.size()) {
    for (std::size_t n = 0; n < count; ++n) {
      std::string text(front);
      for (std::size_t i = 0, rest = n; i < size; ++i, rest /= parts.size()) {
        text.append(parts[rest % parts.size()]);
      }
      compare(parser, text.append(back));
      if (::testing::Test::HasFatalFailure()) {
        return;
      }
    }
  }
}

TEST(Oracle, AllShortStructures) {
  const std::vector<std::string_view> parts{"{", "}", "[", "]", ",", ":", "\"a\"", "1", "-2", "null"};
  compare_all(parts, kParts, "", "");
  compare_all(parts, kParts, R"({"k":)", "}");
}

TEST(Oracle, AllShortNumbers) {
  const std::vector<std::string_view> parts{"0", "1", "-", "+", ".", "e", "E"};
  compare_all(parts, kParts + 1, R"({"k":)", "}");
  compare_all(parts, 4, R"({"k":[)", ",1]}");
}

TEST(Oracle, AllShortStrings) {
  const std::vector<std::string_view> parts{"\\",   "\"", "u",    "d83d", "DE00",
                                            "00e9", "n",  "\xC3", "\xA9", "0123456789abcdef"};
  compare_all(parts, kParts, R"({"k":")", R"("})");
  compare_all(parts, 4, R"({")", R"(":1})");
}

}  // namespace
}  // namespace respand::record
