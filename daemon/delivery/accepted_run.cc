#include "delivery/accepted_run.h"

#include <algorithm>

namespace respand::delivery {

void AcceptedRun::restart(MonoTime now) {
  begin_ = now;
  width_ = std::chrono::milliseconds{10};
  counts_.fill(0);
  total_ = 0;
}

void AcceptedRun::add(MonoTime at) {
  if (at < begin_) {
    return;
  }
  // The run has outgrown its counts: neighbours are added up, and each count covers twice the time.
  while ((at - begin_) / width_ >= static_cast<long>(counts_.size())) {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      counts_[i] = 2 * i + 1 < counts_.size() ? counts_[2 * i] + counts_[2 * i + 1] : 0;
    }
    width_ *= 2;
  }
  counts_[static_cast<std::size_t>((at - begin_) / width_)] += 1;
  total_ += 1;
}

double AcceptedRun::most_beyond(double burst, MonoTime now) const {
  double sum = 0;
  double most = 0;
  const auto last =
      static_cast<std::size_t>(std::clamp<long>((now - begin_) / width_, 0, static_cast<long>(counts_.size()) - 1));
  // Every stretch that ends now, the shortest first: the sum grows backwards from the last count.
  for (std::size_t i = last + 1; i-- > 0;) {
    sum += counts_[i];
    const double span = std::chrono::duration<double>(now - (begin_ + width_ * static_cast<long>(i))).count();
    most = span > 0 ? std::max(most, (sum - burst) / span) : most;
  }
  return most;
}

}  // namespace respand::delivery
