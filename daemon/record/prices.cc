#include "respand/record/prices.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <iterator>

#include "record/built_in_prices.h"
#include "record/scan.h"
#include "respand/base/check.h"
#include "respand/record/account.h"

namespace respand::record {
namespace {

// Those of the table, Nextbit and Reducto, and the names that gateways give to some of them.
constexpr std::string_view kProviders[] = {
    "anthropic",  "aws",        "azure",        "azure_ai", "bedrock",     "cerebras",  "cohere",
    "deepseek",   "fireworks",  "fireworks_ai", "gemini",   "google",      "groq",      "minimax",
    "mistral",    "mistralai",  "moonshotai",   "nextbit",  "nextbit256",  "novita",    "openai",
    "openrouter", "perplexity", "reducto",      "together", "together_ai", "vertex_ai", "voyage",
    "voyageai",   "x-ai",       "xai",          "zhipuai"};  // sorted

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::uint64_t hash(std::string_view text) {  // FNV-1a
  std::uint64_t value = 0xCBF29CE484222325;
  for (const char c : text) {
    value = (value ^ static_cast<std::uint8_t>(c)) * 0x100000001B3;
  }
  return value ^ (value >> 32);
}

bool digits(std::string_view text) { return std::all_of(text.begin(), text.end(), is_digit); }

// The length of "-2024-08-06", "-20240806", "@20240806" or "-latest" at the end of `name`; 0 where there is none.
std::size_t date_length(std::string_view name) {
  constexpr std::string_view kLatest = "-latest";
  if (name.size() > kLatest.size() && name.ends_with(kLatest)) {
    return kLatest.size();
  }
  if (name.size() > 11) {
    const std::string_view tail = name.substr(name.size() - 11);
    if (tail.starts_with("-20") && tail[5] == '-' && tail[8] == '-' && digits(tail.substr(1, 4)) &&
        digits(tail.substr(6, 2)) && digits(tail.substr(9, 2))) {
      return tail.size();
    }
  }
  if (name.size() > 9) {
    const std::string_view tail = name.substr(name.size() - 9);
    if ((tail.starts_with("-20") || tail.starts_with("@20")) && digits(tail.substr(1))) {
      return tail.size();
    }
  }
  return 0;
}

Decimal number(std::string_view text) {
  const std::optional<Decimal> value = parse_decimal(text);
  RESPAND_CHECK(value.has_value() && value->scale <= kMaxPriceScale);
  return *value;
}

}  // namespace

bool is_provider(std::string_view prefix) {
  return std::binary_search(std::begin(kProviders), std::end(kProviders), prefix);
}

PriceTable::PriceTable(std::span<const PriceLine> own) {
  prices_.reserve(std::size(kBuiltInPrices) + own.size());
  for (const PriceLine& line : kBuiltInPrices) {
    put(line, true);
  }
  build_index();
  for (const PriceLine& line : own) {
    put(line, false);
  }
  build_index();
}

void PriceTable::put(const PriceLine& line, bool built_in) {
  Price price;
  price.name = line.model;
  std::transform(price.name.begin(), price.name.end(), price.name.begin(), lower);
  price.built_in = built_in;
  price.prompt = number(line.prompt);
  if (!line.completion.empty()) {
    price.completion = number(line.completion);
  }
  price.cached_prompt = line.cached_prompt.empty() ? price.prompt : number(line.cached_prompt);
  price.cache_write = line.cache_write.empty() ? price.prompt : number(line.cache_write);
  prices_.push_back(std::move(price));
}

void PriceTable::build_index() {
  slots_.assign(std::bit_ceil(prices_.size() * 2 + 1), 0);
  for (std::size_t i = 0; i < prices_.size(); ++i) {
    std::size_t at = hash(prices_[i].name) & (slots_.size() - 1);
    while (slots_[at] != 0 && prices_[slots_[at] - 1].name != prices_[i].name) {
      at = (at + 1) & (slots_.size() - 1);
    }
    slots_[at] = static_cast<std::uint32_t>(i + 1);  // a later one takes the place of an earlier one
  }
}

const Price* PriceTable::exact(std::string_view lower_name) const {
  for (std::size_t at = hash(lower_name) & (slots_.size() - 1); slots_[at] != 0; at = (at + 1) & (slots_.size() - 1)) {
    const Price& price = prices_[slots_[at] - 1];
    if (price.name == lower_name) {
      return &price;
    }
  }
  return nullptr;
}

bool PriceTable::by_name(std::string_view lower_name, Found& found) const {
  found.price = exact(lower_name);
  if (found.price != nullptr) {
    return true;
  }
  const std::size_t dated = date_length(lower_name);
  if (dated == 0) {
    return false;
  }
  constexpr std::string_view kLatest = "-latest";
  std::array<char, 2 * kMaxName + kLatest.size()> memory;
  const std::size_t base = lower_name.size() - dated;
  std::memcpy(memory.data(), lower_name.data(), base);
  std::memcpy(memory.data() + base, kLatest.data(), kLatest.size());
  found.price = exact({memory.data(), base});
  if (found.price == nullptr) {
    found.price = exact({memory.data(), base + kLatest.size()});
    found.latest = found.price != nullptr;
  }
  found.date = found.price != nullptr ? lower_name.substr(base) : std::string_view();
  return found.price != nullptr;
}

PriceTable::Found PriceTable::find(std::string_view provider, std::string_view model) const {
  Found found;
  if (model.empty() || model.size() > kMaxName || provider.size() + 1 > kMaxName) {
    return found;
  }
  std::array<char, 2 * kMaxName> memory;
  char* const name = memory.data() + provider.size() + 1;
  std::transform(provider.begin(), provider.end(), memory.data(), lower);
  memory[provider.size()] = '/';
  std::transform(model.begin(), model.end(), name, lower);
  const std::string_view whole(memory.data(), provider.size() + 1 + model.size());
  const std::string_view lower_model(name, model.size());
  // Views into the memory here become views into what the caller gave.
  const auto in_model = [&](std::string_view part) {
    return part.empty() ? part : model.substr(static_cast<std::size_t>(part.data() - name), part.size());
  };
  if (!provider.empty() && by_name(whole, found)) {
    found.with_provider = true;
    found.date = in_model(found.date);
    return found;
  }
  for (std::size_t at = 0;;) {
    const std::string_view rest = lower_model.substr(at);
    if (by_name(rest, found)) {
      found.prefix = model.substr(0, at);
      found.date = in_model(found.date);
      return found;
    }
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos || !is_provider(rest.substr(0, slash))) {
      return found;
    }
    at += slash + 1;
  }
}

}  // namespace respand::record
