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
  put_way(key, way);
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
  if (kind - kNames >= dimensions_.size()) {
    return values;
  }
  auto rows = store.dimensions(from, to);
  if (!rows) {
    return std::move(rows).error();
  }
  for (const std::string& row : *rows) {
    values.emplace_back(dimension_in(row, dimensions_[kind - kNames]));
  }
  return values;
}

// Route and key are dimensions that the ledger fills in itself. Where the operator has given one of his dimensions such
// a name, his value counts and the ledger's own is left out.
void RowKeys::put_way(Key& key, const RecordWay& way) const {
  const auto put = [&](const char* name, std::string_view value) {
    if (std::find(dimensions_.begin(), dimensions_.end(), name) == dimensions_.end()) {
      put_dimension(key.dimensions, name, value);
    }
  };
  put(kRouteDimension, path_of(way.route));
  put(kKeyDimension, way.key);
}

}  // namespace respand::ledger
