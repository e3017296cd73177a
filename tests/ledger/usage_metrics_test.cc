// The metrics of language-model calls: what the ledger counts, once, with a bounded number of models.

#include <gtest/gtest.h>

#include "tests/ledger/world.h"
#include "tests/support/metrics.h"

namespace respand::ledger {
namespace {

double value(World& world, const std::string& name, const test::LabelMap& labels) {
  return test::metric(world.life->registry.expose(), name, labels).value_or(-1);
}

TEST(UsageMetrics, FollowTheLedger) {
  World world;
  world.live();
  world.put({.model = "gpt-4o",
             .tokens = {.prompt = 100, .completion = 20, .cached_prompt = 60, .cache_write = 7, .reasoning = 5},
             .cost = micro(250'000),
             .generation_time = std::chrono::milliseconds{500}},
            4);
  EXPECT_EQ(value(world, "respand_llm_cost_usd_total", {{"model", "gpt-4o"}}), -1);
  world.step();
  EXPECT_DOUBLE_EQ(value(world, "respand_llm_cost_usd_total", {{"model", "gpt-4o"}}), 1.0);
  for (const auto& [kind, count] : std::vector<std::pair<std::string, int>>{
           {"prompt", 400}, {"completion", 80}, {"cached_prompt", 240}, {"cache_write", 28}, {"reasoning", 20}}) {
    EXPECT_EQ(value(world, "respand_llm_tokens_total", {{"model", "gpt-4o"}, {"kind", kind}}), count) << kind;
  }
  const test::LabelMap model{{"model", "gpt-4o"}};
  EXPECT_EQ(value(world, "respand_llm_generation_seconds_count", model), 4);
  EXPECT_DOUBLE_EQ(value(world, "respand_llm_generation_seconds_sum", model), 2.0);
  EXPECT_EQ(value(world, "respand_llm_generation_seconds_bucket", {{"model", "gpt-4o"}, {"le", "0.25"}}), 0);
  EXPECT_EQ(value(world, "respand_llm_generation_seconds_bucket", {{"model", "gpt-4o"}, {"le", "0.5"}}), 4);
}

TEST(UsageMetrics, ModelsAreBounded) {
  World world;
  world.live();
  for (std::size_t i = 1; i <= UsageMetrics::kMostModels + 5; ++i) {
    const std::string model = cat("model ", i);
    world.put({.model = model, .cost = micro(1'000'000)});
  }
  world.step();
  EXPECT_EQ(value(world, "respand_llm_cost_usd_total", {{"model", cat("model ", UsageMetrics::kMostModels)}}), 1);
  EXPECT_EQ(value(world, "respand_llm_cost_usd_total", {{"model", cat("model ", UsageMetrics::kMostModels + 1)}}), -1);
  EXPECT_EQ(value(world, "respand_llm_cost_usd_total", {{"model", kOther}}), 5);
}

}  // namespace
}  // namespace respand::ledger
