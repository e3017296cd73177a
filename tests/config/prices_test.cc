#include "respand/config/prices.h"

#include <gmock/gmock.h>

#include "tests/config/world.h"

namespace respand::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> problems(std::string_view yaml) { return texts(load_prices(yaml, "f").problems); }

// "input 0.20, output 0.60": a model's first prices.
std::string rates(const ListedModel& model, std::size_t which = 0) {
  std::string text;
  for (const ListedRate& rate : model.prices.at(which).rates) {
    text += std::string(text.empty() ? "" : ", ") + std::string(name_of(rate.unit)) + " " + rate.price;
    for (const ListedTier& tier : rate.tiers) {
      text += " >" + std::to_string(tier.above) + " " + tier.price;
    }
  }
  return text;
}

PriceList good(std::string_view text) {
  LoadedPrices loaded = load_prices(text, "f");
  EXPECT_THAT(texts(loaded.problems), testing::IsEmpty());
  return std::move(loaded.lists.front());
}

TEST(PriceFile, IsReadAsWritten) {
  const PriceList list = good(R"(models:
  nextbit256/cydonia-2b: {prompt: 0.20, completion: 0.60, cached_prompt: 0.02, cache_write: 0.25}
  "gpt-4o:mine": {prompt: 1}
  free:
    prompt: 0
    completion: "999999.999999999"
)");
  ASSERT_EQ(list.models.size(), 3U);
  EXPECT_EQ(list.models[0].id, "nextbit256/cydonia-2b");
  EXPECT_EQ(list.models[0].provider, "");
  EXPECT_EQ(list.models[0].line, 2);
  EXPECT_EQ(rates(list.models[0]),
            "input_tokens 0.20, output_tokens 0.60, cache_read_tokens 0.02, cache_write_tokens 0.25");
  EXPECT_EQ(rates(list.models[1]),
            "input_tokens 1, cache_read_tokens 1, cache_write_tokens 1, cache_write_1h_tokens 1");
  EXPECT_EQ(list.models[2].prices[0].rates[1].price, "999999.999999999");
}

TEST(PriceFile, MayBeEmpty) {
  for (const char* const yaml : {"", "# nothing\n", "models:\n", "models: {}"}) {
    EXPECT_TRUE(good(yaml).models.empty()) << yaml;
  }
}

TEST(PriceFile, SaysEveryMistakeWithItsPlace) {
  EXPECT_THAT(problems("[1]"), ElementsAre("1:1: the file: expected a map of keys, not a list"));
  EXPECT_THAT(problems("model: {}"), ElementsAre("1:1: unknown key 'model': known is models"));
  EXPECT_THAT(problems("models: 1"), ElementsAre("1:9: models: expected a map of keys, not text"));
  EXPECT_THAT(problems("models:\n  a: 3\n  b: {promt: 1}\n  c: {completion: 1}\n  c: {prompt: 1}\n"),
              ElementsAre(HasSubstr("2:6: a: expected {prompt: …, completion: …}, not text"),
                          "3:7: unknown key 'promt' in a price: did you mean 'prompt'?",
                          HasSubstr("4:3: c: prompt is missing"), "5:3: duplicate key 'c', first in line 4"));
  EXPECT_THAT(problems("models: {"), testing::SizeIs(1));
}

TEST(PriceFile, PricesAreDecimalNumbers) {
  for (const char* const price : {"-1", "1e3", "'1,5'", ".5", "5.", "abc", "''", "1000000", "0.0000000001", "[1]", "{}",
                                  "$1", "0x10", "1 ", "+1"}) {
    const auto found =
        problems(std::string("models: {a: {prompt: ") + (std::string(price) == "1 " ? "'1 '" : price) + "}}");
    ASSERT_EQ(found.size(), 1U) << price;
    EXPECT_THAT(found[0], HasSubstr("1:22: prompt: expected US dollars per million tokens")) << price;
  }
  EXPECT_THAT(problems("models: {a: {prompt: }}"), testing::SizeIs(1));
}

TEST(PriceFile, NamesHaveALimit) {
  const auto named = [](std::size_t size) { return "models: {? " + std::string(size, 'x') + " : {prompt: 1}}"; };
  EXPECT_TRUE(problems(named(200)).empty());
  EXPECT_THAT(problems(named(201)), ElementsAre(HasSubstr("1 to 200 bytes")));
}

TEST(PriceFile, OfTheConfiguration) {
  World world;
  Config config;
  EXPECT_TRUE(load_prices(config, world.environment()).problems.empty()) << "the usual place is empty";
  config.records.prices_given = true;
  EXPECT_EQ(load_prices(config, world.environment()).problems.size(), 1U) << "it was named";
  world.files["/etc/respand/prices.yaml"] = "models: {a: {prompt: 1}}";
  EXPECT_EQ(load_prices(config, world.environment()).lists.size(), 1U);
  config.records.prices_given = false;
  EXPECT_EQ(load_prices(config, world.environment()).lists.size(), 1U);
}

