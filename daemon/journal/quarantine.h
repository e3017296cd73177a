#pragma once
// Quarantine: a folder in which the journal keeps bytes that it could not make sense of, for people; no program reads
// them back. It is bounded, so that a disk that damages again and again does not fill itself. It never fails its
// caller: what could not be kept is logged. Any thread.

#include <cstdint>
#include <optional>
#include <string>

#include "respand/base/mutex.h"
#include "respand/base/units.h"
#include "respand/fs/file_system.h"

namespace respand::journal {

class Quarantine {
 public:
  // Damage is rare and small, or the disk is dying; then the first pieces tell as much as all of them.
  static constexpr Bytes kMaxBytes = mebibytes(64);
  static constexpr std::size_t kMaxFiles = 1000;

  // `fs` is borrowed; `directory` is the journal's.
  Quarantine(fs::FileSystem& fs, const std::string& directory) : fs_(fs), directory_(directory) {}

  // Copies the bytes [from, end) of a segment's file, as far as the file has them, to "seg-<id>-at-<from>".
  void keep(SegmentId segment, const fs::File& file, std::uint64_t from, std::uint64_t end);
  // Moves a whole file of the journal's folder in; it takes no more room on the disk than before. The move is durable
  // when the journal's folder was synced. False where it failed, which is logged.
  bool take_in(const std::string& name);

 private:
  struct Tally {
    std::uint64_t bytes = 0;
    std::size_t files = 0;
    bool said_full = false;
  };
  [[nodiscard]] std::string folder() const { return directory_ + "/quarantine"; }
  [[nodiscard]] Result<Tally> count() const;
  [[nodiscard]] Status copy(const fs::File& from_file, std::uint64_t from, std::uint64_t end, const std::string& path,
                            std::uint64_t& copied);

  fs::FileSystem& fs_;
  const std::string directory_;
  LockGuarded<std::optional<Tally>> tally_;  // counted at the first use
};

}  // namespace respand::journal
