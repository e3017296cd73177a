// A usual record costs no allocation: this runs for each of them on the one io thread.

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "respand/record/enricher.h"
#include "respand/record/frame.h"
#include "respand/record/rules.h"
#include "samples.h"

namespace {
std::size_t allocations = 0;  // one thread
}  // namespace

// The linker sends this program's calls of malloc, realloc and operator new here (--wrap).
extern "C" {
void* __real_malloc(std::size_t size);
void* __real_realloc(void* block, std::size_t size);
void* __wrap_malloc(std::size_t size) {
  ++allocations;
  return __real_malloc(size);
}
void* __wrap_realloc(void* block, std::size_t size) {
  ++allocations;
  return __real_realloc(block, size);
}
void* __real__Znwm(std::size_t size);
void* __wrap__Znwm(std::size_t size) {
  ++allocations;
  return __real__Znwm(size);
}
}

namespace respand::record {
namespace {

TEST(Allocation, TheCountCounts) {
  const std::size_t before = allocations;
  RecordParser parser;
  const std::size_t made = allocations;
  EXPECT_GT(made, before) << "operator new";
  EXPECT_FALSE(parser.parse("{").ok);
  EXPECT_GT(allocations, made) << "RapidJSON's malloc, which only a refused record asks for";
}

TEST(Allocation, NoneForAUsualRecord) {
  const std::string record = usual_record() + "\n";
  std::string out(record.size() + kMaxGrowth, '\0');
  RecordParser parser;
  SeededRandom random(1);
  Enricher enricher({}, random);
  LineFramer framer(kMaxRecord);
  const std::size_t before = allocations;
  std::size_t accepted = 0;
  for (int i = 0; i < 100; ++i) {
    std::string_view input = record;
    if (framer.next(input) != Frame::kComplete) {
      break;
    }
    const ParsedRecord parsed = parser.parse(framer.frame());
    enricher.enrichment(parsed.fields);
    if (parsed.ok && enricher.fill(framer.frame(), parsed.fields, WallTime{}, out.data()) > record.size()) {
      ++accepted;
    }
  }
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(accepted, 100U);
}

TEST(Allocation, NoneForALongOrADeepOne) {
  RecordParser parser;
  std::string deep = R"({"a":)";
  deep.append(kMaxDepth - 1, '[').append(kMaxDepth - 1, ']').append("}");
  const std::string long_one = long_record(1 << 20);
  const std::size_t before = allocations;
  const bool deep_ok = parser.parse(deep).ok;
  const bool long_ok = parser.parse(long_one).ok;
  EXPECT_EQ(allocations, before);
  EXPECT_TRUE(deep_ok);
  EXPECT_TRUE(long_ok);
}

// What intake does with each of the records, over and over: nothing is allocated once each of them was seen.
void expect_no_allocation(const std::vector<std::string>& records, const Rules::Settings& settings = {}) {
  RecordParser parser;
  const auto rules = std::make_shared<const Rules>(settings);
  parser.reconfigure(rules);
  SeededRandom random(1);
  Enricher enricher({}, random);
  enricher.use(std::make_shared<const PriceTable>());
  LineFramer framer(kMaxRecord);
  std::string lines;
  for (const std::string& record : records) {
    lines += record + "\n";
  }
  std::string out(8 * lines.size() + (std::size_t{64} << 10), '\0');
  char summary[kMaxAccountSize];
  std::size_t before = 0;
  std::size_t accepted = 0;
  std::size_t kept = 0;
  constexpr std::size_t kRounds = 20;
  for (std::size_t round = 0; round <= kRounds; ++round) {
    before = round == 1 ? allocations : before;
    for (std::string_view input = lines; framer.next(input) == Frame::kComplete;) {
      const ParsedRecord parsed = parser.parse(framer.frame());
      const Enrichment& enrichment = enricher.enrichment(parsed.fields);
      kept += rules->samples() && rules->keeps(parsed.fields, enrichment.summary, enricher.draw_identifier(WallTime{}))
                  ? 1U
                  : 0U;
      const std::size_t counted = encode(enrichment.summary, summary);
      const std::size_t size = enricher.fill(framer.frame(), parsed.fields, WallTime{}, out.data());
      accepted += parsed.ok && counted > 0 && size > 0 ? 1U : 0U;
    }
  }
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(accepted, records.size() * (kRounds + 1));
  EXPECT_EQ(kept > 0, rules->samples());
}

// Costs and times to compute, in every way that they are given.
const std::vector<std::string> kPriced = {
    R"({"model":"openai/gpt-4o-2024-08-06","usage":{"prompt_tokens":9,"completion_tokens":3},"start_time":"2026-11-21T10:00:00.1Z","end_time":"2026-11-21T11:00:01+01:00"})",
    R"({"model":"claude-sonnet-4-5-20250929","provider":"anthropic","usage":{"input_tokens":1e3,"output_tokens":7.0,"cache_read_input_tokens":5},"start_time":1795304402.25,"end_time":1795304403250})",
    R"({"model":"no-such-model-at-all-in-any-list-of-prices","prompt_tokens":9,"completion_tokens":3,"prompt_unit_price":0.5,"completion_unit_price":1.5})",
    R"({"model":"gpt-4o-mini","customer_params":{"customer_identifier":"Z\u00fcrich"},"usage":{"prompt_tokens":-1},"start_time":"yesterday","timestamp":"2026-11-21"})",
    R"({"mod\u0065l":"gpt-4o","us\u0061ge":{"pr\u006fmpt_tokens":9,"completion_tokens":3},"unknown\u0020name\u0020that\u0020is\u0020long":{"a\u0062":[1]}})"};

const std::vector<std::string> kRaw = {
    R"({"request":{"model":"gpt-4o","temperature":0.7,"tools":[{"type":"function","function":{"name":"f"}}],"messages":[{"role":"user","content":"a me@example.com"}]},"response":{"model":"gpt-4o-2024-08-06","choices":[{"message":{"role":"assistant","content":"told","tool_calls":[{"id":"a"}]}}],"usage":{"prompt_tokens":9,"completion_tokens":3}}})",
    R"({"full_request":{"instructions":"Be brief","input":"Hi"},"full_response":{"model":"gpt-5","output":[{"type":"message","content":[{"type":"output_text","text":"a"},{"type":"output_text","text":"b\n"}]},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}],"usage":{"input_tokens":10,"output_tokens":5}}})",
    R"({"request":{"system":"s","messages":[{"role":"user","content":"Hi"}]},"response":{"model":"claude-sonnet-4-5","content":[{"type":"text","text":"Bearer abcdefghijklmnop"},{"type":"tool_use","id":"t","name":"f","input":{"q":"a\"b"}}],"usage":{"input_tokens":10,"output_tokens":7}}})",
    R"({"response":{"error":{"message":"slow down","code":429}}})"};

TEST(Allocation, NoneForFigures) { expect_no_allocation(kPriced); }
TEST(Allocation, NoneForRawAnswers) { expect_no_allocation(kRaw); }

TEST(Allocation, NoneForRules) {
  const Rules::Settings all{
      .redact = {"/customer_credentials", "/metadata/*/token", "/completion_message/content", "/prompt_messages/*",
                 "/tool_calls/0/function", "/*/k~1/0", "/usage/prompt_tokens"},
      .redact_text = {kDetectors.begin(), kDetectors.end()},
      .defaults = R"({"environment":"prod","metadata":{"host":"web-1","zone":{"a":1}}})",
      .sample = {.rate = 0.5, .keep_errors = true, .keep_slower_than = std::chrono::seconds{1}}};
  std::vector<std::string> records = kPriced;
  records.insert(records.end(), kRaw.begin(), kRaw.end());
  records.push_back(usual_record());
  records.push_back(
      R"({"metadata":{"m\u0079":{"token":"x","tok\u0065n":"y"}},"inp\u0075t":"me@\u0065xample.com 4111 1111 1111 1111","trace_unique_id":"t","customer_credentials":{"a":[1]}})");
  expect_no_allocation(records, all);
}

}  // namespace
}  // namespace respand::record