TEST(PriceFile, SeveralInTheirOrder) {
  World world;
  world.files["/a"] = "models: {a: {prompt: 1}}";
  world.files["/b"] = R"([{"id": "p", "models": []}])";
  Config config;
  config.records.prices = {"/a", "/b", "/c"};
  config.records.prices_given = true;
  const LoadedPrices loaded = load_prices(config, world.environment());
  ASSERT_EQ(loaded.lists.size(), 2U);
  EXPECT_EQ(loaded.lists[0].file, "/a");
  EXPECT_EQ(loaded.lists[1].file, "/b");
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(loaded.problems[0].file, "/c");
}

TEST(PriceFile, InRespandsOwnForm) {
  const PriceList list = good(R"(# prices
source: "mine, 2026"
providers:
- {id: p, names: {contains: pee}, models: {or: [{starts_with: "m-"}, {regex: "^o[13]"}]}, fallbacks: [q]}

prices:
- {provider: p, model: m-1, input: 2.5, output: 10}  # a comment
- {provider: p, model: "m:2", match: [m2, "m 2"], prices: [{input: 1}, {from: 2026-03-13, input: {base: 2, above: {200000: 4}}, web_searches: 10}, {daily: "00:30-16:30", input_mtok: 1e-1}]}
variants:
- {provider: p, service_tier: batch, factor: 0.5}
)");
  EXPECT_EQ(list.source, "mine, 2026");
  ASSERT_EQ(list.providers.size(), 1U);
  EXPECT_EQ(list.providers[0].names->text, "pee");
  EXPECT_EQ(list.providers[0].models->parts.size(), 2U);
  EXPECT_THAT(list.providers[0].fallbacks, ElementsAre("q"));
  ASSERT_EQ(list.models.size(), 2U);
  EXPECT_EQ(rates(list.models[0]), "input_tokens 2.5, output_tokens 10");
  EXPECT_EQ(list.models[0].line, 7);
  EXPECT_EQ(list.models[1].match.parts.size(), 2U);
  EXPECT_EQ(rates(list.models[1], 1), "input_tokens 2 >200000 4, web_searches 10");
  EXPECT_EQ(list.models[1].prices[1].from_day, 20'525);
  EXPECT_EQ(list.models[1].prices[2].from_second, 1800);
  EXPECT_EQ(list.models[1].prices[2].to_second, 59'400);
  ASSERT_EQ(list.variants.size(), 1U);
  EXPECT_EQ(list.variants[0].prices.factor, "0.5");
}

TEST(PriceFile, InRespandsOwnFormMistakesHaveTheirLine) {
  EXPECT_THAT(
      problems(
          "prices:\n- {provider: p, model: m, inptu: 1}\n- {model: m, input: -1}\n- [1]\n- {model: m\n  x\nfoo: 1\n"),
      ElementsAre("2:27: unknown key 'inptu' in a price",
                  "3:21: input: expected US dollars, such as 0.25 (from 0 on, below 1000000), not '-1'",
                  "4:3: an entry: expected {…}, not a list", HasSubstr("5:12: not valid: a ',' or '}' is missing"),
                  HasSubstr("6:1: expected a section"), HasSubstr("7:1: unknown key 'foo'")));
  EXPECT_THAT(problems("variants:\n- {provider: p, factor: 0.5}"), ElementsAre(HasSubstr("needs a service_tier")));
  EXPECT_THAT(problems("prices:\n- {model: m, prices: [{from: 2026-13-01, input: 1}]}"),
              ElementsAre(HasSubstr("from: expected a day")));
  EXPECT_THAT(problems("prices:\n- {model: m, match: {regex: \"(?=x)\"}, input: 1}"),
              ElementsAre(HasSubstr("is no regular expression that respand knows")));
}

TEST(PriceFile, OfGenaiPrices) {
  const PriceList list = good(R"([{"id": "p", "name": "P", "api_pattern": "x", "provider_match": {"contains": "pp"},
    "model_match": {"starts_with": "m"}, "fallback_model_providers": ["q"], "extractors": [{"root": "usage"}],
    "models": [{"id": "m1", "match": {"or": [{"equals": "m1"}, {"and": [{"contains": "a"}, {"ends_with": "b"}]}]},
                "prices": {"input_mtok": {"base": 3, "tiers": [{"start": 200000, "price": 6}]}, "output_mtok": 1.5e1}},
               {"id": "m2", "match": {"equals": "m2"}, "prices": [{"prices": {"input_mtok": 1}},
                {"constraint": {"start_date": "2026-09-01"}, "prices": {"input_mtok": 2}},
                {"constraint": {"start_time": "00:30:00Z", "end_time": "16:30:00Z"}, "prices": {"requests_kcount": 12}}]}]}])");
  ASSERT_EQ(list.models.size(), 2U);
  EXPECT_EQ(rates(list.models[0]), "input_tokens 3 >200000 6, output_tokens 1.5e1");
  EXPECT_EQ(list.models[0].match.parts[1].parts.size(), 2U);
  EXPECT_EQ(rates(list.models[1], 2), "requests 12");
  EXPECT_EQ(list.models[1].prices[1].from_day, 20'697);
  EXPECT_EQ(list.models[1].prices[2].to_second, 59'400);
}

TEST(PriceFile, OfGenaiPricesMistakesHaveTheirPath) {
  EXPECT_THAT(
      problems(R"([{"id": "p", "models": [{"id": "m", "match": {"equals": "m"}, "prices": {"new_mtok": 1}}]}])"),
      ElementsAre(HasSubstr("$[0].models[0].prices.new_mtok: respand does not know this unit")));
  EXPECT_THAT(problems(R"([{"id": "p", "models": [{"id": "m", "match": {"like": "m"}, "prices": {}}]}])"),
              ElementsAre(HasSubstr("$[0].models[0].match: unknown clause 'like'")));
  EXPECT_THAT(problems(R"([{"id": "p", "models": [{"id": "m"}]}])"),
              ElementsAre(HasSubstr("$[0].models[0]: expected a model")));
  EXPECT_THAT(problems(R"([{"id": "p", "models": [)"), ElementsAre(HasSubstr("a ']' is missing at the end")));
}

TEST(PriceFile, OfLitellm) {
  const PriceList list = good(R"({"sample_spec": {"litellm_provider": "one of", "input_cost_per_token": "a number"},
    "gpt-x": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1.25e-06, "output_cost_per_token": 1e-05,
      "cache_read_input_token_cost": 1.25e-07, "input_cost_per_token_above_272k_tokens": 2.5e-06,
      "input_cost_per_token_priority": 2.5e-06, "output_cost_per_token_priority": 2e-05,
      "cache_creation_input_token_cost_above_1hr": 6e-06, "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 1.2e-05,
      "search_context_cost_per_query": {"search_context_size_low": 0.01, "search_context_size_high": 0.01}},
    "azure/eu/gpt-x": {"litellm_provider": "azure", "input_cost_per_token": 0.000001375},
    "vertex_ai/claude-x": {"litellm_provider": "vertex_ai-anthropic_models", "input_cost_per_token": 3e-6},
    "dall-x": {"litellm_provider": "openai", "output_cost_per_image": 0.02, "input_cost_per_token": 0}})");
  ASSERT_EQ(list.models.size(), 3U) << "an image by the piece is nothing that records tell";
  EXPECT_EQ(list.models[0].provider, "openai");
  ASSERT_EQ(list.models[0].prices.size(), 2U);
  EXPECT_EQ(rates(list.models[0]),
            "input_tokens 1.25e0 >272000 2.5e0, output_tokens 1e1, cache_read_tokens 1.25e-1, cache_write_1h_tokens "
            "6e0 >200000 1.2e1, web_searches 0.01e3");
  EXPECT_EQ(list.models[0].prices[1].service_tier, "priority");
  EXPECT_EQ(rates(list.models[0], 1), "input_tokens 2.5e0, output_tokens 2e1");
  EXPECT_EQ(list.models[1].provider, "azure");
  EXPECT_EQ(list.models[1].id, "eu/gpt-x");
  EXPECT_EQ(list.models[2].provider, "google");
  EXPECT_EQ(list.models[2].id, "claude-x");
  EXPECT_THAT(problems(R"({"a": {"litellm_provider": "openai", "input_cost_per_token": "x"}})"),
              ElementsAre(HasSubstr(R"($["a"].input_cost_per_token: expected US dollars, not 'x')")));
}

TEST(PriceFile, AnotherJsonIsNoList) {
  EXPECT_THAT(problems(R"([{"models": 1}, 2])"), testing::Not(testing::IsEmpty()));
  EXPECT_THAT(problems(R"({"a": "litellm_provider"})"), testing::Not(testing::IsEmpty()));
}

TEST(PriceFile, TheBuiltInListsAreGood) {
  ASSERT_EQ(built_in_prices().size(), 2U);
  EXPECT_GT(built_in_prices()[0].models.size(), 1400U);
  EXPECT_GT(built_in_prices()[0].providers.size(), 30U);
  EXPECT_GT(built_in_prices()[1].variants.size(), 20U);
}

}  // namespace
}  // namespace respand::config
