#include "delivery/target_inbox.h"

#include <utility>

namespace respand::delivery {

TargetInbox::TargetInbox(http::Client& client, const Batching* batching, RouteLanes& lanes, InFlightTable& in_flight,
                         RecordOutcomes& outcomes)
    : client_(client), batching_(batching), lanes_(lanes), in_flight_(in_flight), outcomes_(outcomes) {
  if (batching_ != nullptr) {
    in_flight_.reserve_batches(batching_->configured_bytes());
  }
}

void TargetInbox::put(const http::Target& target, const Retry& retry) {
  {
    const MutexLock lock(mutex_);
    update_ = {target, retry};
  }
  client_.wake();
}

void TargetInbox::apply(MonoTime now) {
  std::optional<Update> update;
  {
    const MutexLock lock(mutex_);
    update = std::exchange(update_, std::nullopt);
  }
  if (!update) {
    return;
  }
  renewed_ = true;
  client_.set_target(update->target);
  outcomes_.reconfigure(update->retry);
  lanes_.set_batch_path(!update->target.batch_url.empty());
  lanes_.all_due(now);
  if (batching_ != nullptr) {
    in_flight_.reserve_batches(batching_->configured_bytes());
  }
}

}  // namespace respand::delivery
