#pragma once
// Journal: makes records durable and remembers which need no further work. It is the buffer between writers and the
// API: producers hand batches to writer(), and workers take references from reader(). It is a facade: the work is done
// by its parts (journal_parts.h), and others use it through the interfaces under include/respand/journal. One thread,
// `journal`, takes all batches that wait as one group, writes it, syncs it once, publishes its records and hands the
// batches back. Tests call step() instead.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "journal/acked_set.h"
#include "journal/settings.h"
#include "respand/base/clock.h"
#include "respand/base/random.h"
#include "respand/base/result.h"
#include "respand/fs/file_system.h"
#include "respand/journal/reader.h"
#include "respand/journal/retention_pin.h"
#include "respand/journal/settlement.h"
#include "respand/journal/snapshot.h"
#include "respand/journal/tailer.h"
#include "respand/journal/writer.h"
#include "respand/metrics/metrics.h"

namespace respand::journal {

struct JournalParts;

class Journal {
 public:
  // Recovers the journal in the folder (made where missing). kExists: another process uses it; kUnsupported: a newer
  // format; anything else: the disk. `fs`, `registry`, `clock` are borrowed and must outlive the journal.
  [[nodiscard]] static Result<std::unique_ptr<Journal>> open(const Settings& settings, fs::FileSystem& fs,
                                                             metrics::Registry& registry, const Clock& clock,
                                                             Random& random);
  ~Journal();

  // Starts the journal's thread.
  void start();
  // Writes what producers have handed over, saves the cursor and ends the thread. Batches that can't be written any
  // more are handed back as kStopped. Requires: producers and workers have stopped. A second call does nothing.
  void stop();

  // One turn of the thread's loop; returns when it wants to run again if nothing wakes it.
  [[nodiscard]] MonoTime step();
  // For a watchdog: the number of turns that the thread has begun, and a call that makes it begin another one soon. Any
  // thread.
  [[nodiscard]] std::uint64_t turns() const { return turns_.load(std::memory_order_relaxed); }
  void nudge();

  // The journal's interfaces, each for the users that its header names. They live as long as the journal.
  [[nodiscard]] JournalWriter& writer();
  [[nodiscard]] RetentionPin& retention();
  [[nodiscard]] JournalReader& reader();
  [[nodiscard]] const AttributeScan& history() const;
  [[nodiscard]] JournalTailer& tailer();
  [[nodiscard]] Settlement& settlement();

  // Any thread.
  [[nodiscard]] Snapshot snapshot() const;
  // The first `most` ranges of [first, end) that are not acknowledged.
  [[nodiscard]] std::vector<SequenceRange> open_among(Sequence first, Sequence end, std::size_t most) const;
  // One past the last durable record.
  [[nodiscard]] Sequence durable_end() const;
  // When the oldest record that is not acknowledged came in; nothing where there is none. It may read all headers of a
  // segment.
  [[nodiscard]] std::optional<WallTime> oldest() const;

 private:
  explicit Journal(std::unique_ptr<JournalParts> parts);
  void run(const std::stop_token& stop);
  [[nodiscard]] MonoTime turn();
  [[nodiscard]] bool may_wait();
  [[nodiscard]] bool write_ahead();
  [[nodiscard]] MonoTime next_turn(MonoTime now) const;
  void clear_issue_if_idle();

  const std::unique_ptr<JournalParts> parts_;
  std::atomic<std::uint64_t> turns_ = 0;  // journal writes; a sign of life and no more, hence relaxed
  std::atomic<bool> gathers_ = false;     // a group waits for more; written in a turn, read by producers as a hint
  bool stopped_ = false;                  // main thread
  std::jthread thread_;
};

}  // namespace respand::journal
