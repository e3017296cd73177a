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

std::optional<Decimal> generation_time(const Facts& facts, MissingSet& missing) {
  if (facts.start_time.empty() || !facts.generation_time.empty() || !facts.latency.empty()) {
    return std::nullopt;
  }
  const std::string_view end = end_of(facts);
  const Between between = seconds_between(facts.start_time, end);
  if (!between.seconds && given(facts.start_time) && given(end)) {
    missing.add(between.reversed ? Missing::kEndBeforeStart : Missing::kTimesUnreadable);
  }
  return between.seconds;
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
  price_ = nullptr;
  looked_up_.clear();
}

const Price* Filler::price_of(const Account& account) {
  if (prices_ == nullptr || account.model.empty()) {
    return nullptr;
  }
  const std::size_t provider = account.provider.size();
  const std::string_view last = looked_up_;
  if (last.size() != provider + 1 + account.model.size() || !last.starts_with(account.provider) ||
      last.substr(provider + 1) != account.model) {
    price_ = prices_->find(account.provider, account.model).price;
    looked_up_.assign(account.provider).append("\n").append(account.model);
  }
  return price_;
}

void Filler::plan_cost(const Facts& facts) {
  const Tally tally = tally_of(facts.usage_counts, facts.counts, plan_.missing);
  plan_.account.tokens = tally.tokens;
  plan_.cost.reset();
  if (!facts.cost.empty()) {
    if (!plan_.account.cost && given(facts.cost)) {
      plan_.missing.add(Missing::kCostValue);
    }
    return;
  }
  if (!tally.has_prompt && !tally.has_completion) {
    return;
  }
  const UnitPrices own = unit_prices_of(facts, plan_.missing);
  plan_.cost = cost_of(tally, own, price_of(plan_.account), plan_.missing);
  plan_.account.cost = plan_.cost;
}

const Plan& Filler::plan(const Facts& facts) {
  const Extraction extraction = extraction_of(facts);
  if (!extraction.any()) {
    return plan_figures(facts);
  }
  plan_figures(with_extracted(facts, extraction));
  plan_.growth += extraction.growth;
  return plan_;
}

const Plan& Filler::plan_figures(const Facts& facts) {
  plan_.missing = {};
  drawn_ = false;
  plan_.account = account_of(facts, scratch_.data());
  plan_.generation_time = generation_time(facts, plan_.missing);
  plan_.growth = facts.growth + kMaxGrowth;
  if (plan_.generation_time) {
    plan_.account.generation_time = to_duration(*plan_.generation_time);
  } else if (!plan_.account.generation_time && (given(facts.generation_time) || given(facts.latency))) {
    plan_.missing.add(Missing::kGenerationTimeValue);
  }
  plan_cost(facts);
  return plan_;
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
  if (const Extraction extraction = extraction_of(facts); extraction.any()) {
    at = put_extracted(record, facts, extraction, at);
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
