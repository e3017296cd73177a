#include "journal/recovery.h"

#include <algorithm>
#include <optional>

#include "journal/inventory.h"
#include "journal/scanner.h"
#include "journal/segment_walk.h"
#include "journal/survey.h"
#include "respand/base/log.h"
#include "respand/base/text.h"

namespace respand::journal {
namespace {

constexpr std::size_t kChunk = 1 << 20;

struct Gap {
  Sequence first;
  Sequence end;
  std::uint64_t offset = 0;
};

struct Tail {
  bool any = false;         // whether it holds a sound record
  Sequence next;            // one past the last sound record
  std::uint64_t bytes = 0;  // of the records behind the mark, or of all where the mark is not of this segment
  bool marked = false;      // whether the record that the mark names was seen
  std::vector<Gap> gaps{};  // sequences that are missing
  std::vector<SequenceRange> acked{};  // records that the segment, which was compacted, says were acknowledged
  std::uint64_t end = 0;               // where the last sound record ends
  std::uint64_t kept_aside = 0;
};

// Reads the newest segment. Bytes between sound records belong to records that were being written, or to damaged ones;
// both are skipped, and the bytes kept aside.
class TailReader {
 public:
  TailReader(const Segment& segment, const std::optional<EndMark>& mark, Quarantine& quarantine)
      : segment_(segment), mark_(mark), quarantine_(quarantine) {}

  Result<Tail> read();

 private:
  [[nodiscard]] bool begin_at_mark();
  [[nodiscard]] Status take(const RecordHeader& header);

