// What reported usage is taken to mean, in every shape that is known, worked out by hand.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "record/usage_collector.h"
#include "respand/base/text.h"
#include "respand/json/text.h"
#include "respand/record/enricher.h"
#include "tests/record/own_prices.h"

namespace respand::record {
namespace {

// "input_tokens=10 output_tokens=5", or the reason why there is no meaning.
std::string counts_of(const std::string& record) {
  RecordParser parser;
  const ParsedRecord parsed = parser.parse(record);
  EXPECT_TRUE(parsed.ok) << record;
  UsageCollector collector;
  MissingSet missing;
  const std::string model = json::decoded(parsed.fields.model);
  const Usage usage = collector.collect(parsed.fields, model, missing).usage;
  std::string out;
  usage.counts.for_each([&](BillingUnit unit, std::uint64_t count) {
    if (usage.sound) {
      out += cat(out.empty() ? "" : " ", name_of(unit), "=", count);
    }
  });
  for (std::size_t i = 0; i < kMissings; ++i) {
    if (missing.has(static_cast<Missing>(i))) {
      out += cat(out.empty() ? "" : " ", name_of(static_cast<Missing>(i)));
    }
  }
  return out;
}

struct UsageCase {
  const char* members;
  const char* counts;
};

void expect(const std::vector<UsageCase>& cases) {
  for (const auto& [members, counts] : cases) {
    EXPECT_EQ(counts_of(cat("{", members, "}")), counts) << members;
  }
}

TEST(Usage, OpenAi) {
  expect({
      {R"("usage":{"prompt_tokens":1100,"completion_tokens":550,"total_tokens":1650,"prompt_tokens_details":{"audio_tokens":1000,"text_tokens":100,"cached_tokens":0},"completion_tokens_details":{"audio_tokens":500,"text_tokens":50,"reasoning_tokens":0,"accepted_prediction_tokens":7}})",
       "input_tokens=1100 output_tokens=550 input_audio_tokens=1000 output_audio_tokens=500"},
      // Responses: written tokens are among the input's.
      {R"("usage":{"input_tokens":3300,"input_tokens_details":{"cached_tokens":10,"cache_write_tokens":3207},"output_tokens":50,"output_tokens_details":{"reasoning_tokens":20},"total_tokens":3350})",
       "input_tokens=3300 output_tokens=50 cache_read_tokens=10 cache_write_tokens=3207 output_reasoning_tokens=20"},
      // Realtime: of 800 audio tokens 500 were cached.
      {R"("usage":{"total_tokens":1500,"input_tokens":1000,"output_tokens":500,"input_token_details":{"cached_tokens":600,"text_tokens":200,"audio_tokens":800,"cached_tokens_details":{"text_tokens":100,"audio_tokens":500}},"output_token_details":{"text_tokens":100,"audio_tokens":400}})",
       "input_tokens=1000 output_tokens=500 cache_read_tokens=600 input_audio_tokens=800 output_audio_tokens=400 "
       "cache_audio_read_tokens=500"},
      // Images, one in and one out.
      {R"("usage":{"input_tokens":150,"input_tokens_details":{"text_tokens":50,"image_tokens":100},"output_tokens":1000,"output_tokens_details":{"image_tokens":1000}})",
       "input_tokens=150 output_tokens=1000 input_image_tokens=100 output_image_tokens=1000"},
      // Details that are null, and a list of nothing.
      {R"("usage":{"input_tokens":1000,"input_tokens_details":null,"output_tokens":100,"output_tokens_details":null})",
       "input_tokens=1000 output_tokens=100"},
      // A detail that nobody has heard of: 0 is no matter, 1 is.
      {R"("usage":{"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":{"smell_tokens":0}})",
       "input_tokens=9 output_tokens=3"},
      {R"("usage":{"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":{"smell_tokens":1}})",
       "part_unknown"},
      // A transcription by the second.
      {R"("usage":{"type":"duration","seconds":12})", "part_unknown"},
      // Moonshot, DeepSeek, xAI.
      {R"("usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100,"cached_tokens":800})",
       "input_tokens=1000 output_tokens=100 cache_read_tokens=800"},
      {R"("usage":{"prompt_tokens":1000,"completion_tokens":100,"prompt_cache_hit_tokens":640,"prompt_cache_miss_tokens":360})",
       "input_tokens=1000 output_tokens=100 cache_read_tokens=640"},
      {R"("model":"grok-4","usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115,"completion_tokens_details":{"reasoning_tokens":100}})",
       "input_tokens=10 output_tokens=105 output_reasoning_tokens=100"},
      {R"("model":"grok-4","usage":{"prompt_tokens":10,"completion_tokens":500,"completion_tokens_details":{"reasoning_tokens":100}})",
       "tokens_ambiguous"},
      // The total is of something else.
      {R"("model":"gpt-4o","usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":99})", "tokens_contradict"},
      // Voyage: an embedding has a total alone.
      {R"("usage":{"total_tokens":42})", "input_tokens=42"},
  });
}

