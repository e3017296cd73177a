#include "journal/recovery.h"

#include <algorithm>
#include <array>
#include <optional>

#include "journal/scanner.h"
#include "respand/base/log.h"
#include "respand/base/text.h"
#include "respand/journal/intake.h"

namespace respand::journal {
namespace {

struct Found {
  SegmentName name;
  HeaderState state = HeaderState::kBad;
  SegmentHeader header;
};

Result<std::vector<Found>> find_segments(fs::FileSystem& fs, const std::string& directory) {
  auto names = fs.list(directory);
  if (!names) {
    return std::move(names).error();
  }
  std::vector<Found> found;
  for (const std::string& text : *names) {
    if (const auto name = parse_segment_name(text)) {
      found.push_back(Found{*name, HeaderState::kBad, {}});
    }
  }
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.name.id < b.name.id; });
  for (Found& segment : found) {
    auto file = fs.open(directory + "/" + segment_name(segment.name), fs::OpenMode::kRead);
    if (!file) {
      return std::move(file).error();
    }
    std::array<std::byte, SegmentHeader::kSize> bytes{};
    auto got = (*file)->read_at(0, bytes);
    if (got && *got == bytes.size()) {
      segment.state = decode(bytes, segment.header);
    }
    if (segment.state == HeaderState::kGood && segment.header.id != segment.name.id) {
      segment.state = HeaderState::kBad;  // renamed for recycling, and then the power went
    }
    if (segment.state == HeaderState::kNewer) {
      return error(ErrorCode::kUnsupported,
                   cat(directory, "/", segment_name(segment.name), " has format version ", segment.header.version,
                       ", this respand knows ", kFormatVersion, ": use the version that wrote it"));
    }
  }
  return found;
}

std::uint64_t journal_id(const std::optional<CursorState>& state, const std::vector<Found>& found, Random& random) {
  for (auto segment = found.rbegin(); segment != found.rend(); ++segment) {
    if (segment->state == HeaderState::kGood) {
      return segment->header.journal;
    }
  }
  return state ? state->journal : random.next();
}

struct Tail {
  bool any = false;  // it holds a sound record
  Sequence next;     // one past the last
  std::uint64_t bytes = 0;
  std::vector<std::pair<Sequence, Sequence>> gaps{};  // [first, end) that are not there
  std::uint64_t skipped_bytes = 0;
};

// Reads a segment from end to end. What lies between sound records was never acknowledged, or is damaged: both are
// skipped, and the bytes kept aside.
Result<Tail> read_tail(fs::FileSystem& fs, const std::string& directory, std::uint64_t journal, const SegmentName& name,
                       Quarantine& quarantine) {
  auto file = fs.open(directory + "/" + segment_name(name), fs::OpenMode::kRead);
  if (!file) {
    return std::move(file).error();
  }
  const Segment segment(name, stamp_of(journal, name.id), std::move(*file));
  Scanner scanner(segment, SegmentHeader::kSize, name.first, Sequence{~0ULL}, 1 << 20);
  Tail tail{.next = name.first};
  for (;;) {
    auto step = scanner.next(Scanner::Check::kWhole);
    if (!step) {
      return std::move(step).error();
    }
    if (*step == Scanner::Step::kRecord) {
      if (!known(scanner.header().kind)) {
        return error(ErrorCode::kUnsupported,
                     cat(directory, "/", segment_name(name), " holds a record of kind ", scanner.header().kind,
                         ", which this respand does not know: use the version that wrote it"));
      }
      if (scanner.header().sequence != tail.next) {
        tail.gaps.emplace_back(tail.next, scanner.header().sequence);
      }
      tail.any = true;
      tail.next = scanner.header().sequence.next();
      tail.bytes += scanner.header().length;
      continue;
    }
    const std::uint64_t from = scanner.place();
    auto more = scanner.resync();
    if (!more) {
      return std::move(more).error();
    }
    const std::uint64_t to = *more ? scanner.place() : std::max(from, scanner.trace_end());
    quarantine.keep(name.id, segment.file(), from, to);
    tail.skipped_bytes += to - from;
    if (!*more) {
      return tail;
    }
  }
}

// Fits floor and ranges to the sequences that the segments hold: [oldest, end) but for the gaps. Returns how many of
// the gaps' records were not settled.
std::uint64_t fit_progress(SettledSet& settled, Sequence oldest, Sequence end, const Tail& tail) {
  settled.add_range(settled.floor(), oldest);
  std::uint64_t torn = 0;
  for (const auto& [first, gap_end] : tail.gaps) {
    torn += settled.add_range(first, gap_end);
  }
  // What only the cursor knows (journal.sync: never, then a power cut) is gone; its sequences are not used again.
  settled.add_range(end, std::max(end, settled.end()));
  return torn;
}

}  // namespace

Result<Recovered> recover(fs::FileSystem& fs, const std::string& directory, Random& random, Quarantine& quarantine) {
  auto cursor = Cursor::open(fs, directory);
  if (!cursor) {
    return std::move(cursor).error();
  }
  auto found = find_segments(fs, directory);
  if (!found) {
    return std::move(found).error();
  }
  Recovered out{.journal = journal_id(cursor->state(), *found, random), .cursor = std::move(*cursor)};
  if (out.cursor.state()) {
    out.progress = std::move(*out.cursor.state());
  }
  out.progress.journal = out.journal;
  out.appended = out.progress.settled_bytes;  // unless a segment says more

  // From the newest backwards: files that were made or taken for recycling, but hold no record yet, then the newest
  // that does.
  Tail tail;
  Sequence end{1};
  while (!found->empty()) {
    const Found& newest = found->back();
    auto read = read_tail(fs, directory, out.journal, newest.name, quarantine);
    if (!read) {
      return std::move(read).error();
    }
    end = std::max(end, read->next);
    if (read->any) {
      tail = std::move(*read);
      out.appended =
          (newest.state == HeaderState::kGood ? newest.header.appended : out.progress.settled_bytes) + tail.bytes;
      break;
    }
    out.spare.push_back(newest.name);
    found->pop_back();
  }
  for (const Found& segment : *found) {
    out.live.push_back(segment.name);
  }
  out.skipped_bytes = tail.skipped_bytes;
  out.torn_records = fit_progress(out.progress.settled, out.live.empty() ? end : out.live.front().first, end, tail);
  out.next = std::max(end, out.progress.settled.end());
  out.progress.keep_from = std::min(out.progress.keep_from, out.next);
  return out;
}

}  // namespace respand::journal
