#include "cli/origins.h"

#include <algorithm>

namespace respand::cli {

void Origins::add(Place place) {
  ++sent_;
  if (!runs_.empty()) {
    const Run& run = runs_.back();
    if (place == Place{run.place.file, run.place.line + (sent_ - run.first)}) {
      return;
    }
  }
  runs_.push_back({sent_, place});
}

Place Origins::find(std::uint64_t number) const {
  const auto behind = std::upper_bound(runs_.begin(), runs_.end(), number,
                                       [](std::uint64_t wanted, const Run& run) { return wanted < run.first; });
  const Run& run = *(behind - 1);
  return {run.place.file, run.place.line + (number - run.first)};
}

void Origins::resolve(std::uint64_t through) {
  // A run is not needed any more if the next one begins at or before the first line that is still open. The last run is
  // always kept.
  while (runs_.size() > 1 && runs_[1].first <= through + 1) {
    runs_.pop_front();
  }
}

}  // namespace respand::cli