TEST(Usage, Anthropic) {
  expect({
      // 3 + 12304 + 9: what was new, written and read stand beside each other.
      {R"("usage":{"input_tokens":3,"cache_creation_input_tokens":12304,"cache_read_input_tokens":9,"output_tokens":550})",
       "input_tokens=12316 output_tokens=550 cache_read_tokens=9 cache_write_tokens=12304"},
      // Of 300 written tokens 100 are kept for an hour.
      {R"("usage":{"input_tokens":10,"output_tokens":1,"cache_creation_input_tokens":300,"cache_creation":{"ephemeral_5m_input_tokens":200,"ephemeral_1h_input_tokens":100}})",
       "input_tokens=310 output_tokens=1 cache_write_tokens=300 cache_write_5m_tokens=200 cache_write_1h_tokens=100"},
      {R"("usage":{"input_tokens":10,"output_tokens":1,"cache_creation_input_tokens":300,"cache_creation":{"ephemeral_5m_input_tokens":200,"ephemeral_1h_input_tokens":1}})",
       "tokens_contradict"},
      {R"("usage":{"input_tokens":10,"output_tokens":1,"server_tool_use":{"web_search_requests":2,"web_fetch_requests":5}})",
       "input_tokens=10 output_tokens=1 web_searches=2"},
      {R"("usage":{"input_tokens":10,"output_tokens":1,"server_tool_use":{"oracle_requests":2}})", "part_unknown"},
      {R"("usage":{"input_tokens":100,"output_tokens":1000,"output_tokens_details":{"thinking_tokens":800}})",
       "input_tokens=100 output_tokens=1000 output_reasoning_tokens=800"},
      // A compaction is not in the sums: 180 + 100, 8 + 82.
      {R"("usage":{"input_tokens":180,"output_tokens":8,"iterations":[{"type":"compaction","input_tokens":100,"output_tokens":82},{"type":"message","input_tokens":180,"output_tokens":8}]})",
       "input_tokens=280 output_tokens=90"},
      // An adviser is another model.
      {R"("usage":{"input_tokens":20,"output_tokens":8,"iterations":[{"type":"advisor_message","model":"x","input_tokens":100,"output_tokens":82}]})",
       "part_unknown"},
      // Both ways at once: 9000 of 3 tokens can't be cached, so they are beside.
      {R"("usage":{"input_tokens":3,"output_tokens":5,"cache_read_input_tokens":9000,"input_tokens_details":{"cached_tokens":9000}})",
       "input_tokens=9003 output_tokens=5 cache_read_tokens=9000"},
      // And here it can be both.
      {R"("usage":{"input_tokens":9999,"output_tokens":5,"cache_read_input_tokens":900,"input_tokens_details":{"cached_tokens":900}})",
       "tokens_ambiguous"},
      // Converted, and the total tells: 2 + 9842 + 10.
      {R"("usage":{"prompt_tokens":2,"completion_tokens":10,"cache_read_input_tokens":9842,"total_tokens":9854})",
       "input_tokens=9844 output_tokens=10 cache_read_tokens=9842"},
  });
}

