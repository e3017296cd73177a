#include "ledger/repeat_filter.h"

#include <chrono>
#include <optional>
#include <utility>

namespace respand::ledger {

Result<bool> RepeatFilter::is_repeat(std::uint64_t identity, std::int64_t hour, Store& store) {
  if (identity == 0 || window_ <= Duration{0}) {
    return false;
  }
  std::optional<std::int64_t> counted;
  if (const auto found = uncommitted_.find(identity); found != uncommitted_.end()) {
    counted = found->second;
  } else {
    auto stored = store.hour_of_identity(identity);
    if (!stored) {
      return std::move(stored).error();
    }
    counted = *stored;
  }
  // The hour is all that is stored, so a window that ends within an hour lasts to its end.
  const std::int64_t first = hour - std::chrono::ceil<std::chrono::hours>(window_).count();
  if (counted && *counted >= first) {
    return true;
  }
  uncommitted_[identity] = hour;
  return false;
}

}  // namespace respand::ledger
