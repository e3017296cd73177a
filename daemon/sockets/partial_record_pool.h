#pragma once
// The memory for records that are not complete yet, shared by all connections (promise 6). A little is free to
// everybody, so that ordinary records never wait; more is taken from a pool; where the pool is used up, one connection
// at a time is favoured and may go on up to the record limit from a reserve of its own, so that there is always one
// that gets to its end. The favour is for one record: with that it goes to who has waited longest. It counts; the
// connections read no more than it allows. io thread only.

#include <cstddef>
#include <deque>
#include <functional>

#include "respand/base/units.h"

namespace respand::sockets {

class PartialRecordPool {
 public:
  // Free to every connection. Most records are smaller.
  static constexpr std::size_t kFree = 16 * 1024;
  // A grant below this is not worth a system call: the connection waits for more.
  static constexpr std::size_t kLeastGrant = 4 * 1024;
  // What the favoured ones have read behind their records may take beyond the pool; where it is more, a favoured one
  // reads no more than kFree at once, and so leaves nothing that counts.
  static constexpr std::size_t kOverdraft = 1024 * 1024;
  // A connection that holds memory above kFree and keeps others waiting must read this much in every period of grace.
  static constexpr std::size_t kProgress = 16 * 1024;

  // One connection's share. Lives as long as the connection; give_up() before it ends.
  struct BufferLease {
    std::function<void()> wake;  // called when it may read again, after wait()
    std::size_t bytes = 0;       // memory it was last known to hold
    std::size_t charged = 0;     // of it, taken from the pool
    std::size_t read = 0;        // since `since`
    MonoTime since{};            // last time that it had made enough progress, or began to wait for its writer
    bool waiting = false;
    bool next = false;  // its wait is over: it may take from the pool although others wait
  };

  explicit PartialRecordPool(std::size_t pool) : pool_(pool) {}

  // Bytes that the connection may read now; 0: wait(). `most` is what it could use.
  [[nodiscard]] std::size_t allowance(BufferLease& account, std::size_t most);
  // What a connection holds is of the record that it held before, or of another one: that one was handed over.
  enum class Holds : bool { kTheSame, kAnother };
  // Notes what the connection holds after it has read and worked.
  void set(BufferLease& account, std::size_t bytes, Holds holds = Holds::kTheSame);
  // wake() is called, from resume(), once the connection may read; in the order of asking.
  void wait(BufferLease& account);
  void give_up(BufferLease& account);

  // Whether resume() has somebody to wake. It wakes all who wait: who then finds nothing left waits again, behind the
  // others.
  [[nodiscard]] bool can_resume() const;
  void resume();
  [[nodiscard]] bool somebody_waits() const { return !waiting_.empty(); }

  // Progress: bytes read at `now`.
  static void note_read(BufferLease& account, std::size_t bytes, MonoTime now);
  // Whether the account holds shared memory and has not made progress for `grace`.
  [[nodiscard]] bool stalled(const BufferLease& account, MonoTime now, Duration grace) const;
  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  [[nodiscard]] bool first(const BufferLease& account) const { return waiting_.empty() || account.next; }
  [[nodiscard]] std::size_t left() const { return pool_ - (used_ < pool_ ? used_ : pool_); }

  const std::size_t pool_;
  std::size_t used_ = 0;
  BufferLease* favoured_ = nullptr;
  std::deque<BufferLease*> waiting_;
};

}  // namespace respand::sockets
