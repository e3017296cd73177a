// Which entry prices a call: names as applications write them, and the lists over each other.

#include "respand/record/prices.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "record/price_entry.h"
#include "respand/config/prices.h"

namespace respand::record {
namespace {

const PriceTable& built_in() {
  static const PriceTable table;
  return table;
}

std::string name_of(const PriceEntry* entry) {
  return entry == nullptr ? "" : entry->provider.empty() ? entry->model : entry->provider + "/" + entry->model;
}

// PROVIDER/ENTRY of the built-in lists that prices the model; "" where none does.
std::string found(std::string_view model, std::string_view provider = "") {
  return name_of(built_in().entry({.provider = provider, .model = model, .answer_model = {}}));
}

PriceTable with(std::string_view list) {
  config::LoadedPrices loaded = config::load_prices(list, "own");
  EXPECT_TRUE(loaded.problems.empty()) << loaded.problems.front().to_string();
  return PriceTable(loaded.lists);
}

TEST(Prices, AsWritten) {
  EXPECT_EQ(found("gpt-4o"), "openai/gpt-4o");
  EXPECT_EQ(found("gpt-4"), "openai/gpt-4");
  EXPECT_EQ(found("gpt-4o-mini"), "openai/gpt-4o-mini");
  EXPECT_EQ(found("GPT-4o"), "openai/gpt-4o") << "capitals do not matter";
  EXPECT_EQ(found(" gpt-4o\n"), "openai/gpt-4o") << "nor does white space around it";
  EXPECT_EQ(found("claude-sonnet-4-5"), "anthropic/claude-sonnet-4-5");
  EXPECT_EQ(found("gpt-4o:extended"), "openai/gpt-4o:extended");
  EXPECT_EQ(found("llama-3.3-70b-versatile"), "groq/llama-3.3-70b-versatile") << "one seller only";
}

TEST(Prices, BehindAPrefix) {
  EXPECT_EQ(found("openai/gpt-4o"), "openai/gpt-4o");
  EXPECT_EQ(found("OpenAI/GPT-4o"), "openai/gpt-4o");
  EXPECT_EQ(found("openai:gpt-4o"), "openai/gpt-4o");
  EXPECT_EQ(found("anthropic/claude-sonnet-4-5"), "anthropic/claude-sonnet-4-5");
  EXPECT_EQ(found("openrouter/openai/gpt-4.1"), "openrouter/openai/gpt-4.1");
  EXPECT_EQ(found("openrouter/anthropic/claude-3-haiku"), "openrouter/anthropic/claude-3-haiku")
      << "OpenRouter's price, not that of who makes it";
  EXPECT_EQ(found("vertex_ai/claude-3-5-sonnet-v2@20241022"), "google/claude-3-5-sonnet");
  EXPECT_EQ(found("gemini/gemini-2.5-flash"), "google/gemini-2.5-flash");
  EXPECT_EQ(found("google-gla:gemini-2.5-flash"), "google/gemini-2.5-flash");
  EXPECT_EQ(found("xai/grok-4-0709"), found("grok-4-0709", "x-ai"));
  EXPECT_EQ(found("azure/gpt-4o"), "openai/gpt-4o") << "Azure sells OpenAI's at its price";
  EXPECT_EQ(found("azure/o4-mini"), "azure/o4-mini") << "but for this one";
  EXPECT_EQ(found("azure/global/gpt-4o"), "openai/gpt-4o");
  EXPECT_EQ(found("litellm/openai/gpt-4o"), "openai/gpt-4o");
  EXPECT_EQ(found("nextbit256/gpt-4o"), "openai/gpt-4o");
  EXPECT_EQ(found("reducto/gpt-4o"), "openai/gpt-4o");
  EXPECT_EQ(found("openai/openai/openai/gpt-4o"), "openai/gpt-4o");
  EXPECT_EQ(found("fireworks_ai/accounts/fireworks/models/gpt-oss-20b"), "fireworks/gpt-oss-20b");
  EXPECT_EQ(found("fireworks_ai/gpt-oss-20b"), "fireworks/gpt-oss-20b");
}

TEST(Prices, NotBehindAPrefixThatSaysSomethingElse) {
  EXPECT_EQ(found("mine/gpt-4o"), "") << "an unknown prefix may be anybody's model";
  EXPECT_EQ(found("azure/eu/gpt-4o"), "") << "Azure's zones cost more, and the list does not tell how much";
  EXPECT_EQ(found("azure/swedencentral/gpt-4o"), "");
  EXPECT_EQ(found("hosted_vllm/gpt-4o"), "");
  EXPECT_EQ(found("openai/"), "");
  EXPECT_EQ(found("/gpt-4o"), "");
}

TEST(Prices, InAResourcesName) {
  EXPECT_EQ(found("models/gemini-2.5-pro"), "google/gemini-2.5-pro");
  EXPECT_EQ(found("publishers/google/models/gemini-2.5-pro"), "google/gemini-2.5-pro");
  EXPECT_EQ(found("projects/p-1/locations/europe-west4/publishers/google/models/gemini-2.5-flash"),
            "google/gemini-2.5-flash");
  EXPECT_EQ(found("projects/p/locations/l/publishers/anthropic/models/claude-opus-4-6"), "google/claude-opus-4-6");
  EXPECT_EQ(found("accounts/fireworks/models/gpt-oss-120b"), "fireworks/gpt-oss-120b");
  EXPECT_EQ(
      found("arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
      "aws/regional.anthropic.claude-sonnet-4-5-20250929-v1:0");
  EXPECT_EQ(found("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0"), "aws/amazon.nova-pro-v1:0");
  // What runs there is not told.
  EXPECT_EQ(found("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"), "");
  EXPECT_EQ(found("arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc"), "");
  EXPECT_EQ(found("projects/p/locations/l/endpoints/12345"), "");
  EXPECT_EQ(found("accounts/me/models/gpt-oss-120b"), "");
  EXPECT_EQ(found("tunedModels/gemini-2.5-flash-x"), "");
}

TEST(Prices, OnBedrock) {
  const std::string regional = "aws/regional.anthropic.claude-opus-4-7-v1:0";
  for (const char* const name :
       {"us.anthropic.claude-opus-4-7", "eu.anthropic.claude-opus-4-7-v1:0",
        "bedrock/converse/us.anthropic.claude-opus-4-7-v1:0", "bedrock/us-west-2/anthropic.claude-opus-4-7",
        "bedrock:jp.anthropic.claude-opus-4-7"}) {
    EXPECT_EQ(found(name), regional) << name;
  }
  EXPECT_EQ(found("global.anthropic.claude-opus-4-7-v1:0"), "aws/global.anthropic.claude-opus-4-7-v1:0")
      << "10 % less than a region's";
  EXPECT_EQ(found("amazon.nova-pro-v1:0"), "aws/amazon.nova-pro-v1:0");
  EXPECT_EQ(found("apac.amazon.nova-pro-v1:0"), "aws/amazon.nova-pro-v1:0");
  EXPECT_EQ(found("claude-sonnet-4-5-20250929-v1:0"), "aws/regional.anthropic.claude-sonnet-4-5-20250929-v1:0");
  EXPECT_EQ(found("anthropic.claude-sonnet-4-5-20250929-v1:0", "bedrock"),
            "aws/regional.anthropic.claude-sonnet-4-5-20250929-v1:0");
}

TEST(Prices, ForARoutersVariants) {
  EXPECT_EQ(found("openrouter/deepseek/deepseek-r1:free"), "openrouter/deepseek/deepseek-r1:free");
  EXPECT_EQ(found("anybody/a-model:free", "openrouter"), "openrouter/:free") << "free whoever lists it";
  EXPECT_EQ(found("openrouter/openai/gpt-4o:nitro"), "openrouter/openai/gpt-4o");
  EXPECT_EQ(found("openai/gpt-4o:nitro", "openrouter"), "openrouter/openai/gpt-4o") << "one seller, one price";
  EXPECT_EQ(found("deepseek/deepseek-r1:nitro", "openrouter"), "") << "the fastest seller's price is not told";
  EXPECT_EQ(found("anthropic/claude-sonnet-4.5:thinking", "openrouter"),
            found("anthropic/claude-sonnet-4.5", "openrouter"));
  EXPECT_EQ(found("openai/gpt-4o:online", "openrouter"), "") << "the search costs extra";
  EXPECT_EQ(found("gpt-4o:online"), "");
  EXPECT_EQ(found("mistral:7b"), "") << "Ollama's name for something else";
}

TEST(Prices, OfFineTunedModels) {
  EXPECT_EQ(found("ft:gpt-4o-2024-08-06:acme::abc123"), "openai/ft:gpt-4o");
  EXPECT_EQ(found("openai/ft:gpt-4o-mini-2024-07-18:acme:support:abc"), "openai/ft:gpt-4o-mini");
  EXPECT_EQ(found("ft:gpt-4.1-2025-04-14:acme::abc"), "") << "never the base's";
  EXPECT_EQ(found("ft:gpt-4.1-2025-04-14:acme:moderation:abc"), "") << "whatever the customer calls it";
  EXPECT_EQ(found("ft:gpt-4-0613:acme::abc"), "") << "listed at the base's price, which is not what it costs";
}

TEST(Prices, WithoutADateButNeverWithoutLatest) {
  EXPECT_EQ(found("gpt-4o-2024-08-06"), "openai/gpt-4o");
  EXPECT_EQ(found("gpt-4o-2024-05-13"), "openai/gpt-4o-2024-05-13") << "that one was dearer";
  EXPECT_EQ(found("gpt-4.1-2031-01-02"), "openai/gpt-4.1");
  EXPECT_EQ(found("claude-3-5-sonnet-20241022"), "anthropic/claude-3-5-sonnet");
  EXPECT_EQ(found("claude-3-5-sonnet-latest"), "anthropic/claude-3-5-sonnet") << "the list has it so";
  EXPECT_EQ(found("claude-3-5-sonnet@20240620", "vertex"), "google/claude-3-5-sonnet");
  EXPECT_EQ(found("gpt-4.1-latest"), "") << "nobody knows what that will be";
  EXPECT_EQ(found("gpt-4.1-2031-01-02-2031-01-02"), "") << "one date";
}

TEST(Prices, ANameThatOnlyBeginsLikeAModelHasNone) {
  for (const char* const model : {"gpt-4o-mini-custom",
                                  "gpt-4oo",
                                  "gpt-4o-",
                                  "gpt-4o-2024",
                                  "gpt-4o-2024-8-6",
                                  "gpt-4o-1999-08-06",
                                  "gpt-4o-2024-08-06x",
                                  "gpt-4o@latest",
                                  "gpt-4o-late",
                                  "gpt",
                                  "gpt-",
                                  "-latest",
                                  "@20240806",
                                  "-2024-08-06",
                                  "xgpt-4o",
                                  "gpt-4o/x",
                                  "claude",
                                  "nextbit256/cydonia-2b",
                                  "reducto/model-name",
                                  "",
                                  ":",
                                  "/",
                                  "ft:",
                                  "arn:",
                                  "models/",
                                  ":free",
                                  "x:",
                                  "a/b/c/d/e/f/g/h/i/j"}) {
    EXPECT_EQ(found(model), model == std::string(":free") ? "" : "") << model;
  }
  EXPECT_EQ(found(std::string(5000, 'x')), "");
  EXPECT_EQ(found("gpt-4o", std::string(5000, 'x')), "openai/gpt-4o") << "no provider has such a name";
}

TEST(Prices, OfTheRecordsProvider) {
  EXPECT_EQ(found("o4-mini"), "openai/o4-mini");
  EXPECT_EQ(found("o4-mini", "azure"), "azure/o4-mini") << "who sells it at another price";
  EXPECT_EQ(found("o4-mini", "Azure OpenAI"), "azure/o4-mini");
  EXPECT_EQ(found("o4-mini", "mine"), "openai/o4-mini") << "a provider that nobody knows changes nothing";
  EXPECT_EQ(found("anthropic/claude-sonnet-4.5", "openrouter"), "openrouter/anthropic/claude-sonnet-4.5");
  EXPECT_EQ(found("gpt-4o", "groq"), "") << "Groq sells no such model";
  EXPECT_EQ(found("claude-sonnet-4-5", "openai"), "anthropic/claude-sonnet-4-5") << "called with OpenAI's SDK";
  EXPECT_EQ(found("llama3.2", "ollama"), "ollama/*");
  EXPECT_EQ(found("gpt-oss:120b-cloud", "ollama"), "") << "not on one's own machine";
}

TEST(Prices, TheAnswersOwnModelCounts) {
  const auto chosen = [](std::string_view provider, std::string_view model, std::string_view answer) {
    return name_of(built_in().entry({.provider = provider, .model = model, .answer_model = answer}));
  };
  EXPECT_EQ(chosen("", "", "gpt-4o-2024-08-06"), "openai/gpt-4o");
  EXPECT_EQ(chosen("azure", "my-deployment", "gpt-4o-2024-08-06"), "openai/gpt-4o");
  EXPECT_EQ(chosen("openai", "gpt-4o", "gpt-4o-2024-05-13"), "openai/gpt-4o-2024-05-13") << "more exact";
  EXPECT_EQ(chosen("", "gpt-4o", "gpt-3.5-turbo-0125"), "openai/gpt-3.5-turbo") << "what a router fell back to";
  EXPECT_EQ(chosen("bedrock", "global.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5-20250929"),
            "aws/global.anthropic.claude-sonnet-4-5-20250929-v1:0")
      << "the same model: the name that says where counts";
  EXPECT_EQ(chosen("", "gpt-4o", "llama-of-mine"), "openai/gpt-4o");
  EXPECT_EQ(chosen("", "ft:gpt-4.1-2025-04-14:acme::x", "gpt-4.1-2025-04-14"), "");
}

TEST(Prices, TheOperatorsOwnGoFirst) {
  const PriceTable table = with(R"(models:
  Gpt-4o: {prompt: 1, completion: 2}
  nextbit256/cydonia-2b: {prompt: 0.20, completion: 0.60, cached_prompt: 0.02, cache_write: 0.25}
)");
  const auto own = [&](std::string_view model, std::string_view provider = "") {
    const PriceEntry* const entry = table.entry({.provider = provider, .model = model, .answer_model = {}});
    return entry == nullptr || table.is_built_in(*entry) ? "" : entry->model;
  };
  EXPECT_EQ(own("openai/gpt-4o-2024-05-13"), "") << "a list has this one";
  EXPECT_EQ(own("openai/gpt-4o-2031-01-02"), "Gpt-4o");
  EXPECT_EQ(own("gpt-4o"), "Gpt-4o");
  EXPECT_EQ(own("gpt-4o", "azure"), "Gpt-4o") << "whoever sells it";
  EXPECT_EQ(own("nextbit256/cydonia-2b"), "nextbit256/cydonia-2b");
  EXPECT_EQ(own("cydonia-2b", "nextbit256"), "nextbit256/cydonia-2b");
  EXPECT_EQ(own("nextbit256/cydonia-2b", "nextbit256"), "nextbit256/cydonia-2b");
  EXPECT_EQ(own("cydonia-2b"), "");
  EXPECT_EQ(own("gpt-4o-mini"), "") << "the others stay";
  EXPECT_NE(table.entry({.provider = {}, .model = "gpt-4o-mini", .answer_model = {}}), nullptr);
}

TEST(Prices, ALaterListGoesFirst) {
  config::LoadedPrices first =
      config::load_prices("prices:\n- {provider: openai, model: gpt-4o, input: 1, output: 1}\n", "1");
  config::LoadedPrices second =
      config::load_prices("prices:\n- {provider: openai, model: gpt-4o, input: 2, output: 2}\n", "2");
  const PriceTable table({first.lists.front(), second.lists.front()});
  const PriceEntry* const entry = table.entry({.provider = {}, .model = "gpt-4o", .answer_model = {}});
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(table.file_of(*entry), "2");
}

TEST(Prices, AreExplained) {
  const auto steps = built_in().explain(
      {.provider = "litellm", .model = "bedrock/us.anthropic.claude-opus-4-7-v1:0", .answer_model = {}});
  EXPECT_THAT(steps, testing::Contains(testing::HasSubstr("'litellm'")));
  EXPECT_THAT(steps, testing::Contains(testing::HasSubstr("'bedrock' in front is the provider aws")));
  EXPECT_THAT(steps.back(), testing::HasSubstr("found, as aws's regional.anthropic.claude-opus-4-7-v1:0"));
}

TEST(Prices, TheBuiltInListsAreWhole) {
  EXPECT_GT(built_in().size(), 1400U);
  const PriceEntry* const entry = built_in().entry({.provider = {}, .model = "claude-sonnet-4-5", .answer_model = {}});
  ASSERT_NE(entry, nullptr);
  EXPECT_TRUE(built_in().is_built_in(*entry));
  EXPECT_THAT(built_in().source_of(*entry), testing::HasSubstr("genai-prices"));
}

}  // namespace
}  // namespace respand::record
