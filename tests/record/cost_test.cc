// Costs worked out by hand. The prices of the tests' own models, in US dollars per million tokens:
//   m   prompt 2, completion 10, cached 0.5, cache write 2.5
//   p   prompt 3, completion 15, and nothing else
//   e   prompt 0.02 (makes no completions)
// Per token, in millionths: m 2, 10, 0.5, 2.5; p 3, 15; e 0.02.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "respand/record/enricher.h"
#include "tests/record/own_prices.h"

namespace respand::record {
namespace {

constexpr std::string_view kOwn = R"(models:
  m: {prompt: 2, completion: 10, cached_prompt: 0.5, cache_write: 2.5}
  p: {prompt: 3, completion: 15}
  e: {prompt: 0.02}
)";

constexpr Additions kOnlyCost{.timestamp = false, .custom_identifier = false, .generation_time = false, .cost = true};

struct Priced {
  std::string added;      // the cost; "" where none was added
  Enrichment enrichment;  // without the texts of its account
};

Priced priced(const std::string& record, Additions additions = kOnlyCost) {
  static const auto prices = own_prices(kOwn);
  RecordParser parser;
  const ParsedRecord parsed = parser.parse(record);
  EXPECT_TRUE(parsed.ok) << record;
  SeededRandom random(1);
  Enricher enricher(additions, random);
  enricher.use(prices);
  Priced out{.added = {}, .enrichment = enricher.enrichment(parsed.fields)};
  std::string text(record.size() + out.enrichment.growth, '\0');
  text.resize(enricher.fill(record, parsed.fields, WallTime{}, text.data()));
  const std::string head = record.substr(0, parsed.fields.close);
  EXPECT_TRUE(text.starts_with(head)) << "what the application wrote stays";
  if (text != record) {
    const std::string name = R"(,"cost":)";
    EXPECT_TRUE(text.substr(head.size()).starts_with(name)) << text;
    out.added = text.substr(head.size() + name.size(), text.size() - record.size() - name.size());
  }
  out.enrichment.summary.model = out.enrichment.summary.provider = out.enrichment.summary.customer =
      out.enrichment.summary.environment = {};
  return out;
}

struct CostCase {
  const char* members;
  const char* cost;
};

TEST(Cost, ByHand) {
  for (
      const auto& [members, cost] : std::vector<CostCase>{
          // 1: 1000·2 = 2000; 500·10 = 5000; 7000 millionths
          {R"("model":"m","usage":{"prompt_tokens":1000,"completion_tokens":500})", "0.007"},
          // 2: 1·2 + 1·10 = 12
          {R"("model":"m","usage":{"prompt_tokens":1,"completion_tokens":1})", "0.000012"},
          // 3: nothing costs nothing
          {R"("model":"m","usage":{"prompt_tokens":0,"completion_tokens":0})", "0"},
          // 4: 1000·2
          {R"("model":"m","usage":{"prompt_tokens":1000,"completion_tokens":0})", "0.002"},
          // 5: 500·10
          {R"("model":"m","usage":{"prompt_tokens":0,"completion_tokens":500})", "0.005"},
          // 6: 1,000,000·2 = 2 dollars; 1,000,000·10 = 10
          {R"("model":"m","usage":{"prompt_tokens":1000000,"completion_tokens":1000000})", "12"},
          // 7: input_tokens is another name: 1000·2 + 500·10
          {R"("model":"m","usage":{"input_tokens":1000,"output_tokens":500})", "0.007"},
          // 8: beside, not in usage
          {R"("model":"m","prompt_tokens":1000,"completion_tokens":500)", "0.007"},
          // 9: input_tokens beside
          {R"("model":"m","input_tokens":1000,"output_tokens":500)", "0.007"},
          // 10: mixed names: 1000·2 + 500·10
          {R"("model":"m","usage":{"prompt_tokens":1000,"output_tokens":500})", "0.007"},
          // 11: usage counts before what is beside: 10·2 + 10·10 = 120
          {R"("model":"m","prompt_tokens":1000,"usage":{"prompt_tokens":10,"completion_tokens":10})", "0.00012"},
          // 12: usage without counts does not hide what is beside
          {R"("model":"m","prompt_tokens":1000,"completion_tokens":500,"usage":{})", "0.007"},
          // 13: nor does a null: 1000·2 + 500·10
          {R"("model":"m","prompt_tokens":1000,"completion_tokens":500,"usage":null)", "0.007"},
          // 14: 600 of 1000 cached: 400·2 + 600·0.5 + 0 = 1100
          {R"("model":"m","usage":{"prompt_tokens":1000,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":600}})",
           "0.0011"},
          // 15: all of them cached: 1000·0.5 + 500·10 = 5500
          {R"("model":"m","usage":{"prompt_tokens":1000,"completion_tokens":500,"prompt_tokens_details":{"cached_tokens":1000}})",
           "0.0055"},
          // 16: none of them cached: 2000 + 5000
          {R"("model":"m","usage":{"prompt_tokens":1000,"completion_tokens":500,"prompt_tokens_details":{"cached_tokens":0}})",
           "0.007"},
          // 17: OpenAI's responses: cached ones are among input_tokens: 400·2 + 600·0.5 + 500·10 = 6100
          {R"("model":"m","usage":{"input_tokens":1000,"output_tokens":500,"input_tokens_details":{"cached_tokens":600}})",
           "0.0061"},
          // 18: the same with nothing cached
          {R"("model":"m","usage":{"input_tokens":1000,"output_tokens":500,"input_tokens_details":{"cached_tokens":0}})",
           "0.007"},
          // 19: Anthropic: reads are beside input_tokens: 1000·2 + 600·0.5 + 500·10 = 7300
          {R"("model":"m","usage":{"input_tokens":1000,"output_tokens":500,"cache_read_input_tokens":600})", "0.0073"},
          // 20: so are writes: 1000·2 + 400·2.5 + 500·10 = 8000
          {R"("model":"m","usage":{"input_tokens":1000,"output_tokens":500,"cache_creation_input_tokens":400})",
           "0.008"},
          // 21: both: 1000·2 + 600·0.5 + 400·2.5 + 500·10 = 8300
          {R"("model":"m","usage":{"input_tokens":1000,"output_tokens":500,"cache_read_input_tokens":600,"cache_creation_input_tokens":400})",
           "0.0083"},
          // 22: more read than new, as usual there: 3·2 + 20000·0.5 + 7·10 = 10076
          {R"("model":"m","usage":{"input_tokens":3,"output_tokens":7,"cache_read_input_tokens":20000})", "0.010076"},
          // 23: nulls of Anthropic's: 1000·2 + 500·10
          {R"("model":"m","usage":{"input_tokens":1000,"output_tokens":500,"cache_read_input_tokens":null,"cache_creation_input_tokens":null})",
           "0.007"},
          // 24: LiteLLM: cache_read_input_tokens among prompt_tokens: 400·2 + 600·0.5 + 500·10 = 6100
          {R"("model":"m","usage":{"prompt_tokens":1000,"completion_tokens":500,"cache_read_input_tokens":600})",
           "0.0061"},
          // 25: and writes: 300·2 + 600·0.5 + 100·2.5 + 500·10 = 6150
          {R"("model":"m","usage":{"prompt_tokens":1000,"completion_tokens":500,"cache_read_input_tokens":600,"cache_creation_input_tokens":100})",
           "0.00615"},
          // 26: the same number under two names counts once: 400·2 + 600·0.5 + 500·10
          {R"("model":"m","usage":{"prompt_tokens":1000,"completion_tokens":500,"cache_read_input_tokens":600,"prompt_tokens_details":{"cached_tokens":600}})",
           "0.0061"},
          // 27: DeepSeek: hits are among prompt_tokens: 400·2 + 600·0.5 + 500·10
          {R"("model":"m","usage":{"prompt_tokens":1000,"completion_tokens":500,"prompt_cache_hit_tokens":600,"prompt_cache_miss_tokens":400})",
           "0.0061"},
          // 28: Respan's own fields beside: 400·2 + 600·0.5 + 500·10
          {R"("model":"m","prompt_tokens":1000,"completion_tokens":500,"prompt_cache_hit_tokens":600)", "0.0061"},
          // 29: with writes: 300·2 + 600·0.5 + 100·2.5 + 500·10 = 6150
          {R"("model":"m","prompt_tokens":1000,"completion_tokens":500,"prompt_cache_hit_tokens":600,"prompt_cache_creation_tokens":100)",
           "0.00615"},
          // 30: usage in Respan's field beside: 400·2 + 600·0.5 + 500·10
          {R"("model":"m","usage":{"prompt_tokens":1000,"completion_tokens":500},"prompt_cache_hit_tokens":600)",
           "0.0061"},
          // 31: Respan's names with Anthropic's input_tokens: 1000·2 + 600·0.5 + 400·2.5 + 500·10 = 8300
          {R"("model":"m","usage":{"input_tokens":1000,"output_tokens":500},"prompt_cache_hit_tokens":600,"prompt_cache_creation_tokens":400)",
           "0.0083"},
          // 32: reasoning is among completion_tokens: 1000·2 + 500·10
          {R"("model":"m","usage":{"prompt_tokens":1000,"completion_tokens":500,"completion_tokens_details":{"reasoning_tokens":300}})",
           "0.007"},
          // 33: and among output_tokens
          {R"("model":"m","usage":{"input_tokens":1000,"output_tokens":500,"output_tokens_details":{"reasoning_tokens":300}})",
           "0.007"},
          // 34: and where it is beside
          {R"("model":"m","prompt_tokens":1000,"completion_tokens":500,"reasoning_tokens":300)", "0.007"},
          // 35: xAI: the total says that reasoning is extra: 1000·2 + (500 + 300)·10 = 10000
          {R"("model":"m","usage":{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":1800,"completion_tokens_details":{"reasoning_tokens":300}})",
           "0.01"},
          // 36: here it says that it is not: 1000·2 + 500·10
          {R"("model":"m","usage":{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":1500,"completion_tokens_details":{"reasoning_tokens":300}})",
           "0.007"},
          // 37: more reasoning than completion, by the total extra: 1000·2 + (10 + 300)·10 = 5100
          {R"("model":"m","usage":{"prompt_tokens":1000,"completion_tokens":10,"total_tokens":1310,"completion_tokens_details":{"reasoning_tokens":300}})",
           "0.0051"},
          // 38: no cached price: cached ones cost what others do: 1000·3 + 500·15 = 10500
          {R"("model":"p","usage":{"prompt_tokens":1000,"completion_tokens":500,"prompt_tokens_details":{"cached_tokens":600}})",
           "0.0105"},
          // 39: no write price: (1000 + 400)·3 + 500·15 = 11700
          {R"("model":"p","usage":{"input_tokens":1000,"output_tokens":500,"cache_creation_input_tokens":400})",
           "0.0117"},
          // 40: an embedding has no completion: 1000·0.02 = 20 millionths
          {R"("model":"e","usage":{"prompt_tokens":1000,"total_tokens":1000})", "0.00002"},
          // 41: also without a total
          {R"("model":"e","usage":{"prompt_tokens":1000})", "0.00002"},
          // 42: 7·0.02 = 0.14 millionths
          {R"("model":"e","usage":{"prompt_tokens":7,"completion_tokens":0})", "0.00000014"},
          // 43: the total says that nothing was answered: 1000·2
          {R"("model":"m","usage":{"prompt_tokens":1000,"total_tokens":1000})", "0.002"},
          // 44: the record's own prices: 1000·1 + 500·4 = 3000
          {R"("model":"none such","prompt_tokens":1000,"completion_tokens":500,"prompt_unit_price":1,"completion_unit_price":4)",
           "0.003"},
          // 45: they go before the table's
          {R"("model":"m","prompt_tokens":1000,"completion_tokens":500,"prompt_unit_price":1,"completion_unit_price":4)",
           "0.003"},
          // 46: one of them, the other from the table: 1000·1 + 500·10 = 6000
          {R"("model":"m","prompt_tokens":1000,"completion_tokens":500,"prompt_unit_price":1)", "0.006"},
          // 47: the other one: 1000·2 + 500·4 = 4000
          {R"("model":"m","prompt_tokens":1000,"completion_tokens":500,"completion_unit_price":4)", "0.004"},
          // 47a: the list's price for cached ones: 400·2 + 600·0.5 + 500·4
          {R"("model":"m","prompt_tokens":1000,"completion_tokens":500,"prompt_cache_hit_tokens":600,"completion_unit_price":4)",
           "0.0031"},
          // 48: the record's prompt price is for cached ones too: 1000·1 + 500·4
          {R"("prompt_tokens":1000,"completion_tokens":500,"prompt_cache_hit_tokens":600,"prompt_unit_price":1,"completion_unit_price":4)",
           "0.003"},
          // 49: free of charge
          {R"("prompt_tokens":1000,"completion_tokens":500,"prompt_unit_price":0,"completion_unit_price":0.0)", "0"},
          // 50: 3·0.1 + 0: in binary 0.30000000000000004
          {R"("prompt_tokens":3,"completion_tokens":0,"prompt_unit_price":0.1,"completion_unit_price":0.1)",
           "0.0000003"},
          // 51: 1.5e-1 = 0.15: 1000·0.15 + 1000·0.6 = 750
          {R"("prompt_tokens":1000,"completion_tokens":1000,"prompt_unit_price":1.5e-1,"completion_unit_price":6E-1)",
           "0.00075"},
          // 52: twelve places: 1·0.000000000001 millionths
          {R"("prompt_tokens":1,"completion_tokens":0,"prompt_unit_price":0.000000000001,"completion_unit_price":0)",
           "0.000000000000000001"},
          // 53: twelve digits are kept: 123456789·1.23456789 = 152415787.50190521 millionths = 152.41578750190521
          {R"("prompt_tokens":123456789,"completion_tokens":0,"prompt_unit_price":1.23456789,"completion_unit_price":0)",
           "152.415787502"},
          // 54: the half goes up: 1000001·0.1000005 = 100000.6000005; + 0 = 0.1000006000005
          {R"("prompt_tokens":1000001,"completion_tokens":0,"prompt_unit_price":0.1000005,"completion_unit_price":0)",
           "0.100000600001"},
          // 55: 999,999,999,999·2 millionths = 1999999.999998, in twelve digits 2000000.00000
          {R"("model":"m","prompt_tokens":999999999999,"completion_tokens":0)", "2000000"},
          // 56: counts as decimals: 1e3·2 + 500.0·10
          {R"("model":"m","prompt_tokens":1e3,"completion_tokens":500.0)", "0.007"},
          // 57: gpt-4o: 2.5, cached 1.25, 10: 400·2.5 + 600·1.25 + 100·10 = 1000 + 750 + 1000 = 2750
          {R"("model":"gpt-4o","usage":{"prompt_tokens":1000,"completion_tokens":100,"prompt_tokens_details":{"cached_tokens":600}})",
           "0.00275"},
          // 58: gpt-4o-mini: 0.15, 0.6: 1234·0.15 + 567·0.6 = 185.1 + 340.2 = 525.3
          {R"("model":"gpt-4o-mini","usage":{"prompt_tokens":1234,"completion_tokens":567})", "0.0005253"},
          // 59: claude-sonnet-4-5: 3, 15, 0.3, 3.75: 21·3 + 2048·0.3 + 188·3.75 + 393·15 = 63 + 614.4 + 705 + 5895 =
          // 7277.4
          {R"("model":"claude-sonnet-4-5","usage":{"input_tokens":21,"cache_creation_input_tokens":188,"cache_read_input_tokens":2048,"output_tokens":393})",
           "0.0072774"},
          // 60: text-embedding-3-small: 0.02: 8191·0.02 = 163.82
          {R"("model":"text-embedding-3-small","usage":{"prompt_tokens":8191,"total_tokens":8191})", "0.00016382"},
          // 61: openai/gpt-4o-2024-08-06 is gpt-4o: 10·2.5 + 10·10 = 125
          {R"("model":"openai/gpt-4o-2024-08-06","usage":{"prompt_tokens":10,"completion_tokens":10})", "0.000125"},
          // 62: gpt-4o-2024-05-13 was dearer, 5 and 15: 10·5 + 10·15 = 200
          {R"("model":"gpt-4o-2024-05-13","usage":{"prompt_tokens":10,"completion_tokens":10})", "0.0002"},
          // 63: of a repeated name the last one counts: 1·2 + 1·10
          {R"("model":"m","usage":{"prompt_tokens":1000,"completion_tokens":1},"usage":{"prompt_tokens":1,"completion_tokens":1})",
           "0.000012"},
          // 64: names written with escapes: 1·2 + 1·10
          {R"("model":"\u006d","us\u0061ge":{"prompt_tok\u0065ns":1,"completion_tokens":1})", "0.000012"},
      }) {
    const Priced out = priced(std::string("{") + members + "}");
    EXPECT_EQ(out.added, cost) << members;
    EXPECT_TRUE(out.enrichment.missing.empty()) << members;
    EXPECT_EQ(out.enrichment.cost, out.enrichment.summary.cost) << members;
  }
}

