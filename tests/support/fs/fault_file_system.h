#pragma once
// FaultFileSystem: an in-memory FileSystem and Directories for tests of what must survive. It keeps apart what reads
// see and what the disk holds, can cut the power in every way a kernel may answer for, fails any call on demand, and
// lets a test damage bytes. Deterministic for a given seed and order of calls. Any thread (one mutex); Files and Locks
// may outlive it.
//
//   FaultFileSystem fs;                            // holds the folder "/" and nothing else
//   run(fs); const auto calls = fs.operations();   // how many calls an undisturbed run makes
//   for (n = 1 … calls + 1) { FaultFileSystem again; again.power_off_at(n); run(again); again.crash(random);
//   check(again); }
//
// The model. sync_data() makes a file's content and size durable, not its name. sync_directory() makes the names of its
// folder durable; a rename between two folders needs both. After crash(), of what was not synced:
//  - each 512-byte sector of a file is as it was last synced or as it was after any later write to it: a write may be
//    missing, there, or torn, and a later one may be there without an earlier one (but not in the same sector);
//  - the size is any that the file had since the last sync; parts that it gained and that were not written read as
//  zeros,
//    as random bytes, or as sectors of another file (old blocks);
//  - any of the creations, renames and removals may be missing, but of those that share a name none without the earlier
//  ones.
//    A name may be there before its file's content is.
// make_directories() is durable when it returns; a folder made in a Directory, and all that is in it, may be missing
// until that one is synced. Folders can be neither renamed nor removed; there are no links and no "..".

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "respand/base/random.h"
#include "respand/fs/directory.h"
#include "respand/fs/file_system.h"
#include "tests/support/fs/fault_kinds.h"

namespace respand::fs {

class Choices;
struct Disk;
struct GuardedMachine;

class FaultFileSystem final : public FileSystem, public Directories {
 public:
  // All that a power cut would find or lose, without open files, locks and faults. Cheap to copy.
  class Snapshot {
    friend class FaultFileSystem;
    std::shared_ptr<const Disk> disk_;
  };

  explicit FaultFileSystem(std::uint64_t seed = 1);
  explicit FaultFileSystem(const Snapshot& from, std::uint64_t seed = 1);
  ~FaultFileSystem() override;

  [[nodiscard]] Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  [[nodiscard]] Status rename(const std::string& from, const std::string& to) override;
  [[nodiscard]] Status remove(const std::string& path) override;
  [[nodiscard]] Status sync_directory(const std::string& path) override;
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& path) override;
  [[nodiscard]] Status make_directories(const std::string& path) override;
  [[nodiscard]] Result<std::unique_ptr<Lock>> lock(const std::string& path) override;
  [[nodiscard]] Result<Bytes> free_space(const std::string& path) override;
  [[nodiscard]] Result<std::unique_ptr<Directory>> open_directory(const std::string& path) override;
  [[nodiscard]] Result<FileInfo> look(const std::string& path, Links links) override;

  // Power cut and restart: see the model above. All Files are dead (kIo), all Locks void, all faults cleared.
  void crash(Random& random);
  // The same, to any state that the choices lead to; EveryChoice visits them all. Bounded where a file has more than
  // kFreeSectors unsynced sectors (fault_disk.h), and in what a file reads where it gained size without data:
  // zeros, ones or another file's bytes at the same place, the same for all such sectors of a file.
  void crash(Choices& choices);
  // Death of the process only (kill -9): what was written can be read, what was not synced can still be lost by a
  // crash(). Files, Locks and faults as for crash().
  void crash_keeping_all();

  // The nth call from now (1: the next) of the fault's kinds fails. Several may be set; the one set first decides.
  void fail_at(std::uint64_t nth, const Fault& fault = {});
  // From the nth call from now on, nothing takes effect and everything fails (kIo), until crash() or restore().
  void power_off_at(std::uint64_t nth);
  // From now on, until the faults are cleared, reads of any of these bytes fail with EIO: a place of the disk is bad.
  // Requires: the file is there.
  void make_unreadable(const std::string& path, std::uint64_t offset, std::uint64_t length);
  void clear_faults();
  // Calls that failed because of fail_at() or power_off_at(), since the beginning.
  [[nodiscard]] std::uint64_t faults_hit() const;
  // Calls made since the beginning, failed ones included.
  [[nodiscard]] std::uint64_t operations(Calls kinds = calls::kAll) const;

  // Files whose sync_data() was called although it had failed in the same run before, under whatever handle: what it
  // then says is worth something only for bytes that were all written anew.
  [[nodiscard]] std::set<std::string> synced_after_failure() const;

  // The sum of all files' sizes that may not be exceeded; a write that would is cut at the limit and fails with ENOSPC.
  // No limit at first. Removed files count while they are open.
  void set_capacity(Bytes capacity);
  [[nodiscard]] Bytes used() const;

  [[nodiscard]] Snapshot snapshot() const;
  // Back to that state; Files, Locks and faults as for crash(). Counters, capacity and the random sequence go on.
  void restore(const Snapshot& snapshot);

  // The bytes behind the calls' back: not counted, never fail, on the disk and in what reads see. Unknown paths assert,
  // but set_content() makes the file and its folders where they do not exist (then syncing the folder). For files at
  // rest: unsynced writes still land on top in a crash.
  [[nodiscard]] std::vector<std::string> files() const;  // absolute paths of all files, sorted
  [[nodiscard]] bool exists(const std::string& path) const;
  [[nodiscard]] std::string content(const std::string& path) const;  // as reads see it
  void set_content(const std::string& path, std::string_view content);
  [[nodiscard]] std::uint64_t fingerprint() const;  // of names and contents, as reads see them
  void flip(const std::string& path, std::uint64_t offset, std::uint8_t bits = 1);  // Requires: offset < size
  void zero(const std::string& path, std::uint64_t offset, std::uint64_t length);  // Requires: the range is in the file
  void cut(const std::string& path, std::uint64_t size);                           // Requires: size <= its size

 private:
  class HeldLock;
  const std::shared_ptr<GuardedMachine> guarded_;  // shared with Files, Directories and Locks
};

}  // namespace respand::fs