TEST(Usage, Gemini) {
  expect({
      // 359 and 661 thoughts.
      {R"("full_response":{"usageMetadata":{"promptTokenCount":15,"candidatesTokenCount":359,"totalTokenCount":1035,"thoughtsTokenCount":661},"modelVersion":"gemini-2.5-flash"})",
       "input_tokens=15 output_tokens=1020 output_reasoning_tokens=661"},
      // Python's names, as usage.
      {R"("usage":{"prompt_token_count":15,"candidates_token_count":359,"total_token_count":1035,"thoughts_token_count":661,"cached_content_token_count":null})",
       "input_tokens=15 output_tokens=1020 output_reasoning_tokens=661"},
      // At the root; 10 of the prompt's tokens are audio, 4 of those cached; a tool's result is beside the prompt.
      {R"("usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":20,"candidatesTokenCount":5,"toolUsePromptTokenCount":7,"totalTokenCount":112,"promptTokensDetails":[{"modality":"TEXT","tokenCount":90},{"modality":"AUDIO","tokenCount":10}],"cacheTokensDetails":[{"modality":"AUDIO","tokenCount":4}]})",
       "input_tokens=107 output_tokens=5 cache_read_tokens=20 input_audio_tokens=10 cache_audio_read_tokens=4 "
       "input_tool_tokens=7"},
      // Nothing was answered, and no total.
      {R"("usageMetadata":{"promptTokenCount":100})", "input_tokens=100"},
      // OpenAI's shape: thoughts are in the total alone, 623 - 20 - 198 = 405.
      {R"("model":"gemini-2.5-flash","usage":{"prompt_tokens":20,"completion_tokens":198,"total_tokens":623})",
       "input_tokens=20 output_tokens=603 output_reasoning_tokens=405"},
      {R"("usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1,"promptTokensDetails":[{"modality":"SMELL","tokenCount":1}]})",
       "part_unknown"},
  });
}

TEST(Usage, OtherShapes) {
  expect({
      // Bedrock's Converse: reads and writes are beside.
      {R"("full_response":{"usage":{"inputTokens":1000,"outputTokens":200,"totalTokens":1200,"cacheReadInputTokens":50,"cacheWriteInputTokens":7}})",
       "input_tokens=1057 output_tokens=200 cache_read_tokens=50 cache_write_tokens=7"},
      // Vercel's SDK 4 and 5.
      {R"("model":"gpt-4o","usage":{"promptTokens":1378,"completionTokens":9,"totalTokens":1387})",
       "input_tokens=1378 output_tokens=9"},
      {R"("model":"gpt-4o","usage":{"inputTokens":1815,"outputTokens":4,"totalTokens":1819,"cachedInputTokens":1024,"reasoningTokens":1})",
       "input_tokens=1815 output_tokens=4 cache_read_tokens=1024 output_reasoning_tokens=1"},
      {R"("model":"claude-sonnet-4-5","usage":{"inputTokens":1815,"outputTokens":4,"totalTokens":1819,"cachedInputTokens":1024})",
       "tokens_ambiguous"},
      {R"("model":"claude-sonnet-4-5","usage":{"promptTokens":10,"completionTokens":4},"providerMetadata":{"anthropic":{"cacheCreationInputTokens":7,"cacheReadInputTokens":3}})",
       "input_tokens=20 output_tokens=4 cache_read_tokens=3 cache_write_tokens=7"},
      // LangChain: all are among the input's.
      {R"("usage_metadata":{"input_tokens":62394,"total_tokens":62608,"output_tokens":214,"input_token_details":{"audio":0,"cache_read":60024},"output_token_details":{"reasoning":5}})",
       "input_tokens=62394 output_tokens=214 cache_read_tokens=60024 output_reasoning_tokens=5"},
      {R"("full_response":{"response_metadata":{"token_usage":{"prompt_tokens":8,"completion_tokens":2,"total_tokens":10},"model_name":"gpt-4o"}})",
       "input_tokens=8 output_tokens=2"},
      // Cohere: what is billed, not what was read.
      {R"("usage":{"billed_units":{"input_tokens":431,"output_tokens":100},"tokens":{"input_tokens":2190,"output_tokens":102}})",
       "input_tokens=431 output_tokens=100"},
      {R"("full_response":{"meta":{"billed_units":{"input_tokens":3}}})", "input_tokens=3"},
      {R"("full_response":{"meta":{"billed_units":{"search_units":1}}})", "part_unknown"},
      // Langfuse: each part beside the others, 10 + 6 and 5 + 2.
      {R"("usageDetails":{"input":10,"input_cached_tokens":6,"output":5,"output_reasoning_tokens":2,"total":23})",
       "input_tokens=16 output_tokens=7 cache_read_tokens=6 output_reasoning_tokens=2"},
      {R"("usage":{"input":10,"output":5,"total":15,"unit":"TOKENS"})", "input_tokens=10 output_tokens=5"},
      // Perplexity: reasoning and citations are beside the answer.
      {R"("usage":{"prompt_tokens":25,"completion_tokens":100,"total_tokens":125,"citation_tokens":30,"num_search_queries":2,"reasoning_tokens":400})",
       "input_tokens=25 output_tokens=530 output_reasoning_tokens=400 output_citation_tokens=30 web_searches=2"},
      // .NET.
      {R"("usage":{"InputTokenCount":10,"OutputTokenCount":5,"TotalTokenCount":15,"CachedInputTokenCount":4})",
       "input_tokens=10 output_tokens=5 cache_read_tokens=4"},
      // Ollama, at the root.
      {R"("prompt_eval_count":26,"eval_count":298)", "input_tokens=26 output_tokens=298"},
  });
}

