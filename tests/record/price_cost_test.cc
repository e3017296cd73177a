// Costs by hand, from counts: tiers, times, service tiers, units, and where there is none. Each price list is the
// test's own; its arithmetic stands beside it.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "respand/config/prices.h"
#include "respand/record/prices.h"

namespace respand::record {
namespace {

using enum BillingUnit;

using Counts = std::vector<std::pair<BillingUnit, std::uint64_t>>;

UsageCounts counted(const Counts& counts) {
  UsageCounts usage;
  for (const auto& [unit, count] : counts) {
    usage.set(unit, count);
  }
  return usage;
}

WallTime at(std::chrono::sys_seconds time) { return time; }
constexpr std::chrono::sys_seconds kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 28} +
                                         std::chrono::hours{12}};

class List {
 public:
  explicit List(std::string_view text) : loaded_(config::load_prices(text, "list")) {
    for (const config::Problem& problem : loaded_.problems) {
      ADD_FAILURE() << problem.to_string();
    }
    table_.emplace(PriceTable::of(loaded_.lists));
  }
  PriceResult result(const Counts& counts, PriceTerms terms = {.time = at(kNoon), .service_tier = {}, .geography = {}},
                     std::string_view model = "m") const {
    return table_->price(table_->entry({.provider = "p", .model = model, .answer_model = {}}), terms, counted(counts));
  }
  // In dollars; "no price" where there is none.
  std::string cost(const Counts& counts, PriceTerms terms = {.time = at(kNoon), .service_tier = {}, .geography = {}},
                   std::string_view model = "m") const {
    const PriceResult priced = result(counts, terms, model);
    if (priced.reason != NoCost::kPriced) {
      return "no price";
    }
    std::string text(kDecimalSize, '\0');
    text.resize(put_decimal(priced.cost, text.data()));
    return text;
  }

 private:
  config::LoadedPrices loaded_;
  std::optional<PriceTable> table_;
};

std::string list_of(std::string_view prices) {
  return "providers:\n- {id: p}\nprices:\n- {provider: p, model: m, " + std::string(prices) + "}\n";
}

TEST(PriceCost, EachTokenIsChargedOnceAtItsMostSpecialPrice) {
  const List list(list_of("input: 3, cache_read: 0.3, cache_write: 3.75, cache_write_1h: 6, output: 15"));
  // 1,000 in, of which 300 were read from the cache and 200 written, 50 of them for an hour; 100 out.
  // 500·3 + 300·0.3 + 150·3.75 + 50·6 + 100·15 = 1500 + 90 + 562.5 + 300 + 1500 = 3952.5 millionths
  EXPECT_EQ(list.cost({{kInput, 1000}, {kCacheRead, 300}, {kCacheWrite, 200}, {kCacheWrite1h, 50}, {kOutput, 100}}),
            "0.0039525");
  EXPECT_EQ(list.cost({{kInput, 1000}, {kCacheWrite, 200}, {kCacheWrite5m, 200}}), "0.00315") << "800·3 + 200·3.75";
  EXPECT_EQ(list.cost({{kOutput, 100}, {kOutputReasoning, 80}}), "0.0015") << "reasoning is output";
  EXPECT_EQ(list.cost({}), "0");
}

TEST(PriceCost, CachedTokensWithoutAPriceCostWhatOthersDo) {
  const List list(list_of("input: 3, output: 15"));
  EXPECT_EQ(list.cost({{kInput, 1000}, {kCacheRead, 300}}), "0.003");
}

TEST(PriceCost, AudioAndImages) {
  const List list(
      list_of("input: 4, cache_read: 0.4, input_audio: 32, cache_audio_read: 0.5, output: 16, output_audio: 64"));
  // In: 200 of text, 100 of them cached, 800 of audio, 500 of them cached. Out: 100 of text, 400 of audio.
  // 100·4 + 100·0.4 + 300·32 + 500·0.5 + 100·16 + 400·64 = 400 + 40 + 9600 + 250 + 1600 + 25600 = 37490
  EXPECT_EQ(list.cost({{kInput, 1000},
                       {kCacheRead, 600},
                       {kInputAudio, 800},
                       {kCacheAudioRead, 500},
                       {kOutput, 500},
                       {kOutputAudio, 400}}),
            "0.03749");
  EXPECT_EQ(list.result({{kInput, 1000}, {kCacheRead, 600}, {kInputAudio, 800}}).reason, NoCost::kUndivided)
      << "which of the audio was cached is not told";
  EXPECT_EQ(list.cost({{kInput, 1000}, {kCacheRead, 100}, {kInputAudio, 800}, {kCacheAudioRead, 0}}), "0.02604")
      << "100·4 + 100·0.4 + 800·32";
  EXPECT_EQ(list.cost({{kInput, 1000}, {kInputImage, 400}}), "0.004") << "an image that is looked at is input";
  const PriceResult image = list.result({{kOutput, 1000}, {kOutputImage, 400}});
  EXPECT_EQ(image.reason, NoCost::kNoUnitPrice) << "one that is made costs more";
  EXPECT_EQ(image.unit, kOutputImage);
}

