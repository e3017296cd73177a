#include "delivery/payload_pool.h"

#include <utility>

namespace respand::delivery {

std::string PayloadPool::take() {
  if (payloads_.empty()) {
    return {};
  }
  std::string payload = std::move(payloads_.back());
  payloads_.pop_back();
  return payload;
}

void PayloadPool::recycle(std::string payload) {
  if (payload.capacity() <= kMaxKeptCapacity && payloads_.size() < kMaxKeptPayloads) {
    payload.clear();
    payloads_.push_back(std::move(payload));
  }
}

std::string PayloadPool::take_batch_body() {
  std::string body = std::exchange(batch_body_, {});
  body.clear();
  return body;
}

void PayloadPool::recycle_batch_body(std::string body, std::size_t most) {
  if (body.capacity() <= most) {
    batch_body_ = std::move(body);
  }
}

}  // namespace respand::delivery
