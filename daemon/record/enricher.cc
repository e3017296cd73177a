#include "respand/record/enricher.h"

#include <algorithm>
#include <optional>

#include "record/accounting.h"
#include "record/cost.h"
#include "record/decode.h"
#include "record/dimensions.h"
#include "record/extract.h"
#include "record/member_value.h"
#include "record/moment.h"
#include "record/put.h"
#include "record/sdk_payload.h"
#include "record/usage_collector.h"
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

// An end_time that is null counts as missing, and then the timestamp is the end.
std::string_view end_of(const RecordFields& fields) {
  return fields.end_time.empty() || fields.end_time == "null" ? fields.timestamp : fields.end_time;
}

bool is_null(std::string_view value) { return value == "null"; }

// False where the record lacks what it would be computed from.
bool time_between(const RecordFields& fields, MissingSet& missing, Decimal& seconds) {
  if (fields.start_time.empty()) {
    return false;
  }
  const std::string_view end = end_of(fields);
  const Between between = seconds_between(fields.start_time, end, seconds);
  if (between != Between::kKnown && is_given(fields.start_time) && is_given(end)) {
    missing.add(between == Between::kReversed ? Missing::kEndBeforeStart : Missing::kTimesUnreadable);
  }
  return between == Between::kKnown;
}

// A null that the application wrote may be replaced; a null that records.defaults gave stays.
bool can_give_way(const RecordFields& fields, std::string_view value) {
  return is_null(value) && value.data() >= fields.record.data() &&
         value.data() < fields.record.data() + fields.record.size();
}
// The time of the call by the record, or the time of receipt where the record has none.
WallTime time_of(const RecordFields& fields, WallTime received) {
  for (const std::string_view value : {fields.timestamp, fields.end_time, fields.start_time}) {
    if (is_given(value)) {
      if (const auto time = wall_time_in(value)) {
        return *time;
      }
    }
  }
  return received;
}

std::string_view inside(std::string_view text) { return text.size() < 2 ? text : text.substr(1, text.size() - 2); }

// Whether a computed value may go there: as a new member, or in the place of a null.
bool has_room(const RecordFields& fields, std::string_view value) {
  return value.empty() || can_give_way(fields, value);
}

char* put_hex(char* out, std::uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    out[i] = "0123456789abcdef"[value & 0xF];
    value >>= 4;
  }
  return out + digits;
}

}  // namespace

Enricher::Enricher(Additions additions, Random& random)
    : additions_(additions), random_(random), collector_(std::make_unique<UsageCollector>()) {}
Enricher::~Enricher() = default;

void Enricher::use(std::shared_ptr<const PriceTable> prices) {
  prices_ = std::move(prices);
  look_ups_.fill({});
}

// A host calls few models: the last look-ups are kept. A place is found by the names' lengths and last letters.
const PriceEntry* Enricher::entry_of(const ModelReference& names) {
  std::size_t place = names.provider.size() * 7 + names.model.size() + names.answer_model.size() * 3;
  for (const char c : names.model.substr(names.model.size() - std::min<std::size_t>(names.model.size(), 4))) {
    place = place * 31 + static_cast<unsigned char>(c);
  }
  LookUp& last = look_ups_[(place ^ place >> 6) % look_ups_.size()];
  const std::string_view known = last.names;
  const std::size_t model_end = names.provider.size() + names.model.size();
  if (!last.any || known.size() != model_end + names.answer_model.size() || last.provider != names.provider.size() ||
      last.model != names.model.size() || !known.starts_with(names.provider) ||
      known.substr(last.provider, last.model) != names.model || !known.ends_with(names.answer_model)) {
    last.entry = prices_->entry(names);
    last.names.assign(names.provider).append(names.model).append(names.answer_model);
    last.provider = names.provider.size();
    last.model = names.model.size();
    last.any = true;
  }
  return last.entry;
}