TEST(PriceCost, APartWithoutAPriceHasNoCost) {
  const List list(list_of("input: 3, output: 15"));
  for (const BillingUnit unit : {kInputAudio, kOutputAudio, kOutputImage, kOutputVideo, kCacheWrite, kCacheWrite1h,
                                 kWebSearches, kCodeExecutions, kRerankSearches, kInputCharacters, kInputPixels}) {
    const PriceResult result = list.result({{kInput, 1000}, {kOutput, 1000}, {unit, 1}});
    EXPECT_EQ(result.reason, NoCost::kNoUnitPrice) << respand::name_of(unit);
    EXPECT_EQ(result.unit, unit);
  }
  EXPECT_EQ(list.cost({{kInput, 1000}, {kWebSearches, 0}, {kInputAudio, 0}}), "0.003") << "told as none";
  EXPECT_EQ(List(list_of("input: 3")).cost({{kInput, 1000}, {kOutput, 1}}), "no price");
  EXPECT_EQ(List(list_of("cache_write: 4, input: 3")).cost({{kInput, 1000}, {kCacheWrite, 10}, {kCacheWrite1h, 10}}),
            "no price")
      << "an hour costs more than five minutes";
}

TEST(PriceCost, SearchesAndRequests) {
  const List list(list_of("input: 1, output: 5, web_searches: 10, requests: 12"));
  // 1000·1 + 100·5 millionths, two searches of a cent, one request of 1.2 cents: 0.0015 + 0.02 + 0.012
  EXPECT_EQ(list.cost({{kInput, 1000}, {kOutput, 100}, {kWebSearches, 2}}), "0.0335");
  EXPECT_EQ(list.cost({{kInput, 1000}, {kRequests, 1}}), "0.013");
}

