#include "sockets/gathered_reads.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "sockets/connection.h"

namespace respand::sockets {

GatheredReads::GatheredReads(net::Loop& loop, Duration interval)
    : interval_(std::max<Duration>(interval, std::chrono::milliseconds{1})), alarm_(loop, [this] { read_all(); }) {}

void GatheredReads::add(std::shared_ptr<Connection> connection) {
  later_.push_back(std::move(connection));
  if (!alarm_.is_set()) {
    alarm_.set(interval_);
  }
}

// Those that read on are added again meanwhile.
void GatheredReads::read_all() {
  std::swap(now_, later_);
  for (const auto& connection : now_) {
    connection->read_gathered();
  }
  now_.clear();
}

}  // namespace respand::sockets