void Enricher::plan_cost(const RecordFields& fields, const CallUsage& call) {
  UsageSummary& summary = plan_.summary;
  summary.tokens = call.usage.tokens();
  summary.cost_source = CostSource::kGiven;
  plan_.cost.reset();
  if (is_given(fields.cost)) {
    if (!summary.cost) {
      plan_.missing.add(Missing::kCostValue);
      summary.unpriced = true;
    }
    return;
  }
  if (call.bill) {
    plan_.cost = call.bill;
    summary.cost_source = CostSource::kReported;
  } else if (compute_cost(fields, call)) {
    summary.cost_source = CostSource::kComputed;
  } else {
    plan_.cost.reset();
    summary.unpriced = call.usage.any() || !call.usage.sound || plan_.missing.has(Missing::kUsageMissing);
    return;
  }
  summary.cost = plan_.cost;
  if (!has_room(fields, fields.cost)) {
    plan_.cost.reset();
  }
}

bool Enricher::compute_cost(const RecordFields& fields, const CallUsage& call) {
  if (call.local) {
    plan_.cost.emplace();  // a model on a machine of one's own costs nothing
    return true;
  }
  if (!call.usage.any() && call.usage.sound) {
    // A call is paid for where the model answered. A failed call is not, nor is a record that is no call of a model.
    const bool answered = fields.has_completion && is_given(fields.model) && !plan_.summary.error;
    if (answered) {
      plan_.missing.add(Missing::kUsageMissing);
    }
    return false;
  }
  UnitPrices own;
  if (!fields.prompt_unit_price.empty() || !fields.completion_unit_price.empty()) {
    own = unit_prices_of(fields, plan_.missing);
  }
  ListPrice list;
  if (prices_ != nullptr) {
    const UsageSummary& summary = plan_.summary;
    char* const scratch = scratch_.data() + (4 + kDimensions) * kMaxName;
    const ModelReference names{
        .provider = is_given(fields.provider) ? summary.provider : std::string_view(),
        .model = summary.model,
        .answer_model = fields.raw != nullptr ? name_in(answer_model(*fields.raw), scratch) : std::string_view()};
    const PriceEntry* const entry = entry_of(names);
    list = {.table = prices_.get(),
            .entry = entry,
            .terms = {.time = PriceTable::depends_on_time(entry) ? time_of(fields, received_) : received_,
                      .service_tier = inside(call.tier.empty() ? call.traffic : call.tier),
                      .geography = inside(call.geography)}};
  }
  return cost_of(call.usage, own, list, plan_.missing, plan_.cost.emplace());
}

const Enrichment& Enricher::enrichment(const RecordFields& fields, WallTime received) {
  received_ = received;
  extracts_ = false;
  if (fields.raw == nullptr) {
    return plan_derived(fields);
  }
  const Extraction extraction = extractable(fields);
  const std::size_t growth = growth_of(extraction, fields);
  if (!extraction.any() || fields.close + fields.growth + growth > kMaxRecord.value) {
    return plan_derived(with_answer(fields));
  }
  extracts_ = true;
  plan_derived(with_answer(with_extracted(fields, extraction)));
  plan_.growth += growth;
  return plan_;
}

// A model that is null counts as missing, and then the answer's model is taken.
RecordFields Enricher::with_answer(RecordFields fields) {
  if (!is_given(fields.model) && model_of(*fields.raw).starts_with('"')) {
    fields.model = model_of(*fields.raw);
  }
  fields.has_completion = fields.has_completion || has_answer(*fields.raw);
  return fields;
}

const Enrichment& Enricher::plan_derived(const RecordFields& fields) {
  plan_.missing = {};
  drawn_ = false;
  account_of(fields, scratch_.data(), plan_.summary);
  plan_.growth = fields.growth + kMaxGrowth;
  plan_.summary.identity = 0;
  plan_.summary.dimensions = {};
  if (fields.rules != nullptr) {
    plan_extras(fields, fields.rules->compiled());
  }
  const CallUsage& call = collector_->collect(fields, plan_.summary.model, plan_.missing);
  if (plan_.summary.model.empty()) {
    plan_.summary.model = name_in(call.model, scratch_.data());
  }
  plan_time(fields, call.seconds);
  plan_cost(fields, call);
  return plan_;
}