  const Segment& segment_;
  const std::optional<EndMark>& mark_;  // nothing where it is of another segment
  Quarantine& quarantine_;
  std::optional<Scanner> scanner_;
  Tail tail_;
};

// Goes to the mark. False where the segment is small, or there is no mark, or the record that it names is not sound:
// the whole segment is read then.
bool TailReader::begin_at_mark() {
  if (!mark_ || mark_->offset <= kReadWhole) {
    return false;
  }
  scanner_.emplace(segment_, mark_->offset, mark_->sequence, Sequence{~0ULL}, kChunk);
  const auto step = scanner_->next(Scanner::Check::kWhole);
  if (!step || *step != Scanner::Step::kRecord) {
    return false;
  }
  tail_.any = true;
  tail_.marked = true;
  tail_.next = scanner_->expected();
  tail_.end = scanner_->place();
  return true;
}

// A record of an unknown kind at the end of the journal was written by a newer version, which must be used again: this
// version would write behind it and could neither deliver nor acknowledge it.
Status TailReader::take(const RecordHeader& header) {
  if (!known(header)) {
    return error(ErrorCode::kUnsupported, cat("segment ", segment_.id().value, " holds a record of kind ", header.kind,
                                              ", which this respand does not know: use the version that wrote it"));
  }
  if (header.sequence != tail_.next && (header.flags & kGapAcked) != 0) {
    tail_.acked.push_back({tail_.next, header.sequence});
  } else if (header.sequence != tail_.next) {
    tail_.gaps.push_back({tail_.next, header.sequence, tail_.end});
  }
  if ((header.flags & kPayloadGone) != 0) {
    tail_.acked.push_back({header.sequence, header.sequence.next()});
  }
  const bool before_mark = mark_ && header.sequence <= mark_->sequence;
  tail_.any = true;
  tail_.marked = tail_.marked || (mark_ && header.sequence == mark_->sequence);
  tail_.next = header.sequence.next();
  tail_.bytes += before_mark ? 0 : header.length;
  tail_.end = scanner_->place();
  return {};
}

Result<Tail> TailReader::read() {
  tail_ = Tail{.next = segment_.first(), .end = SegmentHeader::kSize};
  if (!begin_at_mark()) {
    scanner_.emplace(segment_, SegmentHeader::kSize, segment_.first(), Sequence{~0ULL}, kChunk);
  }
  for (;;) {
    if (tail_.marked && mark_->clean && tail_.next > mark_->sequence) {
      return tail_;  // the journal was stopped in order, and nothing was written behind the mark
    }
    auto step = scanner_->next(Scanner::Check::kWhole);
    if (!step) {
      return std::move(step).error();
    }
    if (*step == Scanner::Step::kRecord) {
      if (auto taken = take(scanner_->header()); !taken) {
        return std::move(taken).error();
      }
      continue;
    }
    const std::uint64_t from = scanner_->place();
    auto more = scanner_->resync();
    if (!more) {
      return std::move(more).error();
    }
    const std::uint64_t to = *more ? scanner_->place() : std::max(from, scanner_->trace_end());
    quarantine_.keep(segment_.id(), *segment_.file(), from, to);
    tail_.kept_aside += to - from;
    if (!*more) {
      return tail_;
    }
  }
}

Result<Tail> read_tail(fs::FileSystem& fs, const std::string& directory, std::uint64_t journal, const SegmentName& name,
                       const std::optional<EndMark>& mark, Quarantine& quarantine) {
  auto file = fs.open(directory + "/" + segment_name(name), fs::OpenMode::kRead);
  if (!file) {
    return std::move(file).error();
  }
  const Segment segment(name, stamp_of(journal, name.id), std::move(*file));
  const std::optional<EndMark> own = mark && mark->segment == name.id ? mark : std::nullopt;
  return TailReader(segment, own, quarantine).read();
}

bool own_header(const Found& segment) {
  return segment.state == HeaderState::kGood && segment.header.id == segment.name.id;
}

// The bytes of a segment's records according to their headers, up to where the next segment begins.
std::uint64_t bytes_in(fs::FileSystem& fs, const std::string& directory, std::uint64_t journal, const SegmentName& name,
                       Sequence limit) {
  std::uint64_t sum = 0;
  if (auto file = fs.open(directory + "/" + segment_name(name), fs::OpenMode::kRead)) {
    const Segment segment(name, stamp_of(journal, name.id), std::move(*file));
    Scanner scanner(segment, SegmentHeader::kSize, name.first, limit, kChunk);
    for (auto step = scanner.next(Scanner::Check::kHeader); step && *step == Scanner::Step::kRecord;
         step = scanner.next(Scanner::Check::kHeader)) {
      sum += scanner.header().length;
    }
  }
  return sum;
}

// The bytes of all records before the newest segment. The segment's header says it. Where the header did not reach the
// disk although records did, the last segment before it with a sound header says it for the records before itself, and
// the bytes of the segments from there on are added up.
std::uint64_t appended_before_newest(fs::FileSystem& fs, const std::string& directory, std::uint64_t journal,
                                     const std::vector<Found>& found, std::uint64_t acked) {
  std::uint64_t behind = 0;
  for (std::size_t i = found.size(); i-- > 0;) {
    if (own_header(found[i])) {
      return found[i].header.appended + behind;
    }
    behind += i > 0 ? bytes_in(fs, directory, journal, found[i - 1].name, found[i].name.first) : 0;
  }
  return acked;
}

// The bytes of all records up to the last one of the newest segment. The mark says it, unless the segment was compacted
// after the mark was written: records that were left out still count, and the header of the copy was written so that it
// includes them.
std::uint64_t appended_in_all(fs::FileSystem& fs, const std::string& directory, std::uint64_t journal,
                              const std::vector<Found>& found, const Tail& tail, const std::optional<EndMark>& mark,
                              std::uint64_t acked) {
  const SegmentName& newest = found.back().name;
  const bool of_newest = mark && mark->segment == newest.id;
  if (of_newest && tail.acked.empty()) {
    return mark->appended + tail.bytes;
  }
  return appended_before_newest(fs, directory, journal, found, acked) +
         (of_newest ? bytes_in(fs, directory, journal, newest, Sequence{~0ULL}) : tail.bytes);
}

// Acknowledges records that are missing, so that nobody waits for them, and lists those that nothing says were
// acknowledged before.
void miss(AckedSet& acked, std::vector<Missing>& list, Missing what) {
  what.records = acked.add_range(what.first, what.end);
  if (what.records > 0) {
    list.push_back(what);
  }
}

// Where there is no cursor, takes over what compacted segments say was acknowledged. It reads the headers of all
// records, which a start with a cursor does not.
void acknowledge_compacted(fs::FileSystem& fs, const std::string& directory, Recovered& out) {
  for (std::size_t i = 0; i + 1 < out.live.size(); ++i) {
    const SegmentName& name = out.live[i].name;
    auto file = fs.open(directory + "/" + segment_name(name), fs::OpenMode::kRead);
    if (!file) {
      continue;
    }
    const auto segment = std::make_shared<Segment>(name, stamp_of(out.journal, name.id), std::move(*file));
    SegmentWalk walk(segment, out.live[i + 1].name.first, false);
    Sequence next = name.first;
    for (auto step = walk.next(Scanner::Check::kHeader); step && *step == SegmentWalk::Step::kRecord;
         step = walk.next(Scanner::Check::kHeader)) {
      const RecordHeader& header = walk.scanner().header();
      if ((header.flags & kGapAcked) != 0) {
        out.progress.acked.add_range(next, header.sequence);
      }
      next = header.sequence.next();
      if ((header.flags & kPayloadGone) != 0) {
        out.progress.acked.add_range(header.sequence, next);
      }
    }
  }
}

// Fits floor and ranges to the records that the segments hold: [oldest, end) but for the gaps. A missing record up to
// the mark was durable, and so is lost. One behind the mark was being written when the process or the power went:
// nobody was told that it is durable, unless the mark itself did not reach the disk.
void fit_progress(Recovered& out, Sequence end, const Tail& tail, const std::optional<EndMark>& mark) {
  AckedSet& acked = out.progress.acked;
  const SegmentId newest = out.live.empty() ? SegmentId{} : out.live.back().name.id;
  const Sequence oldest = out.live.empty() ? end : out.live.front().name.first;
  for (const SequenceRange& range : tail.acked) {
    acked.add_range(range.first, range.end);
  }
  if (out.progress_lost) {
    acked.add_range(acked.floor(), oldest);
  } else {
    miss(acked, out.lost, {acked.floor(), oldest, 0, {}, 0, "their segment is missing"});
  }
  const Sequence marked = mark ? mark->sequence.next() : Sequence{0};
  for (const Gap& gap : tail.gaps) {
    const Sequence durable = std::clamp(marked, gap.first, gap.end);
    miss(acked, out.lost, {gap.first, durable, 0, newest, gap.offset, "their bytes on disk are damaged"});
    miss(acked, out.torn, {durable, gap.end, 0, newest, gap.offset, "they were being written"});
  }
  miss(acked, out.lost, {end, marked, 0, newest, tail.end, "the end of the journal is missing"});
  out.next = std::max({end, marked, acked.end()});
  // Records that only the cursor knows of (journal.sync: never, and then a power cut) are gone. Their sequences are not
  // used again: the cursor says that they are acknowledged.
  acked.add_range(end, out.next);
}

}  // namespace

Result<Recovered> recover(fs::FileSystem& fs, const std::string& directory, Random& random, Quarantine& quarantine) {
  auto cursor = Cursor::open(fs, directory);
  if (!cursor) {
    return std::move(cursor).error();
  }
  auto end_mark = EndMarkFile::open(fs, directory);
  if (!end_mark) {
    return std::move(end_mark).error();
  }
  auto inventory = take_inventory(fs, directory, cursor->state(), random);
  if (!inventory) {
    return std::move(inventory).error();
  }
  if (auto tidied = tidy(fs, directory, *inventory, quarantine); !tidied) {
    return std::move(tidied).error();
  }
  Recovered out{.journal = inventory->journal, .cursor = std::move(*cursor), .end = std::move(*end_mark)};
  if (out.cursor.state() && inventory->cursor_belongs) {
    out.progress = std::move(*out.cursor.state());
  } else {
    out.unsaved = true;
    out.progress_lost = !inventory->segments.empty() || out.cursor.damaged();
  }
  out.progress.journal = out.journal;
  out.appended = out.progress.acked_bytes;  // unless a segment says more
  const std::optional<EndMark> mark =
      out.end.found() && out.end.found()->journal == out.journal ? out.end.found() : std::nullopt;

  // From the newest segment backwards, until one holds a record. The files behind it were made, or renamed for
  // recycling, and not written to before the process ended: they are spare.
  std::vector<Found>& found = inventory->segments;
  Tail tail;
  Sequence end{1};
  while (!found.empty()) {
    const Found& newest = found.back();
    auto read = read_tail(fs, directory, out.journal, newest.name, mark, quarantine);
    if (!read) {
      return std::move(read).fail(directory);
    }
    end = std::max(end, read->next);
    if (read->any) {
      tail = std::move(*read);
      out.appended = appended_in_all(fs, directory, out.journal, found, tail, mark, out.progress.acked_bytes);
      break;
    }
    if (holds_unnamed_records(fs, directory, newest)) {
      out.needs_repair = true;
      return out;
    }
    out.spare.push_back({newest.name, newest.size});
    found.pop_back();
  }
  for (const Found& segment : found) {
    out.live.push_back({segment.name, segment.size});
  }
  fit_progress(out, end, tail, mark);
  if (out.progress_lost) {
    acknowledge_compacted(fs, directory, out);
  }
  out.progress.keep_from = std::min(out.progress.keep_from, out.next);
  return out;
}

}  // namespace respand::journal
