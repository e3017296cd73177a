#pragma once
// FilePresence: whether the journal's files are where they belong. Somebody may remove them from under a running daemon
// (a clean-up job, rm -rf by mistake). Their descriptors still take writes and syncs, but all of it is gone with the
// process, and the lock on a file without a name keeps no other process out. So nothing is acknowledged while a file
// has no name on the disk. The files are made anew, and what is only held open is copied to them. Journal thread.

#include <memory>
#include <string>

#include "journal/acknowledgements.h"
#include "journal/availability.h"
#include "journal/compaction.h"
#include "journal/durable_end.h"
#include "journal/segment_writer.h"
#include "journal/segments.h"
#include "journal/unsynced_tail.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/fs/file_system.h"

namespace respand::journal {

class FilePresence {
 public:
  // How often the names are looked up, to see whether they still lead to the files. That a file was removed is noticed
  // with each group.
  static constexpr Duration kLookInterval = std::chrono::seconds{1};

  // What it works with, all borrowed.
  struct Parts {
    fs::FileSystem& fs;
    Segments& segments;
    SegmentWriter& writer;
    UnsyncedTail& tail;
    Compaction& compaction;
    Acknowledgements& acknowledgements;
    DurableEnd& end;
    Availability& availability;
    const Clock& clock;
  };
  // `lock`: the journal's, in `directory`.
  FilePresence(const Parts& parts, std::string directory, std::unique_ptr<fs::Lock> lock)
      : parts_(parts), directory_(std::move(directory)), lock_(std::move(lock)) {}

  // Called after a group was synced. An error means that it went to a file that nobody can open any more, so that it
  // must not count as durable.
  [[nodiscard]] Status check();
  // Looks up the names, where it is time, and makes the files anew where they are gone. Returns whether it made them.
  bool look(MonoTime now);
  // Whether the files are gone, and not made anew yet.
  [[nodiscard]] bool removed() const { return removed_; }
  // While the files are gone: when to try again. Otherwise MonoTime::max().
  [[nodiscard]] MonoTime look_at() const { return removed_ ? look_at_ : MonoTime::max(); }
  // Makes the files anew. Where that fails the reason is in Availability. Requires: no open segment.
  [[nodiscard]] bool make_anew();

 private:
  [[nodiscard]] bool have_names() const;
  void note_removed();
  [[nodiscard]] Status make_all();
  [[nodiscard]] Status renew_lock();
  [[nodiscard]] Status rescue_segments();
  [[nodiscard]] Status renew_state();

  const Parts parts_;
  const std::string directory_;
  std::unique_ptr<fs::Lock> lock_;
  bool removed_ = false;
  MonoTime look_at_{};
  log::LogThrottle removals_;
};

}  // namespace respand::journal
