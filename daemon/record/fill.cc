#include "respand/record/fill.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "record/accounting.h"
#include "record/cost.h"
#include "record/extract.h"
#include "record/moment.h"
#include "respand/base/text.h"
#include "respand/record/decimal.h"

namespace respand::record {
namespace {

constexpr std::string_view kTimestamp = R"(,"timestamp":")";
constexpr std::string_view kIdentifier = R"(,"custom_identifier":")";
constexpr std::string_view kGenerationTime = R"(,"generation_time":)";
constexpr std::string_view kCost = R"(,"cost":)";
static_assert(kMaxGrowth == kTimestamp.size() + kIso8601Size + 1 + kIdentifier.size() + kUuidSize + 1 +
                                kGenerationTime.size() + kDecimalSize + kCost.size() + kDecimalSize);

// A time that is null was not given: then the timestamp tells the end.
std::string_view end_of(const Facts& facts) {
  return facts.end_time.empty() || facts.end_time == "null" ? facts.timestamp : facts.end_time;
}

bool given(std::string_view value) { return !value.empty() && value != "null"; }

// False where there is nothing to compute it from.
bool generation_time(const Facts& facts, MissingSet& missing, Decimal& seconds) {
  if (facts.start_time.empty() || !facts.generation_time.empty() || !facts.latency.empty()) {
    return false;
  }
  const std::string_view end = end_of(facts);
  const Between between = seconds_between(facts.start_time, end, seconds);
  if (between != Between::kKnown && given(facts.start_time) && given(end)) {
    missing.add(between == Between::kReversed ? Missing::kEndBeforeStart : Missing::kTimesUnreadable);
  }
  return between == Between::kKnown;
}

char* put(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* put_hex(char* out, std::uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    out[i] = "0123456789abcdef"[value & 0xF];
    value >>= 4;
  }
  return out + digits;
}

}  // namespace

void Filler::use(std::shared_ptr<const PriceTable> prices) {
  prices_ = std::move(prices);
  look_ups_.fill({});
}

const Price* Filler::price_of(const Account& account) {
  if (prices_ == nullptr || account.model.empty()) {
    return nullptr;
  }
  const std::string_view provider = account.provider;
  const std::string_view model = account.model;
  std::size_t place = provider.size() * 7 + model.size();
  for (const char c : model.substr(model.size() - std::min<std::size_t>(model.size(), 4))) {
    place = place * 31 + static_cast<unsigned char>(c);
  }
  LookUp& last = look_ups_[(place ^ place >> 6) % look_ups_.size()];
  const std::string_view names = last.names;
  if (names.size() != provider.size() + model.size() || last.provider != provider.size() ||
      !names.starts_with(provider) || !names.ends_with(model)) {
    last.price = prices_->find(provider, model).price;
    last.names.assign(provider).append(model);
    last.provider = provider.size();
  }
  return last.price;
}

const Plan& Filler::plan_cost(const Facts& facts) {
  const Tally tally = tally_of(facts.usage_counts, facts.counts, plan_.missing);
  plan_.account.tokens = tally.tokens;
  plan_.cost.reset();
  if (!facts.cost.empty()) {
    if (!plan_.account.cost && given(facts.cost)) {
      plan_.missing.add(Missing::kCostValue);
    }
    return plan_;
  }
  if (!tally.has_prompt && !tally.has_completion) {
    return plan_;
  }
  UnitPrices own;
  if (!facts.prompt_unit_price.empty() || !facts.completion_unit_price.empty()) {
    own = unit_prices_of(facts, plan_.missing);
  }
  if (cost_of(tally, own, price_of(plan_.account), plan_.missing, plan_.cost.emplace())) {
    plan_.account.cost = plan_.cost;
  } else {
    plan_.cost.reset();
  }
  return plan_;
}

const Plan& Filler::plan(const Facts& facts) {
  extracts_ = false;
  if (facts.raw == nullptr) {
    return plan_figures(facts);
  }
  const Extraction extraction = extractable(facts);
  const std::size_t growth = growth_of(extraction, facts);
  if (!extraction.any() || facts.close + facts.growth + growth > kMaxRecord.value) {
    return plan_figures(facts);
  }
  extracts_ = true;
  plan_figures(with_extracted(facts, extraction));
  plan_.growth += growth;
  return plan_;
}

const Plan& Filler::plan_figures(const Facts& facts) {
  plan_.missing = {};
  drawn_ = false;
  account_of(facts, scratch_.data(), plan_.account);
  plan_.growth = facts.growth + kMaxGrowth;
  if (generation_time(facts, plan_.missing, plan_.generation_time.emplace())) {
    if (Duration time{0}; to_duration(*plan_.generation_time, time)) {
      plan_.account.generation_time = time;
    }
    return plan_cost(facts);
  }
  plan_.generation_time.reset();
  if (!plan_.account.generation_time && (given(facts.generation_time) || given(facts.latency))) {
    plan_.missing.add(Missing::kGenerationTimeValue);
  }
  return plan_cost(facts);
}

std::string_view Filler::draw_identifier(WallTime received) {
  if (!drawn_) {
    put_uuid_v7(received, random_, identifier_.data());
    drawn_ = true;
  }
  return {identifier_.data(), identifier_.size()};
}

std::size_t Filler::fill(std::string_view record, const Facts& facts, WallTime received, char* out) {
  char* at = put_edited(record, 0, facts.close, facts.edits, out);
  bool first = facts.empty && facts.edits.empty();
  const auto begin_member = [&](std::string_view name) {
    at = put(at, first ? name.substr(1) : name);  // the first member has no comma in front
    first = false;
  };
  if (additions_.timestamp && facts.timestamp.empty()) {
    begin_member(kTimestamp);
    put_iso8601(received, at);
    at = put(at + kIso8601Size, "\"");
  }
  if (additions_.custom_identifier && facts.custom_identifier.empty()) {
    begin_member(kIdentifier);
    at = put(at, draw_identifier(received));
    at = put(at, "\"");
  }
  if (additions_.generation_time && plan_.generation_time) {
    begin_member(kGenerationTime);
    at += put_decimal(*plan_.generation_time, at);
  }
  if (additions_.cost && plan_.cost) {
    begin_member(kCost);
    at += put_decimal(*plan_.cost, at);
  }
  if (extracts_) {
    at = put_extracted(record, facts, extractable(facts), at);
  }
  at = put(at, record.substr(facts.close));
  return static_cast<std::size_t>(at - out);
}

void put_uuid_v7(WallTime time, Random& random, char* out) {
  const auto since_epoch = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const std::uint64_t millis = static_cast<std::uint64_t>(std::max<std::int64_t>(since_epoch, 0)) & 0xFFFF'FFFF'FFFF;
  const std::uint64_t version_and_a = 0x7000 | (random.next() & 0x0FFF);
  const std::uint64_t variant_and_b = (std::uint64_t{0b10} << 62) | (random.next() >> 2);
  out = put_hex(out, millis >> 16, 8);
  *out++ = '-';
  out = put_hex(out, millis & 0xFFFF, 4);
  *out++ = '-';
  out = put_hex(out, version_and_a, 4);
  *out++ = '-';
  out = put_hex(out, variant_and_b >> 48, 4);
  *out++ = '-';
  put_hex(out, variant_and_b & 0xFFFF'FFFF'FFFF, 12);
}

}  // namespace respand::record