TEST(Usage, RespansOwnNames) {
  expect({
      // More in the cache than in the prompt: beside.
      {R"("prompt_tokens":4,"completion_tokens":9,"prompt_cache_hit_tokens":39025,"prompt_cache_creation_tokens":291)",
       "input_tokens=39320 output_tokens=9 cache_read_tokens=39025 cache_write_tokens=291"},
      // The total has them: 100 + 9 + 20 + 3.
      {R"("prompt_tokens":100,"completion_tokens":9,"total_tokens":132,"prompt_cache_hit_tokens":20,"prompt_cache_creation_tokens":3)",
       "input_tokens=123 output_tokens=9 cache_read_tokens=20 cache_write_tokens=3"},
      // The exporters for Anthropic give no total.
      {R"("model":"claude-sonnet-4-5","prompt_tokens":5000,"completion_tokens":550,"prompt_cache_hit_tokens":2000,"prompt_cache_creation_tokens":291)",
       "input_tokens=7291 output_tokens=550 cache_read_tokens=2000 cache_write_tokens=291"},
      // With a total of the prompt and the answer it can be both.
      {R"("model":"claude-sonnet-4-5","prompt_tokens":5000,"completion_tokens":550,"total_tokens":5550,"prompt_cache_hit_tokens":2000)",
       "tokens_ambiguous"},
      // Others count as OpenAI does.
      {R"("model":"gpt-5","prompt_tokens":5000,"completion_tokens":550,"total_tokens":5550,"prompt_cache_hit_tokens":2000)",
       "input_tokens=5000 output_tokens=550 cache_read_tokens=2000"},
      // Claude Code's hook: details at the root, beside.
      {R"("model":"claude-sonnet-4-5","prompt_tokens":3,"completion_tokens":550,"total_tokens":553,"prompt_tokens_details":{"cache_creation_tokens":291,"cached_tokens":39025})",
       "input_tokens=39319 output_tokens=550 cache_read_tokens=39025 cache_write_tokens=291"},
      {R"("usage":{"prompt_tokens":100,"completion_tokens":10,"cache_creation_prompt_tokens":90})",
       "input_tokens=100 output_tokens=10 cache_write_tokens=90"},
  });
}