void Enricher::plan_extras(const RecordFields& fields, const Rules::Compiled& rules) {
  if (rules.identify) {
    plan_.summary.identity = identity_of(fields);
  }
  if (!rules.dimensions.empty()) {
    put_dimensions(fields, rules, scratch_.data() + 4 * kMaxName, plan_.summary);
  }
}

// `told`: by the answer.
void Enricher::plan_time(const RecordFields& fields, const std::optional<Decimal>& told) {
  plan_.generation_time.reset();
  if (is_given(fields.generation_time) || is_given(fields.latency)) {
    if (!plan_.summary.generation_time) {
      plan_.missing.add(Missing::kGenerationTimeValue);
    }
    return;
  }
  const MissingSet before = plan_.missing;
  if (!time_between(fields, plan_.missing, plan_.generation_time.emplace())) {
    plan_.generation_time = told && before == plan_.missing ? told : std::nullopt;
  }
  if (Duration time{0}; plan_.generation_time && to_duration(*plan_.generation_time, time)) {
    plan_.summary.generation_time = time;
  }
  if (!has_room(fields, fields.generation_time) || !has_room(fields, fields.latency)) {
    plan_.generation_time.reset();
  }
}

std::string_view Enricher::draw_identifier(WallTime received) {
  if (!drawn_) {
    put_uuid_v7(received, random_, identifier_.data());
    drawn_ = true;
  }
  return {identifier_.data(), identifier_.size()};
}

// The record up to its closing brace, with the edits, and with figures in the places of their nulls.
char* Enricher::put_changed(std::string_view record, const RecordFields& fields, char* out) {
  struct Place {
    std::size_t at;
    const Decimal* value;
  };
  std::array<Place, 3> places{};
  std::size_t count = 0;
  const auto replace = [&](std::string_view null, const Decimal* value) {
    if (value != nullptr && is_null(null)) {
      places[count++] = {static_cast<std::size_t>(null.data() - record.data()), value};
    }
  };
  const Decimal* const cost = additions_.cost && plan_.cost ? &*plan_.cost : nullptr;
  const Decimal* const time = additions_.generation_time && plan_.generation_time ? &*plan_.generation_time : nullptr;
  replace(fields.cost, cost);
  replace(fields.generation_time, time);
  replace(fields.latency, time);
  std::sort(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(count),
            [](const Place& a, const Place& b) { return a.at < b.at; });
  std::size_t from = 0;
  for (std::size_t i = 0; i < count; ++i) {
    out = put_edited(record, from, places[i].at, fields.edits, out);
    out += put_decimal(*places[i].value, out);
    from = places[i].at + std::string_view("null").size();
  }
  return put_edited(record, from, fields.close, fields.edits, out);
}

std::size_t Enricher::fill(std::string_view record, const RecordFields& fields, WallTime received, char* out) {
  char* at = put_changed(record, fields, out);
  bool first = fields.empty && fields.edits.empty();
  const auto begin_member = [&](std::string_view name) {
    at = put(at, first ? name.substr(1) : name);  // the first member has no comma in front
    first = false;
  };
  if (additions_.timestamp && fields.timestamp.empty()) {
    begin_member(kTimestamp);
    put_iso8601(received, at);
    at = put(at + kIso8601Size, "\"");
  }
  if (additions_.custom_identifier && fields.custom_identifier.empty()) {
    begin_member(kIdentifier);
    at = put(at, draw_identifier(received));
    at = put(at, "\"");
  }
  if (additions_.generation_time && plan_.generation_time && fields.generation_time.empty() && fields.latency.empty()) {
    begin_member(kGenerationTime);
    at += put_decimal(*plan_.generation_time, at);
  }
  if (additions_.cost && plan_.cost && fields.cost.empty()) {
    begin_member(kCost);
    at += put_decimal(*plan_.cost, at);
  }
  if (extracts_) {
    at = put_extracted(record, fields, extractable(fields), at);
  }
  at = put(at, record.substr(fields.close));
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
