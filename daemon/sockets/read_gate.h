#pragma once
// ReadGate: whether a connection may read now, and how much at once. It keeps to the memory for unfinished records and
// to the rate limit of the peer, and knows whether input may gather. io thread only.

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "respand/net/loop.h"
#include "sockets/connection_shared.h"
#include "sockets/read_cadence.h"

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

  // Whether the peer has used up its rate limit; if so, ask_again is called when there is more. A connection with a
  // record in shared memory is not held back: others may wait for that memory.
  [[nodiscard]] bool held_back();
  // How many bytes may be read now; 0: wait_for_memory(). `last`, the last read at a stop, ignores the rate limit.
  [[nodiscard]] std::size_t allowance(bool last = false);
  [[nodiscard]] bool has_memory() { return shared_.pool.allowance(lease_, ConnectionShared::kScratch) > 0; }
  void wait_for_memory() { shared_.pool.wait(lease_); }
  [[nodiscard]] bool waits_for_memory() const { return lease_.waiting; }
  // Whether respand itself keeps the peer waiting, for memory or because of its rate limit.
  [[nodiscard]] bool waits() const { return lease_.waiting || (hold_ != nullptr && hold_->is_set()); }

  // `awaited`: the writer waits for an answer, now or later.
  void note_read(std::size_t bytes, bool awaited, MonoTime now);
  // It was looked at what had gathered, and there was nothing.
  void note_nothing() { cadence_.note_nothing(); }
  // Whether input may gather (ReadCadence).
  [[nodiscard]] bool gathers() const { return cadence_.gathers(); }
  // The connection holds so much memory now.
  void set_memory(std::size_t bytes, PartialRecordPool::Holds holds) { shared_.pool.set(lease_, bytes, holds); }
  // Progress is measured anew from now on.
  void restart(MonoTime now);
  // Since when it has held memory that others wait for without making progress; none where it has not, or for less than
  // `grace`.
  [[nodiscard]] std::optional<MonoTime> stalled_since(MonoTime now, Duration grace) const;
  // Gives up its memory and its waits.
  void close();

 private:
  ConnectionShared& shared_;
  PeerQuota* user_;
  const std::function<void()> ask_again_;
  ReadCadence cadence_;
  PartialRecordPool::BufferLease lease_;
  std::unique_ptr<net::Timer> hold_;  // set while the rate limit holds the peer back; made when first needed
};

}  // namespace respand::sockets