TEST(Usage, WhereItStands) {
  expect({
      // As text, in the record and in an answer that is text itself.
      {R"("usage":"{\"prompt_tokens\":10,\"completion_tokens\":5}")", "input_tokens=10 output_tokens=5"},
      {R"("full_response":"{\"model\":\"gpt-4o\",\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}")",
       "input_tokens=10 output_tokens=5"},
      {R"("response":{"usage":"{\"prompt_tokens\":10,\"completion_tokens\":5}"})", "input_tokens=10 output_tokens=5"},
      {R"("usage":"{\"prompt_tokens\":10,")", ""},
      // An event of OpenAI's realtime API.
      {R"("full_response":{"type":"response.done","response":{"usage":{"input_tokens":10,"output_tokens":5}}})",
       "input_tokens=10 output_tokens=5"},
      // A name that holds 0, and one that holds more.
      {R"("usage":{"prompt_tokens":0,"input_tokens":1000,"completion_tokens":0,"output_tokens":9})",
       "input_tokens=1000 output_tokens=9"},
      {R"("usage":{"prompt_tokens":0,"completion_tokens":0},"prompt_tokens":7,"completion_tokens":3)",
       "input_tokens=7 output_tokens=3"},
      {R"("usage":{"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":0},"cache_read_input_tokens":4})",
       "input_tokens=9 output_tokens=3 cache_read_tokens=4"},
      // Two names, two values, one thing.
      {R"("usage":{"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":2},"cache_read_input_tokens":4})",
       "tokens_contradict"},
      {R"("usage":{"prompt_tokens":9,"input_tokens":10,"completion_tokens":3})", "tokens_contradict"},
      // The record and its answer agree; the answer tells more.
      {R"("prompt_tokens":9,"completion_tokens":3,"full_response":{"usage":{"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4}}})",
       "input_tokens=9 output_tokens=3 cache_read_tokens=4"},
      // The application adds up several answers.
      {R"("usage":{"prompt_tokens":90,"completion_tokens":30},"full_response":{"usage":{"prompt_tokens":9,"completion_tokens":3}})",
       "input_tokens=90 output_tokens=30"},
      // The answer used more than the record says.
      {R"("usage":{"prompt_tokens":1,"completion_tokens":1},"full_response":{"usage":{"prompt_tokens":9,"completion_tokens":3}})",
       "tokens_contradict"},
      {R"("usage":null,"prompt_tokens":null,"full_response":{"usage":{"prompt_tokens":9,"completion_tokens":3}})",
       "input_tokens=9 output_tokens=3"},
  });
}

// A record of one model, and its cost: m costs 2 and 10 per million.
Enrichment plan_of(const std::string& record) {
  static const auto prices =
      own_prices("models: {m: {prompt: 2, completion: 10, cached_prompt: 0.5, cache_write: 2.5}}");
  RecordParser parser;
  const ParsedRecord parsed = parser.parse(record);
  EXPECT_TRUE(parsed.ok) << record;
  SeededRandom random(1);
  Enricher enricher({}, random);
  enricher.use(prices);
  Enrichment enrichment = enricher.enrichment(parsed.fields);
  enrichment.summary.model = enrichment.summary.provider = enrichment.summary.customer =
      enrichment.summary.environment = {};
  return enrichment;
}

TEST(Bill, GoesBeforeTheList) {
  struct Billed {
    const char* members;
    Decimal cost;
  };
  const std::string counts = R"("prompt_tokens":1000,"completion_tokens":1000)";
  for (const auto& [members, cost] :
       std::vector<Billed>{{R"("cost":0.00123,"is_byok":false)", {123, 5}},                 // OpenRouter
                           {R"("cost":0)", {}},                                             // :free
                           {R"("cost":{"input_tokens_cost":1,"total_cost":0.5})", {5, 1}},  // Perplexity
                           {R"("cost_in_usd_ticks":45000000)", {45'000'000, 10}},           // xAI: 45,000,000 / 10^10
                           // One's own key: OpenRouter's fee and the provider's bill, 0.01 + 0.2.
                           {R"("cost":0.01,"is_byok":true,"cost_details":{"upstream_inference_cost":0.2})", {21, 2}}}) {
    const Enrichment enrichment = plan_of(cat(R"({"model":"m","usage":{)", counts, ",", members, "}}"));
    EXPECT_EQ(enrichment.summary.cost, cost) << members;
    EXPECT_EQ(enrichment.cost, cost) << members;
    EXPECT_EQ(enrichment.summary.cost_source, CostSource::kReported) << members;
  }
  for (const char* const record : {R"({"model":"none such","response_cost":0.25,"usage":{"prompt_tokens":1}})",
                                   R"({"response":{"model":"none such","_hidden_params":{"response_cost":0.25}}})"}) {
    EXPECT_EQ(plan_of(record).cost, (Decimal{25, 2})) << record;
  }
  // What the application gave is what it gave; a gateway's 0 says that it does not know: 1000·2 + 1000·10.
  const Enrichment given = plan_of(cat(R"({"cost":3,"model":"m","usage":{)", counts, R"(,"cost":9}})"));
  EXPECT_EQ(given.summary.cost, (Decimal{3, 0}));
  EXPECT_EQ(given.summary.cost_source, CostSource::kGiven);
  const Enrichment computed = plan_of(cat(R"({"model":"m","response_cost":0,"usage":{)", counts, "}}"));
  EXPECT_EQ(computed.summary.cost, (Decimal{12 * power_of_ten(15), 18})) << "0.012";
  EXPECT_EQ(computed.summary.cost_source, CostSource::kComputed);
}

