#pragma once
// Spool: takes the files of the spool directory into the journal, each exactly once, and removes them. App makes one
// and starts it; it runs on its own thread, `spool`, because it reads whole files, unpacks and syncs a directory. That
// thread waits only in poll(), for the directory, for committed batches, for stop().
//
// Exactly once: every record carries its file's identity and its number in the file (origin.h). A file is removed
// when all its records are durable and what was refused is kept; the journal keeps the evidence (Batches::raise_floor)
// until the removal is synced. A start reads the evidence back and takes only what is missing. A writer that only
// appends loses nothing and nothing is taken twice: a file that changed while it was read stays, what was taken of it
// is remembered by number, and it is read on when it is ready again. One that was rewritten in place is noticed
// (SpoolTaken::sum) and taken anew.
//
// Finished: a file that somebody has open for writing is not finished, however long the writer pauses. The kernel tells
// where it can (fs::DirectoryFile::writers()); else the notices tell, for files that were made since the watch began.
// Of all others it is only known whether they have lain untouched for the quiet period. The spool asks before it reads
// a file and again before it removes it.

#include <atomic>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "respand/base/mutex.h"
#include "spool/batches.h"
#include "spool/finisher.h"
#include "spool/ingester.h"
#include "spool/line_encoder.h"
#include "spool/scanner.h"
#include "spool/shared.h"

namespace respand::spool {

class Spool {
 public:
  using Settings = spool::Settings;
  using State = Report::State;

  // All but `settings` is borrowed and must outlive the Spool.
  Spool(Settings settings, fs::Directories& directories, journal::JournalWriter& intake,
        journal::RetentionPin& evidence, const journal::AttributeScan& history, metrics::Registry& registry,
        const Clock& clock);
  // Stops. Requires: every batch is committed, or the journal will commit none any more.
  ~Spool();

  // Opens the directory: a clear error where it is missing, not writable or in use. The thread does it too, again and
  // again until it succeeds.
  [[nodiscard]] Status open();
  // Starts the thread. An error where the system gives no descriptor for it.
  [[nodiscard]] Status start();
  // From the next turn on records are changed by these. Any thread.
  void reconfigure(std::shared_ptr<const record::Rules> rules, std::string key);
  // What it could not do for want of the disk, a little while ago. Any thread.
  [[nodiscard]] SpoolIssue current_issue() const { return shared_.report.current_issue(); }
  // What is wrong with the directory, and which files wait in it. Any thread.
  [[nodiscard]] State state() const { return shared_.report.state(); }
  // Ends the thread, soon even amid a huge file: what was not taken yet is taken after the next start. Idempotent.
  void stop();

  // One turn of the thread's loop; returns when it wants to run again if nothing wakes it. Tests call it instead of
  // start().
  [[nodiscard]] MonoTime step();

 private:
  void run(const std::stop_token& stop);
  void wait(MonoTime until);
  [[nodiscard]] MonoTime next_wake() const;
  [[nodiscard]] bool open_again(MonoTime now);

  metrics::Registry& registry_;

  // Their own synchronisation.
  LockGuarded<std::optional<encode::RulesInForce>> new_rules_;  // reconfigure() puts in, the spool's thread takes out
  std::atomic<bool> stopping_ = false;                          // stop() sets, the spool's thread reads; guards no data

  // Spool thread only, but for what says otherwise.
  Shared shared_;
  Batches batches_;
  LineEncoder encoder_;
  Scanner scanner_;
  Ingester ingester_;
  Finisher finisher_;
  MonoTime open_at_{};
  MonoTime give_up_at_ = MonoTime::max();

  std::jthread thread_;
};

}  // namespace respand::spool
