#include "respand/config/prices.h"

#include <gmock/gmock.h>

#include "tests/config/world.h"

namespace respand::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> problems(std::string_view yaml) { return texts(load_prices(yaml, "f").problems); }

TEST(PriceFile, IsReadAsWritten) {
  const LoadedPrices loaded = load_prices(R"(models:
  nextbit256/cydonia-2b: {prompt: 0.20, completion: 0.60, cached_prompt: 0.02, cache_write: 0.25}
  "gpt-4o:mine": {prompt: 1}
  free:
    prompt: 0
    completion: "999999.999999999"
)",
                                          "f");
  EXPECT_TRUE(loaded.problems.empty());
  ASSERT_EQ(loaded.prices.size(), 3U);
  EXPECT_EQ(loaded.prices[0].model, "nextbit256/cydonia-2b");
  EXPECT_EQ(loaded.prices[0].prompt, "0.20");
  EXPECT_EQ(loaded.prices[0].completion, "0.60");
  EXPECT_EQ(loaded.prices[0].cached_prompt, "0.02");
  EXPECT_EQ(loaded.prices[0].cache_write, "0.25");
  EXPECT_EQ(loaded.prices[1].completion, "");
  EXPECT_EQ(loaded.prices[2].completion, "999999.999999999");
}

TEST(PriceFile, MayBeEmpty) {
  for (const char* const yaml : {"", "# nothing\n", "models:\n", "models: {}"}) {
    EXPECT_TRUE(problems(yaml).empty()) << yaml;
    EXPECT_TRUE(load_prices(yaml, "f").prices.empty()) << yaml;
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
  EXPECT_EQ(load_prices(config, world.environment()).prices.size(), 1U);
  config.records.prices_given = false;
  EXPECT_EQ(load_prices(config, world.environment()).prices.size(), 1U);
}

}  // namespace
}  // namespace respand::config