TEST(Bill, WhatRunsHereIsFree) {
  const Enrichment enrichment = plan_of(
      R"({"model":"llama3.2","full_response":{"model":"llama3.2","total_duration":5191566416,"prompt_eval_count":26,"eval_count":298}})");
  EXPECT_EQ(enrichment.cost, Decimal{});
  EXPECT_EQ(enrichment.summary.tokens, (Tokens{.prompt = 26, .completion = 298}));
  EXPECT_EQ(enrichment.summary.generation_time, Duration{5'191'566});
}

TEST(Bill, WhatIsNotKnownIsCounted) {
  for (const char* const record :
       {R"({"model":"none such","usage":{"prompt_tokens":1,"completion_tokens":1}})",
        R"({"model":"m","usage":{"prompt_tokens":1,"completion_tokens":-1}})", R"({"model":"m","usage":{"seconds":1}})",
        R"({"model":"m","cost":"much"})",
        R"({"model":"m","completion_message":{"content":"streamed, and nobody asked for usage"}})"}) {
    const Enrichment enrichment = plan_of(record);
    EXPECT_TRUE(enrichment.summary.unpriced) << record;
    EXPECT_FALSE(enrichment.summary.cost) << record;
    EXPECT_FALSE(enrichment.missing.empty()) << record;
  }
  for (const char* const record :
       {R"({"model":"m","usage":{"prompt_tokens":1,"completion_tokens":1}})", R"({"model":"m","cost":0})",
        R"({"model":"m","status_code":500,"completion_message":{}})", R"({"log_type":"tool","output":"x"})", "{}"}) {
    EXPECT_FALSE(plan_of(record).summary.unpriced) << record;
  }
}

TEST(Usage, MaskedCountsAreNotLookedAt) {
  RecordParser parser;
  parser.reconfigure(std::make_shared<const Rules>(
      Rules::Settings{.redact = {"/usage/prompt_tokens", "/full_response/usage", "/metadata/team"},
                      .defaults = R"({"usage":{"completion_tokens":4}})",
                      .dimensions = {"/metadata/team", "/metadata/a~1b"},
                      .identify = true}));
  SeededRandom random(1);
  Enricher enricher({}, random);
  const std::string record =
      R"({"custom_identifier":"x-1","usage":{"prompt_tokens":1000},"metadata":{"team":"blue","a/b":"g\u0072een"}})";
  const ParsedRecord parsed = parser.parse(record);
  const Enrichment& enrichment = enricher.enrichment(parsed.fields);
  EXPECT_EQ(enrichment.summary.tokens, (Tokens{.prompt = 0, .completion = 4})) << "the mask, and the default";
  EXPECT_EQ(enrichment.summary.dimensions[0], "[redacted]");
  EXPECT_EQ(enrichment.summary.dimensions[1], "green");
  EXPECT_NE(enrichment.summary.identity, 0U);
}

}  // namespace
}  // namespace respand::record
