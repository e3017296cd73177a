#include "journal/durable_end.h"

#include <utility>

namespace respand::journal {

DurableEnd::DurableEnd(std::uint64_t journal, Sequence next, std::uint64_t appended, EndMarkFile file,
                       const Clock& clock)
    : journal_(journal), clock_(clock), next_(next.value), appended_(appended), file_(std::move(file)) {}

void DurableEnd::advance(Sequence next, std::uint64_t bytes, SegmentId segment, std::uint64_t offset) {
  next_ = next.value;
  appended_ += bytes;
  move(segment, offset);
}

void DurableEnd::move(SegmentId segment, std::uint64_t offset) {
  mark_ = EndMark{.journal = journal_,
                  .segment = segment,
                  .offset = offset,
                  .sequence = Sequence{next().value - 1},
                  .appended = appended()};
  note();
}

void DurableEnd::note() {
  if (auto noted = file_.write(*mark_); !noted && failures_.open(clock_.mono())) {
    log::warning("the journal's end can't be noted: its next start takes longer", {{"error", noted.error().message}});
  }
}

void DurableEnd::close() {
  if (mark_) {
    mark_->clean = true;
    note();
    static_cast<void>(file_.sync());  // where this fails the next start reads more
  }
}

Status DurableEnd::renew(fs::FileSystem& fs, const std::string& directory) {
  auto file = EndMarkFile::open(fs, directory);
  if (!file) {
    return std::move(file).error();
  }
  file_ = std::move(*file);
  if (mark_) {
    note();
  }
  return {};
}

}  // namespace respand::journal
