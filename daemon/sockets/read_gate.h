#pragma once
// ReadGate: whether a connection may read now, and how much at once: within the memory for unfinished records and the
// rate limit of its peer. io thread only.

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "respand/net/loop.h"
#include "sockets/connection_shared.h"

namespace respand::sockets {

class ReadGate {
 public:
  // What it calls when a wait is over.
  struct Calls {
    std::function<void()> memory_free;  // wait_for_memory()
    std::function<void()> ask_again;    // held_back()
  };
  // `shared` is borrowed; so is `user`, who may be null, until close().
  ReadGate(ConnectionShared& shared, PeerQuota* user, Calls calls);

  // Whether its user or address has used up what the rate limit gives; then it is called when there is more. A record
  // that takes shared memory is read to its end first: others may wait for that memory.
  [[nodiscard]] bool held_back();
  // Bytes that it may read now; 0: wait_for_memory(). The last read of all takes no heed of the rate limit.
  [[nodiscard]] std::size_t allowance(bool last = false);
  [[nodiscard]] bool has_memory() { return shared_.pool.allowance(lease_, ConnectionShared::kScratch) > 0; }
  void wait_for_memory() { shared_.pool.wait(lease_); }
  [[nodiscard]] bool waits_for_memory() const { return lease_.waiting; }
  // It is kept waiting by respand itself, for memory or its rate.
  [[nodiscard]] bool waits() const { return lease_.waiting || (hold_ != nullptr && hold_->is_set()); }

  void note_read(std::size_t bytes, MonoTime now);
  // The connection holds so much memory now.
  void set_memory(std::size_t bytes, PartialRecordPool::Holds holds) { shared_.pool.set(lease_, bytes, holds); }
  // Its progress is measured from now on.
  void restart(MonoTime now);
  // Since when it has kept others from memory without getting on; nothing where it does not, or for less than `grace`.
  [[nodiscard]] std::optional<MonoTime> stalled_since(MonoTime now, Duration grace) const;
  // Gives up its memory and its waits.
  void close();

 private:
  ConnectionShared& shared_;
  PeerQuota* user_;
  const std::function<void()> ask_again_;
  PartialRecordPool::BufferLease lease_;
  std::unique_ptr<net::Timer> hold_;  // set while its user has to wait; made the first time
};

}  // namespace respand::sockets