TEST(Cost, WhatTheApplicationGaveStays) {
  for (const auto& [cost, summary] : std::vector<std::pair<std::string, std::optional<Decimal>>>{
           {"0.10", Decimal{1, 1}}, {"1e-7", Decimal{1, 7}}, {"0", Decimal{}}}) {
    const Priced out =
        priced(R"({"model":"m","cost":)" + cost + R"(,"usage":{"prompt_tokens":1,"completion_tokens":1}})");
    EXPECT_EQ(out.added, "") << cost;
    EXPECT_EQ(out.enrichment.summary.cost, summary) << cost;
    EXPECT_TRUE(out.enrichment.missing.empty()) << cost;
    EXPECT_EQ(out.enrichment.summary.tokens, (Tokens{.prompt = 1, .completion = 1}))
        << "tokens are counted all the same";
  }
}

TEST(Cost, ANullGivesWay) {
  RecordParser parser;
  SeededRandom random(1);
  Enricher enricher(kOnlyCost, random);
  enricher.use(own_prices(kOwn));
  const auto filled = [&](const std::string& record) {
    const ParsedRecord parsed = parser.parse(record);
    std::string text(record.size() + enricher.enrichment(parsed.fields).growth, '\0');
    text.resize(enricher.fill(record, parsed.fields, WallTime{}, text.data()));
    return text;
  };
  const std::string tail = R"(,"model":"m","usage":{"prompt_tokens":1,"completion_tokens":1} })";
  EXPECT_EQ(filled(R"({"n":0.10,"cost" :null )" + tail), R"({"n":0.10,"cost" :0.000012 )" + tail) << "1·2 + 1·10";
  EXPECT_EQ(filled(R"({"cost":null,"model":"none such"})"), R"({"cost":null,"model":"none such"})");
}

