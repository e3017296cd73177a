// A hundred thousand random calls at random prices, against an evaluation of its own: that one knows of each token what
// it is (text or audio, read from the cache or not) and looks for its price by hand; the table knows totals only.

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "respand/base/random.h"
#include "respand/base/text.h"
#include "respand/config/prices.h"
#include "respand/record/prices.h"

namespace respand::record {
namespace {

using enum BillingUnit;

constexpr std::size_t kModels = 200;
constexpr int kCalls = 100'000;

// In millionths of a dollar for a million tokens (a thousand searches).
struct Tiered {
  std::uint64_t base = 0;
  std::uint64_t above = 0;  // 0: no tier
  std::uint64_t price = 0;
};
using Maybe = std::optional<Tiered>;

// One set of prices, with its condition.
struct Prices {
  int from_day = 0;  // 0: none
  int from_minute = 0;
  int to_minute = 0;  // 0: none
  Tiered input, output;
  Maybe cache_read, cache_write, cache_write_1h, input_audio, cache_audio_read, input_image, cache_image_read;
  Maybe output_audio, output_reasoning, web_searches, requests;
};

struct Model {
  std::vector<Prices> prices;
  bool batch = false;  // at half the price
};

// What a call is made of: each token once.
struct Call {
  std::uint64_t text = 0, read_text = 0, written = 0, written_1h = 0;
  std::uint64_t audio = 0, read_audio = 0, image = 0, read_image = 0;
  std::uint64_t said = 0, thought = 0, spoken = 0;
  std::uint64_t searches = 0;
  [[nodiscard]] std::uint64_t input() const {
    return text + read_text + written + written_1h + audio + read_audio + image + read_image;
  }
};

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {
    for (std::size_t i = 0; i < kModels; ++i) {
      models_.push_back(model());
    }
  }

  const std::vector<Model>& models() const { return models_; }
  bool chance(std::uint64_t percent) { return random_.below(100) < percent; }
  std::uint64_t below(std::uint64_t limit) { return random_.below(limit); }

