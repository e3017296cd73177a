#pragma once
// PartialRecordPool: limits the memory for records that are not complete yet, for all connections together. Each
// connection has a little of its own, so that ordinary records never wait; more comes from a pool. Where the pool is
// used up, one connection at a time is favoured: it may go on up to the record limit, from a reserve, so that there is
// always one record that gets complete. The favour ends with that record, and goes to the connection that has waited
// longest. The pool only counts; connections read no more than it allows. io thread only.

#include <cstddef>
#include <deque>
#include <functional>

#include "respand/base/units.h"

namespace respand::sockets {

class PartialRecordPool {
 public:
  // Free for every connection. Most records are smaller.
  static constexpr std::size_t kFree = 16 * 1024;
  // A smaller grant is not worth a system call: the connection waits for more.
  static constexpr std::size_t kLeastGrant = 4 * 1024;
  // A favoured connection reads whatever follows its record with the same read, and that is charged to the pool even if
  // the pool is used up. If the pool is exceeded by more than this, a favoured connection reads at most kFree at once,
  // of which nothing is charged.
  static constexpr std::size_t kOverdraft = 1024 * 1024;
  // A connection that holds memory above kFree while others wait must read this much within every stall_grace.
  static constexpr std::size_t kProgress = 16 * 1024;

  // One connection's share. Lives as long as the connection; give_up() is called before it ends.
  struct BufferLease {
    std::function<void()> wake;  // called after wait(), when the connection may read again
    std::size_t bytes = 0;       // memory that it held when set() was called last
    std::size_t charged = 0;     // the part of it that is taken from the pool
    std::size_t read = 0;        // bytes read since `since`
    MonoTime since{};            // when it last had made enough progress, or began to wait for its writer
    bool waiting = false;
    bool next = false;  // its wait is over: it may take from the pool although others wait
  };

  explicit PartialRecordPool(std::size_t pool) : pool_(pool) {}

  // How many bytes the connection may read now, at most `most`; 0: it must wait().
  [[nodiscard]] std::size_t allowance(BufferLease& account, std::size_t most);
  // Whether the memory of a connection still belongs to the record that it held at the last set(), or to a later one.
  enum class Holds : bool { kTheSame, kAnother };
  // Notes how much memory the connection holds after it has read and worked.
  void set(BufferLease& account, std::size_t bytes, Holds holds = Holds::kTheSame);
  // Waits: resume() calls wake() once the connection may read, in the order of asking.
  void wait(BufferLease& account);
  // Gives back all memory and ends a wait.
  void give_up(BufferLease& account);

  // Whether resume() has a connection to wake.
  [[nodiscard]] bool can_resume() const;
  // Wakes those that wait, in order, while there is memory. One that then finds nothing left waits again, behind the
  // others.
  void resume();
  [[nodiscard]] bool somebody_waits() const { return !waiting_.empty(); }

  // Counts bytes read at `now` as progress.
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
