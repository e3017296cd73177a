#include "ledger/usage_accumulator.h"

#include <utility>

#include "respand/journal/attributes.h"

namespace respand::ledger {

// A record that came from another host through a stream came in there.
RecordWay UsageAccumulator::way_of(const journal::TailedRecord& tailed) const {
  const std::string_view origin = journal::find_attribute(tailed.attributes, journal::Tag::kStreamOrigin);
  const bool relayed = origin.size() >= journal::kStreamOriginHead;
  return {.hour = hour_of(tailed.received),
          .route = tailed.route,
          .key = journal::find_attribute(tailed.attributes, journal::Tag::kKey),
          .host = relayed ? origin.substr(journal::kStreamOriginHead) : std::string_view(host_),
          .relayed = relayed};
}

Status UsageAccumulator::add(const journal::TailedRecord& tailed, Store& store) {
  const RecordWay way = way_of(tailed);
  // A record of several calls has a summary for each.
  std::string_view list = tailed.attributes;
  while (const auto attribute = journal::take_attribute(list)) {
    if (attribute->tag == journal::Tag::kAccount) {
      if (Status added = add(attribute->value, way, store); !added) {
        return added;
      }
    }
  }
  return {};
}

Status UsageAccumulator::add(std::string_view encoded, const RecordWay& way, Store& store) {
  const auto summary = record::decode(encoded);
  if (!summary) {
    return {};
  }
  auto account = account_of(*summary, way, store);
  if (!account) {
    return std::move(account).error();
  }
  auto repeat = repeats_.is_repeat(summary->identity, way.hour, store);
  if (!repeat) {
    return std::move(repeat).error();
  }
  if (*repeat) {
    account->totals->add_repeat();
    return {};
  }
  account->totals->add(*summary);
  if (summary->unpriced) {
    unpriced_.note(*summary);
  }
  if (summary->generation_time) {
    UsageMetrics::observe(*account->series, *summary->generation_time);
  }
  return {};
}

// Everything that key_of() makes the key of, as bytes that no other record's have unless its key is the same. The key
// itself is made once for many records: its names are looked up and cleaned.
void UsageAccumulator::set_account_name(const record::UsageSummary& summary, const RecordWay& way) {
  constexpr char kEnd = '\xff';  // in no UTF-8 text
  account_name_.assign(reinterpret_cast<const char*>(&way.hour), sizeof way.hour);
  for (const std::string_view name : {summary.model, summary.provider, summary.customer, summary.environment}) {
    account_name_.append(name).push_back(kEnd);
  }
  for (const std::string_view value : summary.dimensions) {
    account_name_.append(value).push_back(kEnd);
  }
  account_name_.append(way.host).push_back(
      kEnd);  // The one text that may hold kEnd, and it stands before the last one.
  account_name_.append(way.key).push_back(static_cast<char>(index_of(way.route)));
  account_name_.push_back(way.relayed ? 1 : 0);
}

Result<UsageAccumulator::Account> UsageAccumulator::account_of(const record::UsageSummary& summary,
                                                               const RecordWay& way, Store& store) {
  set_account_name(summary, way);
  if (const auto found = accounts_.find(account_name_); found != accounts_.end()) {
    return found->second;
  }
  auto key = keys_.key_of(summary, way, store);
  if (!key) {
    return std::move(key).error();
  }
  UsageMetrics::Series& series = metrics_.series(key->names[static_cast<std::size_t>(Name::kModel)]);
  const Account made{&rows_[std::move(*key)], &series};
  accounts_.emplace(account_name_, made);
  return made;
}

void UsageAccumulator::clear() {
  rows_.clear();
  accounts_.clear();
  repeats_.clear();
}

void UsageAccumulator::discard() {
  clear();
  keys_.forget();
  metrics_.discard();
}

}  // namespace respand::ledger