TEST(Cost, TheSeedRecordsKeepTheirs) {
  for (const char* const name : {"nextbit", "reducto"}) {
    std::ifstream file(std::string(RESPAND_SOURCE_DIR) + "/config/examples/" + name + ".json");
    std::string record;
    ASSERT_TRUE(std::getline(file, record)) << name;
    const Priced out = priced(record);
    EXPECT_EQ(out.added, "") << name;
    EXPECT_EQ(out.enrichment.summary.cost, (Decimal{1, 3})) << "0.001";
    EXPECT_EQ(out.enrichment.summary.generation_time, Duration{1'200'000}) << "1.2 s";
  }
}

// A list of members, and why no cost comes of it.
struct Nothing {
  const char* members;
  Missing why;
};

TEST(Cost, NothingIsInvented) {
  for (
      const auto& [members, why] : std::vector<Nothing>{
          {R"("model":"m","usage":{"prompt_tokens":-1,"completion_tokens":1})", Missing::kTokensValue},
          {R"("model":"m","usage":{"prompt_tokens":"1","completion_tokens":1})", Missing::kTokensValue},
          {R"("model":"m","usage":{"prompt_tokens":true,"completion_tokens":1})", Missing::kTokensValue},
          {R"("model":"m","usage":{"prompt_tokens":1.5,"completion_tokens":1})", Missing::kTokensValue},
          {R"("model":"m","usage":{"prompt_tokens":{},"completion_tokens":1})", Missing::kTokensValue},
          {R"("model":"m","usage":{"prompt_tokens":[1],"completion_tokens":1})", Missing::kTokensValue},
          {R"("model":"m","usage":{"prompt_tokens":1000000000001,"completion_tokens":1})", Missing::kTokensValue},
          {R"("model":"m","usage":{"prompt_tokens":1e400,"completion_tokens":1})", Missing::kTokensValue},
          {R"("model":"m","usage":{"prompt_tokens":1,"completion_tokens":-0})", Missing::kTokensValue},
          {R"("model":"m","usage":{"input_tokens":1,"output_tokens":1,"cache_read_input_tokens":-5})",
           Missing::kTokensValue},
          {R"("model":"m","usage":{"prompt_tokens":10,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":11}})",
           Missing::kTokensContradict},
          {R"("model":"m","usage":{"prompt_tokens":10,"completion_tokens":1,"cache_read_input_tokens":6,"cache_creation_input_tokens":5})",
           Missing::kTokensContradict},
          {R"("model":"m","usage":{"prompt_tokens":10,"completion_tokens":1,"completion_tokens_details":{"reasoning_tokens":2}})",
           Missing::kTokensContradict},
          {R"("model":"m","usage":{"prompt_tokens":10})", Missing::kTokensIncomplete},
          {R"("model":"m","usage":{"completion_tokens":10})", Missing::kTokensIncomplete},
          {R"("model":"m","usage":{"prompt_tokens":10,"total_tokens":12})", Missing::kTokensIncomplete},
          {R"("model":"e","usage":{"prompt_tokens":10,"completion_tokens":1})", Missing::kTokensIncomplete},
          {R"("model":"none such","usage":{"prompt_tokens":1,"completion_tokens":1})", Missing::kModelUnknown},
          {R"("usage":{"prompt_tokens":1,"completion_tokens":1})", Missing::kModelUnknown},
          {R"("model":null,"usage":{"prompt_tokens":1,"completion_tokens":1})", Missing::kModelUnknown},
          {R"("model":7,"prompt_tokens":1,"completion_tokens":1,"completion_unit_price":1)", Missing::kModelUnknown},
          {R"("model":"m","prompt_tokens":1,"completion_tokens":1,"prompt_unit_price":"1")", Missing::kUnitPriceValue},
          {R"("model":"m","prompt_tokens":1,"completion_tokens":1,"prompt_unit_price":-1)", Missing::kUnitPriceValue},
          {R"("model":"m","prompt_tokens":1,"completion_tokens":1,"prompt_unit_price":1000000)",
           Missing::kUnitPriceValue},
          {R"("model":"m","prompt_tokens":1,"completion_tokens":1,"completion_unit_price":1e-13)",
           Missing::kUnitPriceValue},
          {R"("model":"m","cost":"0.1","prompt_tokens":1,"completion_tokens":1)", Missing::kCostValue},
          {R"("model":"m","cost":-0.1,"prompt_tokens":1,"completion_tokens":1)", Missing::kCostValue},
          {R"("model":"m","cost":{},"prompt_tokens":1,"completion_tokens":1)", Missing::kCostValue},
          {R"("generation_time":"fast")", Missing::kGenerationTimeValue},
          {R"("latency":-1)", Missing::kGenerationTimeValue},
          {R"("start_time":"then","end_time":1795304402)", Missing::kTimesUnreadable},
          {R"("start_time":1795304402,"end_time":1795304401)", Missing::kEndBeforeStart},
      }) {
    const Priced out = priced(std::string("{") + members + "}", {.timestamp = false, .custom_identifier = false});
    EXPECT_EQ(out.added, "") << members;
    EXPECT_FALSE(out.enrichment.summary.cost) << members;
    EXPECT_FALSE(out.enrichment.summary.generation_time) << members;
    MissingSet expected;
    expected.add(why);
    EXPECT_EQ(out.enrichment.missing, expected) << members << " is not " << name_of(why);
  }
}

