#include "record/cost.h"

#include <algorithm>

#include "record/scan.h"

namespace respand::record {
namespace {

// No call has as many tokens; with prices below 10^6 products stay far below 2^127.
constexpr std::uint64_t kMaxTokens = 1'000'000'000'000;
// A price in a record may have more places than a list has.
constexpr int kMaxUnitScale = 12;
constexpr int kMillion = 6;

bool given(std::string_view value) { return !value.empty() && value != "null"; }

std::optional<std::uint64_t> whole_number(std::string_view value) {
  if (value.size() <= 12 && std::all_of(value.begin(), value.end(), is_digit)) {  // the usual way
    std::uint64_t number = 0;
    for (const char c : value) {
      number = number * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return number;
  }
  const std::optional<Decimal> number = parse_decimal(value);
  if (!number || number->digits % power_of_ten(number->scale) != 0 ||
      number->digits / power_of_ten(number->scale) > kMaxTokens) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(number->digits / power_of_ten(number->scale));
}

// Reads counts, and remembers whether one of them was wrong.
class CountReader {
 public:
  CountReader(const Counts& own, const Counts& beside) : own_(own), beside_(beside) {}

  [[nodiscard]] bool sound() const { return sound_; }
  [[nodiscard]] bool has(Count count) const { return given(own_[count]) || given(beside_[count]); }
  // The first of them that is there.
  std::optional<std::uint64_t> first_of(std::initializer_list<Count> counts) {
    for (const Counts* const from : {&own_, &beside_}) {
      for (const Count count : counts) {
        if (given((*from)[count])) {
          const auto number = whole_number((*from)[count]);
          sound_ = sound_ && number.has_value();
          return number;
        }
      }
    }
    return std::nullopt;
  }

 private:
  const Counts& own_;
  const Counts& beside_;
  bool sound_ = true;
};

bool has_base(const Counts& counts) {
  return given(counts[Count::kPromptTokens]) || given(counts[Count::kCompletionTokens]) ||
         given(counts[Count::kInputTokens]) || given(counts[Count::kOutputTokens]);
}

// Whether cache reads and writes are counted beside the prompt's tokens, not among them: so does who says input_tokens
// and gives no details of them (Anthropic).
bool caches_are_extra(const Counts& own) {
  return !given(own[Count::kPromptTokens]) && given(own[Count::kInputTokens]) && !given(own[Count::kInputCached]) &&
         !given(own[Count::kPromptCached]);
}

}  // namespace

std::string_view name_of(Missing reason) noexcept {
  switch (reason) {
    case Missing::kCostValue:
      return "cost_value";
    case Missing::kGenerationTimeValue:
      return "generation_time_value";
    case Missing::kTimesUnreadable:
      return "times_unreadable";
    case Missing::kEndBeforeStart:
      return "end_before_start";
    case Missing::kTokensValue:
      return "tokens_value";
    case Missing::kTokensContradict:
      return "tokens_contradict";
    case Missing::kTokensIncomplete:
      return "tokens_incomplete";
    case Missing::kUnitPriceValue:
      return "unit_price_value";
    case Missing::kModelUnknown:
      return "model_unknown";
  }
  return "unknown";
}

Tally tally_of(const Counts& own, const Counts& beside, MissingSet& missing) {
  if (!has_base(own) && has_base(beside)) {
    return tally_of(beside, own, missing);
  }
  CountReader read(own, beside);
  const auto prompt = read.first_of({Count::kPromptTokens, Count::kInputTokens});
  const auto completion = read.first_of({Count::kCompletionTokens, Count::kOutputTokens});
  const auto total = read.first_of({Count::kTotalTokens});
  Tally tally;
  tally.tokens.cached_prompt =
      read.first_of({Count::kPromptCached, Count::kInputCached, Count::kPromptCacheHit, Count::kCacheRead}).value_or(0);
  tally.tokens.cache_write = read.first_of({Count::kCacheCreation, Count::kPromptCacheCreation}).value_or(0);
  tally.tokens.reasoning =
      read.first_of({Count::kCompletionReasoning, Count::kOutputReasoning, Count::kReasoning}).value_or(0);
  tally.has_prompt = prompt.has_value();
  tally.has_completion = completion.has_value() || (total && prompt && *total == *prompt);
  tally.tokens.prompt = prompt.value_or(0);
  tally.tokens.completion = completion.value_or(0);
  if (!read.sound()) {
    missing.add(Missing::kTokensValue);
    return {.tokens = {}, .has_prompt = false, .has_completion = false, .sound = false};
  }
  const std::uint64_t caches = tally.tokens.cached_prompt + tally.tokens.cache_write;
  if (caches_are_extra(own)) {
    tally.tokens.prompt += caches;
  }
  // Who counts reasoning beside the completion's tokens (xAI) gives a total that says so.
  if (const std::uint64_t sum = tally.tokens.prompt + tally.tokens.completion;
      total && tally.tokens.reasoning > 0 && *total == sum + tally.tokens.reasoning) {
    tally.tokens.completion += tally.tokens.reasoning;
  }
  if (caches > tally.tokens.prompt || tally.tokens.reasoning > tally.tokens.completion) {
    missing.add(Missing::kTokensContradict);
    return {.tokens = {}, .has_prompt = false, .has_completion = false, .sound = false};
  }
  return tally;
}

UnitPrices unit_prices_of(const Facts& facts, MissingSet& missing) {
  UnitPrices prices;
  const auto read = [&](std::string_view value) -> std::optional<Decimal> {
    if (!given(value)) {
      return std::nullopt;
    }
    const std::optional<Decimal> number = parse_decimal(value);
    if (!number || number->scale > kMaxUnitScale || number->digits >= kMaxPrice * power_of_ten(number->scale)) {
      prices.sound = false;
      return std::nullopt;
    }
    return number;
  };
  prices.prompt = read(facts.prompt_unit_price);
  prices.completion = read(facts.completion_unit_price);
  if (!prices.sound) {
    missing.add(Missing::kUnitPriceValue);
  }
  return prices;
}

std::optional<Decimal> cost_of(const Tally& tally, const UnitPrices& own, const Price* price, MissingSet& missing) {
  if (!tally.sound || !own.sound || (!tally.has_prompt && !tally.has_completion)) {
    return std::nullopt;
  }
  if ((!own.prompt || !own.completion) && price == nullptr) {
    missing.add(Missing::kModelUnknown);
    return std::nullopt;
  }
  const Decimal prompt = own.prompt ? *own.prompt : price->prompt;
  const std::optional<Decimal> completion = own.completion ? own.completion : price->completion;
  // A model without a price for completions makes none; one with a price may just not have told.
  if (!tally.has_prompt || (!tally.has_completion && completion) || (tally.tokens.completion > 0 && !completion)) {
    missing.add(Missing::kTokensIncomplete);
    return std::nullopt;
  }
  const Decimal cached = own.prompt ? prompt : price->cached_prompt;
  const Decimal written = own.prompt ? prompt : price->cache_write;
  const Decimal answered = completion.value_or(Decimal{});
  const int scale = std::max({prompt.scale, cached.scale, written.scale, answered.scale});
  const auto product = [scale](std::uint64_t tokens, const Decimal& unit) {
    return tokens == 0 ? Wide{0} : tokens * (unit.digits * power_of_ten(scale - unit.scale));
  };
  const Tokens& tokens = tally.tokens;
  return Decimal{product(tokens.prompt - tokens.cached_prompt - tokens.cache_write, prompt) +
                     product(tokens.cached_prompt, cached) + product(tokens.cache_write, written) +
                     product(tokens.completion, answered),
                 scale + kMillion};
}

}  // namespace respand::record
