#include "respand/record/prices.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "respand/record/account.h"

namespace respand::record {
namespace {

// The name under which the built-in table, with `own` over it, has the model; "" where it has none.
std::string found(std::string_view model, std::string_view provider = "", std::vector<PriceLine> own = {}) {
  const PriceTable table(own);
  const PriceTable::Found found = table.find(provider, model);
  return found.price != nullptr ? found.price->name : "";
}

TEST(Prices, AsWritten) {
  EXPECT_EQ(found("gpt-4o"), "gpt-4o");
  EXPECT_EQ(found("gpt-4"), "gpt-4");
  EXPECT_EQ(found("gpt-4o-mini"), "gpt-4o-mini");
  EXPECT_EQ(found("GPT-4o"), "gpt-4o") << "capitals do not matter";
  EXPECT_EQ(found("claude-sonnet-4-5"), "claude-sonnet-4-5");
  EXPECT_EQ(found("gpt-4o:extended"), "gpt-4o:extended");
}

TEST(Prices, BehindAProvidersPrefix) {
  EXPECT_EQ(found("openai/gpt-4o"), "gpt-4o");
  EXPECT_EQ(found("OpenAI/GPT-4o"), "gpt-4o");
  EXPECT_EQ(found("openrouter/openai/gpt-4.1"), "gpt-4.1");
  EXPECT_EQ(found("anthropic/claude-sonnet-4-5"), "claude-sonnet-4-5");
  EXPECT_EQ(found("nextbit256/gpt-4o"), "gpt-4o");
  EXPECT_EQ(found("reducto/gpt-4o"), "gpt-4o");
  EXPECT_EQ(found("mine/gpt-4o"), "") << "an unknown prefix may be anybody's model";
  EXPECT_EQ(found("openai/"), "");
  EXPECT_EQ(found("/gpt-4o"), "");
  EXPECT_EQ(found("openai/openai/openai/gpt-4o"), "gpt-4o");
}

TEST(Prices, WithoutADate) {
  EXPECT_EQ(found("gpt-4o-2024-08-06"), "gpt-4o");
  EXPECT_EQ(found("gpt-4o-2024-05-13"), "gpt-4o-2024-05-13") << "the longest name wins: that one was dearer";
  EXPECT_EQ(found("claude-3-5-sonnet-20241022"), "claude-3-5-sonnet");
  EXPECT_EQ(found("claude-3-5-sonnet-latest"), "claude-3-5-sonnet");
  EXPECT_EQ(found("claude-3-5-sonnet@20240620"), "claude-3-5-sonnet");
  const PriceLine latest{.model = "x-latest", .prompt = "1", .completion = "", .cached_prompt = "", .cache_write = ""};
  EXPECT_EQ(found("x-20240229", "", {latest}), "x-latest") << "the list has it as latest";
  EXPECT_EQ(found("x", "", {latest}), "");
  EXPECT_EQ(found("openrouter/openai/gpt-4.1-2025-04-14"), "gpt-4.1");
  EXPECT_EQ(found("gpt-4o-2024-08-06-2024-08-06"), "") << "one date";
}

TEST(Prices, ANameThatOnlyBeginsLikeAModelHasNone) {
  for (const char* const model : {"gpt-4o-mini-custom",
                                  "gpt-4oo",
                                  "gpt-4o-",
                                  "gpt-4o-2024",
                                  "gpt-4o-2024-8-6",
                                  "gpt-4o-1999-08-06",
                                  "gpt-4o-2024-08-06x",
                                  "gpt-4o-20240806x",
                                  "gpt-4o@latest",
                                  "gpt-4o-late",
                                  "gpt",
                                  "gpt-",
                                  "-latest",
                                  "@20240806",
                                  "-2024-08-06",
                                  "xgpt-4o",
                                  " gpt-4o",
                                  "gpt-4o ",
                                  "gpt-4o/x",
                                  "claude",
                                  "claude-sonnet-4-5-20250929-beta",
                                  "nextbit256/cydonia-2b",
                                  "reducto/model-name",
                                  ""}) {
    EXPECT_EQ(found(model), "") << model;
  }
  EXPECT_EQ(found(std::string(kMaxName + 1, 'x')), "");
  EXPECT_EQ(found("gpt-4o", std::string(5000, 'x')), "");
}

TEST(Prices, OfTheRecordsProviderFirst) {
  EXPECT_EQ(found("o4-mini"), "o4-mini");
  EXPECT_EQ(found("o4-mini", "azure"), "azure/o4-mini") << "who sells it at another price";
  EXPECT_EQ(found("o4-mini", "Azure"), "azure/o4-mini");
  EXPECT_EQ(found("o4-mini-2025-04-16", "azure"), "azure/o4-mini");
  EXPECT_EQ(found("o4-mini", "mine"), "o4-mini") << "a provider that the table does not know changes nothing";
  EXPECT_EQ(found("azure/o4-mini"), "azure/o4-mini");
}

TEST(Prices, TheOperatorsOwnGoFirst) {
  const PriceLine own[] = {
      {.model = "Gpt-4o", .prompt = "1", .completion = "2", .cached_prompt = "", .cache_write = ""},
      {.model = "nextbit256/cydonia-2b",
       .prompt = "0.20",
       .completion = "0.60",
       .cached_prompt = "0.02",
       .cache_write = "0.25"},
      {.model = "twice", .prompt = "1", .completion = "", .cached_prompt = "", .cache_write = ""},
      {.model = "twice", .prompt = "2", .completion = "", .cached_prompt = "", .cache_write = ""}};
  const PriceTable table(own);
  const auto gpt = table.find("", "openai/gpt-4o-2024-08-06");
  ASSERT_NE(gpt.price, nullptr);
  EXPECT_FALSE(gpt.price->built_in);
  EXPECT_EQ(gpt.price->prompt, Decimal({1, 0}));
  EXPECT_EQ(gpt.price->cached_prompt, Decimal({1, 0})) << "the built-in one's does not shine through";
  EXPECT_EQ(gpt.prefix, "openai/");
  EXPECT_EQ(gpt.date, "-2024-08-06");
  const auto cydonia = table.find("nextbit256", "nextbit256/cydonia-2b");
  ASSERT_NE(cydonia.price, nullptr);
  EXPECT_EQ(cydonia.price->cached_prompt, Decimal({2, 2}));
  EXPECT_EQ(cydonia.price->cache_write, Decimal({25, 2}));
  EXPECT_EQ(table.find("nextbit256", "cydonia-2b").price, cydonia.price);
  EXPECT_TRUE(table.find("nextbit256", "cydonia-2b").with_provider);
  EXPECT_EQ(table.find("", "cydonia-2b").price, nullptr);
  EXPECT_EQ(table.find("", "twice").price->prompt, Decimal({2, 0}));
  EXPECT_NE(table.find("", "gpt-4o-mini").price, nullptr) << "the others stay";
}

TEST(Prices, TheBuiltInTableIsWhole) {
  const PriceTable table;
  EXPECT_GT(table.size(), 900U);
  const auto price = table.find("", "claude-sonnet-4-5");
  ASSERT_NE(price.price, nullptr);
  EXPECT_TRUE(price.price->built_in);
  EXPECT_EQ(price.price->prompt, Decimal({3, 0}));
  EXPECT_EQ(price.price->completion, Decimal({15, 0}));
  EXPECT_EQ(price.price->cached_prompt, Decimal({3, 1}));
  EXPECT_EQ(price.price->cache_write, Decimal({375, 2}));
}

TEST(Prices, TheProvidersAreSorted) {
  for (const char* const provider : {"anthropic", "nextbit256", "openai", "openrouter", "reducto", "zhipuai", "x-ai"}) {
    EXPECT_TRUE(is_provider(provider)) << provider;
  }
  EXPECT_FALSE(is_provider("mine"));
  EXPECT_FALSE(is_provider(""));
}

}  // namespace
}  // namespace respand::record
