#include "journal/free_list.h"

#include <utility>

#include "respand/base/log.h"

namespace respand::journal {
namespace {

constexpr std::string_view kAcked = "an acknowledged segment could not be removed";

}  // namespace

// A spare file that can't be renamed is removed and the next one tried: a new file can always be made instead.
Result<std::unique_ptr<fs::File>> FreeList::take(const SegmentName& name, Bytes live) {
  // The oldest file is taken first, so that the ids of the files that a power cut leaves in the folder have no gaps.
  std::unique_ptr<fs::File> file;
  while (!files_.empty() && !file) {
    const SegmentFile spare = files_.front();
    files_.erase(files_.begin());
    // A larger file was made under another journal.segment_size.
    if (spare.size <= segment_size_.value && fs_.rename(path(spare.name), path(name))) {
      auto opened = fs_.open(path(name), fs::OpenMode::kReadWrite);
      if (!opened) {
        return opened;
      }
      file = std::move(*opened);
    } else {
      remove(spare.name, kAcked);
    }
  }
  trim(live);
  if (file) {
    return file;
  }
  return fs_.open(path(name), fs::OpenMode::kCreate);
}

void FreeList::trim(Bytes live) {
  Bytes used = live + segment_size_;  // with the segment that is to be made next
  std::erase_if(files_, [&](const SegmentFile& spare) {
    used = used + Bytes{spare.size};
    if (used <= max_size_) {
      return false;
    }
    remove(spare.name, kAcked);
    return true;
  });
}

void FreeList::put(const SegmentFile& file, bool reusable) {
  if (reusable && wants(file.size)) {
    files_.push_back(file);
  } else {
    remove(file.name, kAcked);
  }
}

void FreeList::remove(const SegmentName& name, std::string_view event) {
  if (auto removed = fs_.remove(path(name)); !removed && removed.error().code != ErrorCode::kNotFound) {
    log::warning(event, {{"segment", name.id.value}, {"error", removed.error().message}});
  }
}

}  // namespace respand::journal
