#include "record/cost.h"

#include <algorithm>
#include <bit>

#include "record/scan.h"

namespace respand::record {
namespace {

// No call has as many tokens; with prices below 10^6 products stay far below 2^127.
constexpr std::uint64_t kMaxTokens = 1'000'000'000'000;
// A price in a record may have more places than a list has.
constexpr int kMaxUnitScale = 12;
constexpr int kMillion = 6;

bool given(std::string_view value) { return !value.empty() && value != "null"; }

constexpr std::uint64_t kNoNumber = ~std::uint64_t{0};

// 1e3, 10.0.
[[gnu::noinline]] std::uint64_t unusual_number(std::string_view value) {
  const std::optional<Decimal> number = parse_decimal(value);
  if (!number || number->digits % power_of_ten(number->scale) != 0 ||
      number->digits / power_of_ten(number->scale) > kMaxTokens) {
    return kNoNumber;
  }
  return static_cast<std::uint64_t>(number->digits / power_of_ten(number->scale));
}

std::uint64_t whole_number(std::string_view value) {
  std::uint64_t number = 0;
  for (const char c : value) {
    if (!is_digit(c) || value.size() > 12) {
      return unusual_number(value);
    }
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

// Names of counts, a bit for each.
using Names = std::uint32_t;
template <typename... Counts>
constexpr Names names(Counts... counts) {
  return (... | (Names{1} << static_cast<unsigned>(counts)));
}
constexpr Names kPrompt = names(Count::kPromptTokens, Count::kInputTokens);
constexpr Names kCompletion = names(Count::kCompletionTokens, Count::kOutputTokens);
constexpr Names kTotal = names(Count::kTotalTokens);
constexpr Names kCached = names(Count::kPromptCached, Count::kInputCached, Count::kPromptCacheHit, Count::kCacheRead);
constexpr Names kWritten = names(Count::kCacheCreation, Count::kPromptCacheCreation);
constexpr Names kReasoning = names(Count::kCompletionReasoning, Count::kOutputReasoning, Count::kReasoning);

// Counts and which of them are given.
struct Given {
  explicit Given(const Counts& from) : counts(from) {
    for (Names left = from.seen; left != 0; left &= left - 1) {
      const int i = std::countr_zero(left);
      names |= static_cast<Names>(given(from.values[static_cast<std::size_t>(i)])) << i;
    }
  }
  [[nodiscard]] bool any(Names of) const { return (names & of) != 0; }
  const Counts& counts;
  Names names = 0;
};

// Reads counts, and remembers whether one of them was wrong.
class CountReader {
 public:
  CountReader(const Given& own, const Given& beside) : own_(own), beside_(beside) {}

  [[nodiscard]] bool sound() const { return sound_; }
  // The first of them that is there, else 0.
  std::uint64_t first_of(Names names) {
    const Given& from = own_.any(names) ? own_ : beside_;
    if (!from.any(names)) {
      return 0;
    }
    const auto first = static_cast<std::size_t>(std::countr_zero(from.names & names));
    const std::uint64_t number = whole_number(from.counts.values[first]);
    sound_ = sound_ && number != kNoNumber;
    return number;
  }
  [[nodiscard]] bool has(Names names) const { return own_.any(names) || beside_.any(names); }

 private:
  const Given& own_;
  const Given& beside_;
  bool sound_ = true;
};

// Whether cache reads and writes are counted beside the prompt's tokens, not among them: so does who says input_tokens
// and gives no details of them (Anthropic).
bool caches_are_extra(const Given& own) {
  return own.any(names(Count::kInputTokens)) &&
         !own.any(names(Count::kPromptTokens, Count::kInputCached, Count::kPromptCached));
}

Tally read_tally(const Given& own, const Given& beside, MissingSet& missing) {
  CountReader read(own, beside);
  Tally tally;
  Tokens& tokens = tally.tokens;
  tokens.prompt = read.first_of(kPrompt);
  tokens.completion = read.first_of(kCompletion);
  tokens.cached_prompt = read.first_of(kCached);
  tokens.cache_write = read.first_of(kWritten);
  tokens.reasoning = read.first_of(kReasoning);
  const std::uint64_t total = read.first_of(kTotal);
  const bool has_total = read.has(kTotal);
  tally.has_prompt = read.has(kPrompt);
  tally.has_completion = read.has(kCompletion) || (has_total && tally.has_prompt && total == tokens.prompt);
  if (!read.sound()) {
    missing.add(Missing::kTokensValue);
    return {.tokens = {}, .has_prompt = false, .has_completion = false, .sound = false};
  }
  const std::uint64_t caches = tokens.cached_prompt + tokens.cache_write;
  if (caches_are_extra(own)) {
    tokens.prompt += caches;
  }
  // Who counts reasoning beside the completion's tokens (xAI) gives a total that says so.
  if (has_total && tokens.reasoning > 0 && total == tokens.prompt + tokens.completion + tokens.reasoning) {
    tokens.completion += tokens.reasoning;
  }
  if (caches > tokens.prompt || tokens.reasoning > tokens.completion) {
    missing.add(Missing::kTokensContradict);
    return {.tokens = {}, .has_prompt = false, .has_completion = false, .sound = false};
  }
  return tally;
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
  const Given in_usage(own);
  const Given in_record(beside);
  return !in_usage.any(kPrompt | kCompletion) && in_record.any(kPrompt | kCompletion)
             ? read_tally(in_record, in_usage, missing)
             : read_tally(in_usage, in_record, missing);
}

UnitPrices unit_prices_of(const Facts& facts, MissingSet& missing) {
  UnitPrices prices;
  const auto read = [&](std::string_view value, std::optional<Decimal>& price) {
    if (!given(value)) {
      return;
    }
    price = parse_decimal(value);
    if (!price || price->scale > kMaxUnitScale || price->digits >= kMaxPrice * power_of_ten(price->scale)) {
      prices.sound = false;
    }
  };
  read(facts.prompt_unit_price, prices.prompt);
  read(facts.completion_unit_price, prices.completion);
  if (!prices.sound) {
    missing.add(Missing::kUnitPriceValue);
  }
  return prices;
}

bool cost_of(const Tally& tally, const UnitPrices& own, const Price* price, MissingSet& missing, Decimal& cost) {
  if (!tally.sound || !own.sound || (!tally.has_prompt && !tally.has_completion)) {
    return false;
  }
  if ((!own.prompt || !own.completion) && price == nullptr) {
    missing.add(Missing::kModelUnknown);
    return false;
  }
  const Decimal& prompt = own.prompt ? *own.prompt : price->prompt;
  const Decimal* const completion = own.completion      ? &*own.completion
                                    : price->completion ? &*price->completion
                                                        : nullptr;
  // A model without a price for completions makes none; one with a price may just not have told.
  if (!tally.has_prompt || (!tally.has_completion && completion != nullptr) ||
      (tally.tokens.completion > 0 && completion == nullptr)) {
    missing.add(Missing::kTokensIncomplete);
    return false;
  }
  static constexpr Decimal kFree{};
  const Decimal& cached = own.prompt ? prompt : price->cached_prompt;
  const Decimal& written = own.prompt ? prompt : price->cache_write;
  const Decimal& answered = completion != nullptr ? *completion : kFree;
  const int scale = std::max({prompt.scale, cached.scale, written.scale, answered.scale});
  const auto product = [scale](std::uint64_t tokens, const Decimal& unit) {
    return tokens == 0 ? Wide{0} : tokens * (unit.digits * power_of_ten(scale - unit.scale));
  };
  const Tokens& tokens = tally.tokens;
  cost.digits = product(tokens.prompt - tokens.cached_prompt - tokens.cache_write, prompt) +
                product(tokens.cached_prompt, cached) + product(tokens.cache_write, written) +
                product(tokens.completion, answered);
  cost.scale = scale + kMillion;
  return true;
}

}  // namespace respand::record