TEST(PriceCost, DurationsAreByTheHour) {
  const List list(list_of("input_audio_hours: 0.36"));
  EXPECT_EQ(list.cost({{kInputAudioMilliseconds, 12'500}}), "0.00125") << "12.5 s of 36 cents an hour";
}

TEST(PriceCost, AFreeModelIsFree) {
  const List list("providers:\n- {id: p}\nprices:\n- {provider: p, model: m}\n");
  EXPECT_EQ(list.cost({{kInput, 1000}, {kOutput, 1000}, {kInputAudio, 10}}), "0");
  EXPECT_EQ(list.cost({{kInput, 1000}, {kWebSearches, 1}}), "no price");
}

TEST(PriceCost, TheWholeRequestsInputChoosesTheTier) {
  const List list(
      list_of("input: {base: 3, above: {200000: 6}}, cache_read: {base: 0.3, above: {200000: 0.6}}, output: {base: 15, "
              "above: {200000: 22.5}}"));
  EXPECT_EQ(list.cost({{kInput, 200'000}, {kOutput, 1000}}), "0.615") << "at the limit: 200000·3 + 1000·15";
  EXPECT_EQ(list.cost({{kInput, 200'001}, {kOutput, 1000}}), "1.222506") << "one more: 200001·6 + 1000·22.5";
  EXPECT_EQ(list.cost({{kInput, 250'000}, {kCacheRead, 200'000}}), "0.42") << "50000·6 + 200000·0.6";
}

TEST(PriceCost, OfTheCallsOwnDay) {
  const List list(list_of("prices: [{input: 2}, {from: 2026-09-01, input: 3}, {from: 2027-01-01, input: 4}]"));
  const auto on = [&](std::chrono::sys_seconds time) {
    return list.cost({{kInput, 1'000'000}}, {.time = at(time), .service_tier = {}, .geography = {}});
  };
  using std::chrono::seconds, std::chrono::sys_days, std::chrono::year;
  const std::chrono::sys_seconds september = sys_days{year{2026} / 9 / 1};
  EXPECT_EQ(on(september - seconds{1}), "2");
  EXPECT_EQ(on(september), "3");
  EXPECT_EQ(on(kNoon), "3");
  EXPECT_EQ(on(sys_days{year{2027} / 1 / 1}), "4");
  EXPECT_EQ(on(std::chrono::sys_seconds{}), "2");
}

TEST(PriceCost, OfTheCallsOwnHour) {
  const List list(list_of("prices: [{input: 1}, {daily: \"00:30-16:30\", input: 2}]"));
  const auto hour = [&](std::chrono::seconds of_day) {
    const std::chrono::sys_seconds day = std::chrono::floor<std::chrono::days>(kNoon);
    return list.cost({{kInput, 1'000'000}}, {.time = at(day + of_day), .service_tier = {}, .geography = {}});
  };
  EXPECT_EQ(hour(std::chrono::seconds{1799}), "1");
  EXPECT_EQ(hour(std::chrono::seconds{1800}), "2");
  EXPECT_EQ(hour(std::chrono::seconds{59'399}), "2");
  EXPECT_EQ(hour(std::chrono::seconds{59'400}), "1") << "the end is not in it";
}

TEST(PriceCost, ServiceTiersAndPlaces) {
  const List list(list_of("input: 2, output: 8, web_searches: 10") +
                  "variants:\n- {provider: p, match: [m], service_tier: batch, factor: 0.5}\n"
                  "- {provider: p, match: [m], service_tier: priority, input: 3.5, output: 14}\n"
                  "- {provider: p, match: [other], service_tier: flex, factor: 0.5}\n"
                  "- {provider: p, match: [m], geography: us, factor: 1.1}\n");
  const auto tier = [&](std::string_view name, std::string_view place = "") {
    return list.cost({{kInput, 1'000'000}, {kOutput, 1'000'000}, {kWebSearches, name == "priority" ? 0U : 1U}},
                     {.time = at(kNoon), .service_tier = name, .geography = place});
  };
  for (const char* const usual : {"", "default", "standard", "auto", "ON_DEMAND", "null"}) {
    EXPECT_EQ(tier(usual), "10.01") << usual;
  }
  EXPECT_EQ(tier("batch"), "5.01") << "the search costs what it does";
  EXPECT_EQ(tier("ON_DEMAND_PRIORITY"), "no price") << "a search has no price there";
  EXPECT_EQ(tier("priority"), "17.5");
  EXPECT_EQ(tier("flex"), "no price");
  EXPECT_EQ(tier("PROVISIONED_THROUGHPUT"), "no price");
  EXPECT_EQ(list.result({{kInput, 1}}, {.time = at(kNoon), .service_tier = "flex", .geography = {}}).reason,
            NoCost::kUnknownTier);
  EXPECT_EQ(tier("", "global"), "10.01");
  EXPECT_EQ(tier("", "not_available"), "10.01");
  EXPECT_EQ(tier("", "us"), "11.01") << "10·1.1 and the search";
  EXPECT_EQ(tier("", "eu"), "no price");
}

TEST(PriceCost, Contradictions) {
  const List list(list_of("input: 3, cache_read: 0.3, output: 15"));
  const auto reason = [&](const Counts& counts) { return list.result(counts).reason; };
  EXPECT_EQ(reason({{kInput, 10}, {kCacheRead, 11}}), NoCost::kContradiction);
  EXPECT_EQ(reason({{kCacheRead, 1}}), NoCost::kContradiction) << "a part without its whole";
  EXPECT_EQ(reason({{kOutput, 10}, {kOutputReasoning, 11}}), NoCost::kContradiction);
  EXPECT_EQ(reason({{kInput, 10}, {kCacheRead, 10}}), NoCost::kPriced);
  EXPECT_EQ(reason({{kInput, kMaxUsage + 1}}), NoCost::kOutOfRange);
  EXPECT_EQ(list.cost({{kInput, kMaxUsage}}), "3000000");
  EXPECT_EQ(list.result({{kInput, 1}}, {}, "unknown").reason, NoCost::kUnknownModel);
}

TEST(PriceCost, BuiltInVariants) {
  const PriceTable table;
  const auto cost = [&](std::string_view model, std::string_view tier, const Counts& counts) {
    const PriceResult result = table.price(table.entry({.provider = {}, .model = model, .answer_model = {}}),
                                           {.time = at(kNoon), .service_tier = tier, .geography = {}}, counted(counts));
    std::string text(kDecimalSize, '\0');
    text.resize(put_decimal(result.cost, text.data()));
    return result.reason == NoCost::kPriced ? text : "no price";
  };
  EXPECT_EQ(cost("gpt-5-nano", "flex", {{kInput, 100'000}, {kOutput, 10'000}}), "0.0045") << "(5000 + 4000) / 2";
  EXPECT_EQ(cost("gpt-4o-2024-08-06", "priority", {{kInput, 9000}, {kOutput, 1000}}), "0.05525")
      << "9000·4.25 + 1000·17";
  EXPECT_EQ(cost("gpt-4o", "batch", {{kInput, 1000}, {kOutput, 100}}), "0.00175") << "1000·1.25 + 100·5";
  EXPECT_EQ(cost("gpt-4o", "flex", {{kInput, 1000}}), "no price");
  EXPECT_EQ(
      cost("gpt-4o-audio-preview", "", {{kInput, 1100}, {kInputAudio, 1000}, {kOutput, 550}, {kOutputAudio, 500}}),
      "0.08075")
      << "100·2.5 + 1000·40 + 50·10 + 500·80";
  EXPECT_EQ(cost("deepseek-chat", "", {{kInput, 1000}, {kCacheRead, 640}, {kOutput, 100}}), "0.00016072")
      << "360·0.28 + 640·0.028 + 100·0.42";
}

}  // namespace
}  // namespace respand::record
