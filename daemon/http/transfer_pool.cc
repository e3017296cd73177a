#include "http/transfer_pool.h"

#include <cstdlib>
#include <utility>

namespace respand::http {

TransferPool::TransferPool(const Target& target, const Clock& clock)
    : clock_(clock),
      sessions_(::curl_share_init()),
      route_(std::make_shared<const Route>(target)),
      renew_at_(clock.mono() + target.connection_life) {
  if (!sessions_) {
    std::abort();  // Out of memory for a handle of a few KiB: nothing can be sent any more.
  }
  ::curl_share_setopt(sessions_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

void TransferPool::set_target(const Target& target) {
  route_ = std::make_shared<const Route>(target);
  idle_.clear();
}

void TransferPool::renew_connections_if_due() {
  if (clock_.mono() < renew_at_) {
    return;
  }
  generation_ = !generation_;
  route_ = std::make_shared<const Route>(route_->target(), generation_);
  idle_.clear();
  renew_at_ = clock_.mono() + route_->target().connection_life;
}

std::unique_ptr<Transfer> TransferPool::take() {
  if (idle_.empty()) {
    return Transfer::make(route_, clock_, sessions_.get());
  }
  auto transfer = std::move(idle_.back());
  idle_.pop_back();
  return transfer;
}

void TransferPool::give_back(std::unique_ptr<Transfer> transfer) {
  if (is_current(*transfer)) {
    idle_.push_back(std::move(transfer));
  }
}

}  // namespace respand::http