TEST(Cost, NothingThereIsNothingMissing) {
  for (const char* const record : {"{}", R"({"model":"m"})", R"({"usage":null})", R"({"usage":[1]})", R"({"usage":{}})",
                                   R"({"model":"m","metadata":{"usage":{"prompt_tokens":1,"completion_tokens":1}}})",
                                   R"({"model":"m","usage":{"x":{"prompt_tokens":1,"completion_tokens":1}}})",
                                   R"({"model":"m","usage":[{"prompt_tokens":1,"completion_tokens":1}]})"}) {
    const Priced out = priced(record);
    EXPECT_EQ(out.added, "") << record;
    EXPECT_TRUE(out.enrichment.missing.empty()) << record;
    EXPECT_EQ(out.enrichment.summary.tokens, Tokens{}) << record;
  }
}

TEST(Cost, TokensAreBroughtToOneMeaning) {
  const auto tokens = [](const char* usage) {
    return priced(std::string(R"({"model":"m","usage":)") + usage + "}").enrichment.summary.tokens;
  };
  EXPECT_EQ(
      tokens(R"({"input_tokens":10,"output_tokens":5,"cache_read_input_tokens":3,"cache_creation_input_tokens":2})"),
      (Tokens{.prompt = 15, .completion = 5, .cached_prompt = 3, .cache_write = 2}));
  EXPECT_EQ(tokens(R"({"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":3}})"),
            (Tokens{.prompt = 10, .completion = 5, .cached_prompt = 3}));
  EXPECT_EQ(tokens(R"({"prompt_tokens":10,"completion_tokens":5,"total_tokens":17,"reasoning_tokens":2})"),
            (Tokens{.prompt = 10, .completion = 7, .reasoning = 2}));
}

TEST(Cost, OnlyWhereItIsAskedForButForTheAccount) {
  const Priced out = priced(R"({"model":"m","usage":{"prompt_tokens":1,"completion_tokens":1}})",
                            {.timestamp = false, .custom_identifier = false, .generation_time = false, .cost = false});
  EXPECT_EQ(out.added, "");
  EXPECT_EQ(out.enrichment.summary.cost, (Decimal{12 * power_of_ten(12), 18}));
}

TEST(Cost, EveryReasonHasItsName) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kMissings; ++i) {
    names.push_back(name_of(static_cast<Missing>(i)));
    EXPECT_NE(names.back(), "unknown");
    EXPECT_EQ(std::count(names.begin(), names.end(), names.back()), 1);
  }
}

}  // namespace
}  // namespace respand::record
