#include "ledger/row_keys.h"

#include <algorithm>
#include <array>
#include <utility>

namespace respand::ledger {

Result<Key> RowKeys::key_of(const record::UsageSummary& summary, const RecordWay& way, Store& store) {
  const std::array<std::string_view, kNames> names{summary.model, summary.provider, summary.customer,
                                                   summary.environment};
  Key key{way.hour, {}, {}};
  for (std::size_t i = 0; i < kNames; ++i) {
    auto name = admit(i, names[i], way.hour, store);
    if (!name) {
      return std::move(name).error();
    }
    key.names[i] = std::move(*name);
  }
  for (std::size_t i = 0; i < dimensions_.size(); ++i) {
    auto value = admit(kNames + i, summary.dimensions[i], way.hour, store);
    if (!value) {
      return std::move(value).error();
    }
    put_dimension(key.dimensions, dimensions_[i], *value);
  }
  put_own(key, kRouteDimension, path_of(way.route));
  put_own(key, kKeyDimension, way.key);
  if (by_host_) {
    auto host = admit(kHostKind, way.host, way.hour, store);
    if (!host) {
      return std::move(host).error();
    }
    put_own(key, kHostDimension, *host);
  }
  put_own(key, kRelayedDimension, way.relayed ? kRelayed : "");
  return key;
}

Result<std::string> RowKeys::admit(std::size_t kind, std::string_view name, std::int64_t hour, Store& store) {
  return names_.admit(kind, name, hour, [&](std::size_t one, std::int64_t from, std::int64_t to) {
    return stored_names(one, from, to, store);
  });
}

// The different names of a kind in the store's rows of [from, to). Values of dimensions are in no column of their own:
// they are cut out of the rows' texts.
Result<std::vector<std::string>> RowKeys::stored_names(std::size_t kind, std::int64_t from, std::int64_t to,
                                                       Store& store) const {
  if (kind < kNames) {
    return store.names(static_cast<Name>(kind), from, to);
  }
  std::vector<std::string> values;
  const std::string_view name = dimension_of(kind);
  if (name.empty()) {
    return values;
  }
  auto rows = store.dimensions(from, to);
  if (!rows) {
    return std::move(rows).error();
  }
  for (const std::string& row : *rows) {
    values.emplace_back(dimension_in(row, name));
  }
  return values;
}

// The name of the dimension whose values are of this kind; empty where there is none.
std::string_view RowKeys::dimension_of(std::size_t kind) const {
  if (kind == kHostKind) {
    return by_host_ ? kHostDimension : "";
  }
  return kind - kNames < dimensions_.size() ? std::string_view(dimensions_[kind - kNames]) : std::string_view();
}

// Some dimensions the ledger fills in itself. Where the operator has given one of the records' dimensions such a name,
// the record's value counts and the ledger's own is left out.
void RowKeys::put_own(Key& key, const char* name, std::string_view value) const {
  if (std::find(dimensions_.begin(), dimensions_.end(), name) == dimensions_.end()) {
    put_dimension(key.dimensions, name, value);
  }
}

}  // namespace respand::ledger