  Call call() {
    Call call;
    const auto some = [this](std::uint64_t percent) { return chance(percent) ? below(300'000) : 0; };
    call.text = some(90);
    call.read_text = some(40);
    call.written = some(10);
    call.written_1h = some(5);
    call.audio = some(15);
    call.read_audio = some(8);
    call.image = some(15);
    call.read_image = some(8);
    call.said = some(90);
    call.thought = some(40);
    call.spoken = some(10);
    call.searches = chance(10) ? below(5) : 0;
    return call;
  }

 private:
  Tiered price() {
    Tiered tiered{.base = below(100'000'000), .above = 0, .price = 0};
    if (chance(20)) {
      tiered.above = 1 + below(400'000);
      tiered.price = below(200'000'000);
    }
    return tiered;
  }
  Maybe maybe(std::uint64_t percent) { return chance(percent) ? Maybe(price()) : std::nullopt; }

  Prices prices() {
    Prices made;
    made.input = price();
    made.output = price();
    made.cache_read = maybe(70);
    made.cache_write = maybe(50);
    made.cache_write_1h = made.cache_write ? maybe(50) : std::nullopt;
    made.input_audio = maybe(50);
    made.cache_audio_read = made.input_audio && made.cache_read ? Maybe(price()) : std::nullopt;
    made.input_image = maybe(40);
    made.cache_image_read = made.input_image && made.cache_read ? Maybe(price()) : std::nullopt;
    made.output_audio = maybe(50);
    made.output_reasoning = maybe(20);
    made.web_searches = maybe(50);
    made.requests = maybe(10);
    return made;
  }

  Model model() {
    Model made;
    made.prices.push_back(prices());
    if (chance(30)) {
      made.prices.push_back(prices());
      made.prices.back().from_minute = static_cast<int>(below(600));
      made.prices.back().to_minute = 600 + static_cast<int>(below(600));
    }
    for (int day = 20'300; chance(40) && day < 21'000; day += 100) {  // from 2025-07-31 on
      made.prices.push_back(prices());
      made.prices.back().from_day = day;
    }
    made.batch = chance(30);
    return made;
  }

  SeededRandom random_;
  std::vector<Model> models_;
};

std::string dollars(std::uint64_t millionths) {
  std::string places = std::to_string(millionths % 1'000'000);
  return cat(millionths / 1'000'000, ".", std::string(6 - places.size(), '0'), places);
}

std::string yaml_of(const Tiered& price) {
  return price.above == 0
             ? dollars(price.base)
             : cat("{base: ", dollars(price.base), ", above: {", price.above, ": ", dollars(price.price), "}}");
}

std::string date_of(int day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  const auto two = [](unsigned number) { return cat(number < 10 ? "0" : "", number); };
  return cat(static_cast<int>(date.year()), "-", two(static_cast<unsigned>(date.month())), "-",
             two(static_cast<unsigned>(date.day())));
}

std::string time_of(int minute) {
  const auto two = [](int number) { return cat(number < 10 ? "0" : "", number); };
  return cat(two(minute / 60), ":", two(minute % 60));
}

std::string yaml_of(const Prices& prices) {
  std::string text = "{";
  const auto put = [&text](std::string_view key, const std::string& value) {
    text += cat(text.size() == 1 ? "" : ", ", key, ": ", value);
  };
  const auto put_price = [&](std::string_view key, const Maybe& price) {
    if (price) {
      put(key, yaml_of(*price));
    }
  };
  if (prices.from_day != 0) {
    put("from", date_of(prices.from_day));
  }
  if (prices.to_minute != 0) {
    put("daily", cat("\"", time_of(prices.from_minute), "-", time_of(prices.to_minute), "\""));
  }
  put_price("input", prices.input);
  put_price("output", prices.output);
  put_price("cache_read", prices.cache_read);
  put_price("cache_write", prices.cache_write);
  put_price("cache_write_1h", prices.cache_write_1h);
  put_price("input_audio", prices.input_audio);
  put_price("cache_audio_read", prices.cache_audio_read);
  put_price("input_image", prices.input_image);
  put_price("cache_image_read", prices.cache_image_read);
  put_price("output_audio", prices.output_audio);
  put_price("output_reasoning", prices.output_reasoning);
  put_price("web_searches", prices.web_searches);
  put_price("requests", prices.requests);
  return text + "}";
}

std::string yaml_of(const std::vector<Model>& models) {
  std::string text = "providers:\n- {id: p}\nprices:\n";
  std::string variants = "variants:\n";
  for (std::size_t i = 0; i < models.size(); ++i) {
    text += cat("- {provider: p, model: m", i, ", prices: [");
    for (std::size_t j = 0; j < models[i].prices.size(); ++j) {
      text += cat(j == 0 ? "" : ", ", yaml_of(models[i].prices[j]));
    }
    text += "]}\n";
    if (models[i].batch) {
      variants += cat("- {provider: p, match: [m", i, "], service_tier: batch, factor: 0.5}\n");
    }
  }
  return text + variants;
}

// The cost in 10^-15 dollars (halves of millionths of millionths are whole there); nothing where there is none.
std::optional<Wide> slow_cost(const Model& model, const Call& call, std::int64_t second, bool batch) {
  if (batch && !model.batch) {
    return std::nullopt;
  }
  const int day = static_cast<int>(second / 86'400);
  const int minute = static_cast<int>(second % 86'400 / 60);
  const Prices* prices = &model.prices.front();
  for (const Prices& each : model.prices) {
    const bool holds =
        day >= each.from_day && (each.to_minute == 0 || (minute >= each.from_minute && minute < each.to_minute));
    prices = holds ? &each : prices;
  }
  const auto priced = [&](const Tiered& price) {
    return price.above != 0 && call.input() > price.above ? price.price : price.base;
  };
  Wide cost = 0;
  bool known = true;
  const auto token = [&](std::uint64_t count, const Maybe& price) {
    known = known && (count == 0 || price.has_value());
    cost += count == 0 || !price ? Wide{0} : Wide{count} * priced(*price) * (batch ? 500 : 1'000);
  };
  const auto first = [](const Maybe& a, const Maybe& b) { return a ? a : b; };
  const Maybe input = prices->input;
  token(call.text, input);
  token(call.read_text, first(prices->cache_read, input));
  token(call.written, prices->cache_write);
  token(call.written_1h, prices->cache_write ? prices->cache_write_1h : std::nullopt);
  token(call.audio, prices->input_audio);
  token(call.read_audio, prices->input_audio && !prices->cache_read ? prices->input_audio : prices->cache_audio_read);
  token(call.image, first(prices->input_image, input));
  token(call.read_image, prices->cache_image_read ? prices->cache_image_read
                         : prices->cache_read     ? prices->cache_read
                                                  : first(prices->input_image, input));
  token(call.said, prices->output);
  token(call.thought, first(prices->output_reasoning, prices->output));
  token(call.spoken, prices->output_audio);
  const auto fee = [&](std::uint64_t count, const Maybe& price) {
    known = known && (count == 0 || price.has_value());
    cost += count == 0 || !price ? Wide{0} : Wide{count} * priced(*price) * 1'000'000;
  };
  fee(call.searches, prices->web_searches);
  fee(prices->requests ? 1 : 0, prices->requests);
  return known ? std::optional(cost) : std::nullopt;
}

UsageCounts counts_of(const Call& call) {
  UsageCounts counts;
  counts.set(kInput, call.input());
  counts.set(kCacheRead, call.read_text + call.read_audio + call.read_image);
  counts.set(kCacheWrite, call.written + call.written_1h);
  counts.set(kCacheWrite1h, call.written_1h);
  counts.set(kInputAudio, call.audio + call.read_audio);
  counts.set(kCacheAudioRead, call.read_audio);
  counts.set(kInputImage, call.image + call.read_image);
  counts.set(kCacheImageRead, call.read_image);
  counts.set(kOutput, call.said + call.thought + call.spoken);
  counts.set(kOutputReasoning, call.thought);
  counts.set(kOutputAudio, call.spoken);
  counts.set(kWebSearches, call.searches);
  return counts;
}

TEST(PriceOracle, RandomCalls) {
  constexpr std::uint64_t kSeed = 20261128;
  World world(kSeed);
  const config::LoadedPrices loaded = config::load_prices(yaml_of(world.models()), "random");
  ASSERT_TRUE(loaded.problems.empty()) << loaded.problems.front().to_string();
  const PriceTable table = PriceTable::of(loaded.lists);
  int priced = 0;
  for (int i = 0; i < kCalls; ++i) {
    const std::size_t which = world.below(kModels);
    const Call call = world.call();
    const auto second = static_cast<std::int64_t>(20'000 + world.below(1'100)) * 86'400 +
                        static_cast<std::int64_t>(world.below(86'400));
    const bool batch = world.chance(20);
    const PriceEntry* const entry = table.entry({.provider = "p", .model = cat("m", which), .answer_model = {}});
    ASSERT_NE(entry, nullptr);
    const PriceResult result = table.price(
        entry, {.time = WallTime{std::chrono::seconds{second}}, .service_tier = batch ? "batch" : "", .geography = {}},
        counts_of(call));
    const std::optional<Wide> expected = slow_cost(world.models()[which], call, second, batch);
    ASSERT_EQ(result.reason == NoCost::kPriced, expected.has_value()) << "call " << i << " of seed " << kSeed;
    if (expected) {
      ++priced;
      ASSERT_TRUE(result.cost.digits == *expected * power_of_ten(result.cost.scale - 15))
          << "call " << i << " of seed " << kSeed;
    }
  }
  EXPECT_GT(priced, kCalls / 4);
}

}  // namespace
}  // namespace respand::record
