#include "record/usage_collector.h"

#include <algorithm>
#include <bit>

#include "record/sdk_payload.h"
#include "respand/record/edit.h"

namespace respand::record {
namespace {

template <typename... Each>
constexpr std::uint64_t counts(Each... each) {
  return (... | (std::uint64_t{1} << static_cast<unsigned>(each)));
}
constexpr std::uint64_t kPrompts = counts(Count::kPrompt, Count::kInput, Count::kPlainInput, Count::kBilledInput);
constexpr std::uint64_t kAnswers = counts(Count::kCompletion, Count::kOutput, Count::kPlainOutput, Count::kCandidates,
                                          Count::kBilledOutput, Count::kThoughts);
constexpr std::uint64_t kTotals = counts(Count::kTotal);

bool any_of(const UsageReading& reading, std::uint64_t wanted) {
  for (std::uint64_t left = reading.seen & wanted; left != 0; left &= left - 1) {
    if (reading.values[static_cast<std::size_t>(std::countr_zero(left))] != 0) {
      return true;
    }
  }
  return false;
}

// Whether the reading says how much was used.
bool counts_something(const UsageReading& reading) { return any_of(reading, kPrompts | kAnswers | kTotals); }

template <typename Value>
void take_where_missing(std::optional<Value>& value, const std::optional<Value>& other) {
  value = value ? value : other;
}
void take_where_missing(std::string_view& value, std::string_view other) { value = value.empty() ? other : value; }

// Takes from the other reading what this one lacks or has as 0.
void complete(UsageReading& one, const UsageReading& other) {
  std::uint64_t wanted = other.seen;
  wanted &= any_of(one, kPrompts) ? ~kPrompts : ~std::uint64_t{0};
  wanted &= any_of(one, kAnswers) ? ~kAnswers : ~std::uint64_t{0};
  wanted &= counts_something(one) ? ~kTotals : ~std::uint64_t{0};
  for (; wanted != 0; wanted &= wanted - 1) {
    const auto count = static_cast<Count>(std::countr_zero(wanted));
    if (one[count] == 0) {
      one.set(count, other[count], other.lines[static_cast<std::size_t>(count)]);
      one.conflict |= other.conflict & counts(count);
    }
  }
  one.sound = one.sound && other.sound;
  one.local = one.local || other.local;
  one.gemini = one.gemini || other.gemini;
  one.sdk_caches = one.sdk_caches || other.sdk_caches;
  one.own_key = one.own_key || other.own_key;
  one.other_model = one.other_model || other.other_model;
  take_where_missing(one.bill, other.bill);
  take_where_missing(one.upstream_bill, other.upstream_bill);
  take_where_missing(one.seconds, other.seconds);
  take_where_missing(one.tier, other.tier);
  take_where_missing(one.traffic, other.traffic);
  take_where_missing(one.geography, other.geography);
  take_where_missing(one.model, other.model);
}

std::optional<Decimal> sum(const Decimal& a, const Decimal& b) {
  const int scale = std::max(a.scale, b.scale);
  const Wide digits = a.digits * power_of_ten(scale - a.scale) + b.digits * power_of_ten(scale - b.scale);
  return digits < power_of_ten(18 + scale) ? std::optional(Decimal{digits, scale}) : std::nullopt;
}

// With a key of one's own for the provider, OpenRouter's cost is its fee; the provider bills the rest.
std::optional<Decimal> bill_of(const UsageReading& reading) {
  if (!reading.own_key || !reading.bill) {
    return reading.bill;
  }
  return reading.upstream_bill ? sum(*reading.bill, *reading.upstream_bill) : std::nullopt;
}

// Units that an answer tells and a summary of it may leave out.
int details_in(const Usage& usage) { return std::popcount(usage.counts.given()); }

}  // namespace

std::string_view UsageCollector::text_of(const RecordFields& record_fields, std::string_view value) {
  const char* const begin = record_fields.record.data();
  if (record_fields.edits.empty() || value.data() < begin || value.data() >= begin + record_fields.record.size()) {
    return value;
  }
  const auto from = static_cast<std::size_t>(value.data() - begin);
  const std::size_t to = from + value.size();
  for (const Edit& edit : record_fields.edits) {
    if (edit.offset >= from && edit.offset + edit.length < to) {
      std::string* const text = reader_.lend();
      if (text == nullptr) {
        return {};
      }
      text->resize(value.size() + record_fields.growth);
      // The last byte, a bracket or quote, is copied by itself: an insertion behind it is not the value's.
      char* const end = put_edited(record_fields.record, from, to - 1, record_fields.edits, text->data());
      *end = value.back();
      return {text->data(), static_cast<std::size_t>(end + 1 - text->data())};
    }
  }
  return value;
}

void UsageCollector::read_fields(const RecordFields& record_fields, const UsageFields& fields, UsageReading& reading,
                                 UsageReading& rest) {
  rest.sound = rest.sound && fields.complete;
  for (std::size_t i = 0; i < fields.count; ++i) {
    const UsageFields::Field& field = fields.fields[i];
    const std::string_view value = text_of(record_fields, field.value);
    if (value.empty()) {
      continue;
    }
    if (field.line->node != UsageNode::kUsage && field.line->node != UsageNode::kMessage) {
      reader_.read_noted(*field.line, value, rest);
      continue;
    }
    UsageReading other;
    reader_.read(value, field.line->node, other);
    if (!counts_something(reading)) {
      complete(other, reading);
      reading = other;
    } else {
      take_where_missing(reading.model, other.model);
    }
  }
}

void UsageCollector::read_own(const RecordFields& record_fields, UsageReading& own, bool& flat) {
  if (!record_fields.usage.empty()) {
    reader_.read(text_of(record_fields, record_fields.usage), UsageNode::kUsage, own);
  }
  if (record_fields.usage_fields == nullptr ||
      (record_fields.usage_fields->count == 0 && record_fields.usage_fields->complete)) {
    return;
  }
  UsageReading rest;
  read_fields(record_fields, *record_fields.usage_fields, own, rest);
  flat = !counts_something(own) && counts_something(rest);
  if (flat) {
    complete(rest, own);
    own = rest;
  } else {
    complete(own, rest);
  }
}

void UsageCollector::read_answer(const RecordFields& record_fields, UsageReading& answer) {
  const SdkPayload& raw = *record_fields.raw;
  if (raw.response.starts_with('"')) {
    UsageFields fields;
    fields.clear();
    std::string_view usage;
    reader_.note_answer(text_of(record_fields, raw.response), fields, usage);
    if (!usage.empty()) {
      reader_.read(usage, UsageNode::kUsage, answer);
    }
    UsageReading rest;
    RecordFields plain;  // without edits: the text has gone through them already
    read_fields(plain, fields, answer, rest);
    return complete(answer, rest);
  }
  if (!raw.usage.empty()) {
    reader_.read(text_of(record_fields, raw.usage), UsageNode::kUsage, answer);
  }
  UsageReading rest;
  read_fields(record_fields, raw.usage_fields, answer, rest);
  complete(answer, rest);
}

void UsageCollector::take(const UsageReading& reading) {
  take_where_missing(call_.bill, bill_of(reading));
  take_where_missing(call_.seconds, reading.seconds);
  take_where_missing(call_.tier, reading.tier);
  take_where_missing(call_.traffic, reading.traffic);
  take_where_missing(call_.geography, reading.geography);
  take_where_missing(call_.model, reading.model);
  call_.local = call_.local || reading.local;
}

const CallUsage& UsageCollector::collect(const RecordFields& record_fields, std::string_view model,
                                         MissingSet& missing) {
  reader_.begin();
  call_ = {};
  UsageOrigin origin{.flat = false, .model = model};
  UsageReading own;
  read_own(record_fields, own, origin.flat);
  if (record_fields.raw == nullptr) {
    take(own);
    call_.usage = meaning_of(own, origin, missing);
    return call_;
  }
  UsageReading answer;
  read_answer(record_fields, answer);
  // The answer knows under which tier it was made; a request only what was asked for.
  take(answer);
  take(own);
  if (!counts_something(answer)) {
    complete(own, answer);
    call_.usage = meaning_of(own, origin, missing);
    return call_;
  }
  if (!counts_something(own)) {
    complete(answer, own);
    call_.usage = meaning_of(answer, {.flat = false, .model = model}, missing);
    return call_;
  }
  combine(own, answer, origin, missing);
  return call_;
}

// Both say how much was used. The answer says more, but an application may have added up several answers.
void UsageCollector::combine(const UsageReading& own, const UsageReading& answer, const UsageOrigin& origin,
                             MissingSet& missing) {
  MissingSet of_own;
  MissingSet of_answer;
  const Usage mine = meaning_of(own, origin, of_own);
  const Usage theirs = meaning_of(answer, {.flat = false, .model = origin.model}, of_answer);
  const Tokens a = mine.tokens();
  const Tokens b = theirs.tokens();
  const bool same = theirs.sound && (a.prompt == b.prompt || a.prompt == b.prompt - b.cached_prompt - b.cache_write) &&
                    (a.completion == b.completion || a.completion == b.completion - b.reasoning);
  if (theirs.sound && (!mine.sound || (same && details_in(theirs) >= details_in(mine)))) {
    call_.usage = theirs;
  } else if (!mine.sound || same || (a.prompt >= b.prompt && a.completion >= b.completion)) {
    call_.usage = mine;
    missing.add(of_own);
  } else {
    call_.usage = {};
    call_.usage.sound = false;
    missing.add(Missing::kTokensContradict);
  }
}

}  // namespace respand::record
