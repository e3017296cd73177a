#pragma once
// The cursor file: what is acknowledged, so that a start knows what is left to deliver without reading the backlog.
// Three slots: two that are synced in turn (a power cut tears at most the one being written), and one that is only
// written, after every turn of a worker, so that kill -9 forgets nothing that was answered. The newest intact slot
// counts. It may lag behind what was delivered; records are then sent again, never lost. The file has its full size
// from the start: a full disk can still be acknowledged away. Not thread-safe; the owner's lock.

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
  // 16,384 open records (delivery's limit) make as many ranges; at 16 bytes each they fit.
  static constexpr std::size_t kSlotSize = 256 * 1024;
  static constexpr std::size_t kSlots = 3;
  static constexpr std::size_t kHeaderSize = 56;

  // What of `acknowledged` a slot has room for: all of it, but for the highest ranges where there are very many.
  [[nodiscard]] static AckedSet as_stored(const AckedSet& acked);

  // Opens or makes the file `path` in `directory` and reads the newest intact slot. state() is then empty where there
  // is none. kUnsupported where a slot is of a newer format version.
  [[nodiscard]] static Result<Cursor> open(fs::FileSystem& fs, const std::string& directory);
  // Reads it without touching it; no state() where there is no file. Only for its state.
  [[nodiscard]] static Result<Cursor> look(fs::FileSystem& fs, const std::string& directory);

  [[nodiscard]] std::optional<CursorState>& state() { return loaded_; }
  // The file was there, but no slot was intact: progress is lost, nothing else.
  [[nodiscard]] bool damaged() const { return !loaded_ && bad_slots_ > 0; }
  // Slots that were written and are not intact; a power cut may leave one.
  [[nodiscard]] std::size_t bad_slots() const { return bad_slots_; }
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

  // Where the file was removed while it was open it is made anew in `directory`, without a state until the next write()
  // and prepare().
  [[nodiscard]] Status renew(const std::string& directory);

  // On return the state survives kill -9, but not a power cut.
  [[nodiscard]] Status write(const CursorState& state);
  // The same into the older of the two slots for sync(), which makes it survive a power cut too. sync() needs no lock:
  // it may run beside write(). Where one of them fails the slot is written anew by the next prepare(), to the file
  // opened anew: a failed fdatasync is not repeated on it, and the newest slot on the disk is left alone.
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
  std::size_t synced_slot_ = 0;  // the one of the two that prepare() is to use; who calls prepare() and sync()
  bool sync_failed_ = false;     // the same thread
};

}  // namespace respand::journal
