#pragma once
// The cursor file: what is acknowledged, so that a start knows what is left to deliver without reading the backlog.
// It has three slots. Two are synced in turn, so that a power cut tears at most the one being written. The third is
// only written, after every turn of a worker, so that after a kill -9 nothing is forgotten that was answered. The
// newest intact slot counts. It may lag behind what was delivered; then records are sent again, but none is lost. The
// file has its full size from the start, so that records can be acknowledged on a full disk. Used under the lock of its
// owner.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "journal/acked_set.h"
#include "respand/fs/file_system.h"

namespace respand::journal {

struct CursorState {
  std::uint64_t journal = 0;  // id of the journal it belongs to
  AckedSet acked{Sequence{1}};
  std::uint64_t acked_bytes = 0;  // attributes and payload of all records acknowledged since the journal was made
  Sequence keep_from{~0ULL};      // RetentionPin::keep_from(), for the spool's look back after a crash
};

class Cursor {
 public:
  // The ranges that 16,384 open records (delivery's limit) make fit into a slot, at 16 bytes each.
  static constexpr std::size_t kSlotSize = 256 * 1024;
  static constexpr std::size_t kSlots = 3;
  static constexpr std::size_t kHeaderSize = 56;

  // The part of `acked` that a slot has room for: all of it, but for the highest ranges where there are very many.
  [[nodiscard]] static AckedSet as_stored(const AckedSet& acked);

  // Opens or makes the file `path` in `directory` and reads the newest intact slot. state() is then empty where there
  // is none. kUnsupported where a slot is of a newer format version.
  [[nodiscard]] static Result<Cursor> open(fs::FileSystem& fs, const std::string& directory);
  // Reads the file without changing it; no state() where there is no file. What it returns is not for writing.
  [[nodiscard]] static Result<Cursor> look(fs::FileSystem& fs, const std::string& directory);

  [[nodiscard]] std::optional<CursorState>& state() { return loaded_; }
  // The file was there, but no slot was intact: progress is lost, nothing else.
  [[nodiscard]] bool damaged() const { return !loaded_ && bad_slots_ > 0; }
  // The number of slots that were written and are not intact; a power cut may leave one.
  [[nodiscard]] std::size_t bad_slots() const { return bad_slots_; }
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

  // Makes the file anew in `directory` where it was removed while it was open. It holds no state before the next
  // write() and prepare().
  [[nodiscard]] Status renew(const std::string& directory);

  // Writes the state to the slot that is never synced. On return it survives a kill -9, but not a power cut.
  [[nodiscard]] Status write(const CursorState& state);
  // Writes the state to the older of the two other slots, and sync() makes it survive a power cut too. sync() needs no
  // lock and may run beside write(). Where one of the two fails, the next prepare() opens the file anew and writes the
  // same slot once more: a failed fdatasync must not be repeated on the same open file, and the newest slot on the disk
  // is left alone.
  [[nodiscard]] Status prepare(const CursorState& state);
  [[nodiscard]] Status sync();

 private:
  Cursor(fs::FileSystem& fs, std::string path, std::unique_ptr<fs::File> file)
      : fs_(&fs), path_(std::move(path)), file_(std::move(file)) {}
  [[nodiscard]] Status write_slot(std::size_t slot, const CursorState& state);
  [[nodiscard]] Status read_slots();
  [[nodiscard]] Status fill(const std::string& directory);

  fs::FileSystem* fs_;
  std::string path_;
  std::unique_ptr<fs::File> file_;
  std::optional<CursorState> loaded_;
  std::size_t bad_slots_ = 0;
  std::uint64_t generation_ = 0;
  std::size_t synced_slot_ = 0;  // which of the two prepare() is to use; only for the thread that calls it and sync()
  bool sync_failed_ = false;     // for the same thread
};

}  // namespace respand::journal
