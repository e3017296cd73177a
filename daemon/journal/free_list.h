#pragma once
// FreeList: segment files that hold nothing of use any more, and are kept to be written over, which is about twice as
// fast as growing a new file. Journal thread.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "journal/format.h"
#include "respand/base/result.h"
#include "respand/fs/file_system.h"

namespace respand::journal {

// A segment's file and how large it is.
struct SegmentFile {
  SegmentName name;
  std::uint64_t size = 0;
};

class FreeList {
 public:
  // The most files that are kept when the backlog shrinks; more are removed.
  static constexpr std::size_t kMax = 2;

  // `files` as recovery found them, oldest first. `segment_size`: what a segment is to grow to; `max_size`: of all
  // files, live and spare. `fs` is borrowed; `directory` is the journal's.
  FreeList(fs::FileSystem& fs, std::string directory, Bytes segment_size, Bytes max_size,
           std::vector<SegmentFile> files)
      : fs_(fs),
        directory_(std::move(directory)),
        segment_size_(segment_size),
        max_size_(max_size),
        files_(std::move(files)) {}

  [[nodiscard]] bool empty() const { return files_.empty(); }
  // Gives a file of this name to write a segment to: one of the list, renamed, or a new one. `live`: bytes of live
  // segments.
  [[nodiscard]] Result<std::unique_ptr<fs::File>> take(const SegmentName& name, Bytes live);
  // Removes files that leave no room under max_size for another segment beside the live ones.
  void trim(Bytes live);
  // Whether another file of this size may be kept: there are not enough yet, and it is no larger than a segment.
  [[nodiscard]] bool wants(std::uint64_t size) const { return files_.size() < kMax && size <= segment_size_.value; }
  // Takes a file that holds nothing of use any more. It is removed where it is not wanted, or where it must not be
  // written over (`reusable` is false).
  void put(const SegmentFile& file, bool reusable);
  // The same, but the file is kept in any case.
  void keep(const SegmentFile& file) { files_.push_back(file); }
  // Removes a segment's file. `event` is logged where that fails.
  void remove(const SegmentName& name, std::string_view event);

 private:
  [[nodiscard]] std::string path(const SegmentName& name) const { return directory_ + "/" + segment_name(name); }

  fs::FileSystem& fs_;
  const std::string directory_;
  const Bytes segment_size_;
  const Bytes max_size_;
  std::vector<SegmentFile> files_;  // oldest first
};

}  // namespace respand::journal
