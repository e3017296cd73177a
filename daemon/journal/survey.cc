#include "journal/survey.h"

#include <algorithm>

#include "respand/base/text.h"

namespace respand::journal {
namespace {

constexpr std::size_t kChunk = 1 << 20;
// How far into a file a first record is looked for when nothing tells its journal: the largest one fits.
constexpr std::uint64_t kReadAhead = SegmentHeader::kSize + 2 * record_extent(kMaxLength);

// The bytes between two sound records, and the records that are missing there.
struct Hole {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  Sequence first;
  Sequence last_end;
};

struct Walk {
  std::function<void(const Scanner&)> record;
  std::function<void(const Hole&)> hole;
};

SegmentName name_of(const Found& found) {
  return found.fate == Fate::kMisnamed ? SegmentName{found.header.id, found.header.first} : found.name;
}

// Moves from a place without a sound record to the next one, past pages that can't be read. False where there is none.
bool find_next(Scanner& scanner, std::uint64_t size) {
  for (auto more = scanner.resync();; more = scanner.resync()) {
    if (more || scanner.place() >= size) {
      return more && *more;
    }
    scanner.skip_page();
  }
}

// Calls `record` for each sound record of the segment and `hole` for what lies between them. Records that are missing
// at the end count only up to the next segment: of the newest one nobody knows how far it reached.
Status walk(fs::FileSystem& fs, const std::string& directory, const SurveyedSegment& segment, const Walk& walk) {
  auto file = fs.open(directory + "/" + segment_name(segment.found.name), fs::OpenMode::kRead);
  if (!file) {
    return std::move(file).error();
  }
  const Segment opened(segment.name, segment.stamp, std::move(*file));
  Scanner scanner(opened, SegmentHeader::kSize, segment.name.first, segment.limit, kChunk);
  Sequence next = segment.name.first;
  std::uint64_t from = SegmentHeader::kSize;
  std::uint64_t to = from;
  for (;;) {
    if (const auto step = scanner.next(Scanner::Check::kWhole); step && *step == Scanner::Step::kRecord) {
      if (scanner.header().sequence != next && (scanner.header().flags & kGapAcked) == 0) {
        walk.hole({from, to, next, scanner.header().sequence});
      }
      walk.record(scanner);
      next = scanner.expected();
      continue;
    }
    if (next >= segment.limit) {
      return {};  // what follows was written anew to the next segment
    }
    from = scanner.place();
    if (!find_next(scanner, segment.found.size)) {
      to = std::max(from, scanner.trace_end());
      const bool last = segment.limit == Sequence{~0ULL};
      if (to > from || !last) {
        walk.hole({from, std::min(to, segment.found.size), next, last ? next : segment.limit});
      }
      return {};
    }
    to = scanner.place();
  }
}

// The stamp of the first record that is sound in every other respect; 0: there is none. For a file of which nothing
// else tells which journal it belongs to.
std::uint32_t adopted_stamp(fs::FileSystem& fs, const std::string& directory, const Found& found) {
  auto file = fs.open(directory + "/" + segment_name(found.name), fs::OpenMode::kRead);
  if (!file) {
    return 0;
  }
  std::vector<std::byte> bytes(std::min<std::uint64_t>(found.size, kReadAhead));
  const auto got = (*file)->read_at(0, bytes);
  for (std::size_t at = SegmentHeader::kSize; got && at + RecordHeader::kSize <= *got; at += kAlignment) {
    const RecordHeader header = decode_record(&bytes[at]);
    if (known(header) && (header.flags & ~kKnownFlags) == 0 && header.attributes <= header.length &&
        header.sequence >= found.name.first && header.length <= *got - at - RecordHeader::kSize && intact(&bytes[at])) {
      return header.stamp;
    }
  }
  return 0;
}

class Surveyor {
 public:
  Surveyor(fs::FileSystem& fs, const std::string& directory, const Observer& observer)
      : fs_(fs), directory_(directory), observer_(observer) {}

  Result<Survey> run();

 private:
  [[nodiscard]] Status read_state();
  void sort_out(const Inventory& inventory);
  [[nodiscard]] Status find_newest();
  [[nodiscard]] Status read(SurveyedSegment& segment);
  void note_hole(SurveyedSegment& segment, const Hole& hole);
  void look_at_ends();
  void note(std::string file, std::string what) { note(Damage{std::move(file), 0, 0, {}, {}, std::move(what)}); }
  void note(Damage damage) { out_.damage.push_back(std::move(damage)); }
  // How many of [first, end) are not acknowledged by anything.
  [[nodiscard]] std::uint64_t open(Sequence first, Sequence end) const;

  fs::FileSystem& fs_;
  const std::string& directory_;
  const Observer& observer_;
  Survey out_;
  std::uint64_t total_ = 0;
  std::uint64_t done_ = 0;
};

std::uint64_t Surveyor::open(Sequence first, Sequence end) const {
  AckedSet acked = out_.acked;
  return acked.add_range(first, end);
}

Status Surveyor::read_state() {
  auto cursor = Cursor::look(fs_, directory_);
  if (!cursor) {
    return std::move(cursor).error();
  }
  auto end = EndMarkFile::look(fs_, directory_);
  if (!end) {
    return std::move(end).error();
  }
  SeededRandom random(checksum(std::as_bytes(std::span(directory_))));
  auto inventory = take_inventory(fs_, directory_, cursor->state(), random);
  if (!inventory) {
    return std::move(inventory).error();
  }
  out_.journal = inventory->journal;
  out_.known = inventory->known;
  out_.cursor_generation = cursor->generation();
  if (cursor->state() && inventory->cursor_belongs) {
    out_.cursor = cursor->state();
    out_.acked = cursor->state()->acked;
  }
  if (cursor->bad_slots() > 0) {
    note("cursor", cat(cursor->bad_slots(), " of its slots damaged"));
  }
  if (!out_.cursor && !inventory->segments.empty()) {
    note("cursor", inventory->cursor_belongs ? "lost: nothing says what is settled" : "of another journal");
  }
  if (end->found() && end->found()->journal == out_.journal) {
    out_.end = end->found();
  } else if (end->damaged() || end->found()) {
    note("end", "damaged, or of another journal");
  }
  sort_out(*inventory);
  return {};
}

void Surveyor::sort_out(const Inventory& inventory) {
  for (const Found& found : inventory.segments) {
    const std::string file = segment_name(found.name);
    switch (found.fate) {
      case Fate::kDuplicate:
      case Fate::kForeign:
        out_.strangers.push_back(found);
        note(file, found.fate == Fate::kDuplicate ? "a copy of another segment" : "a segment of another journal");
        break;
      case Fate::kMisnamed:
        note(file, cat("its name is wrong: it is ", segment_name(name_of(found))));
        [[fallthrough]];
      case Fate::kSegment:
      case Fate::kUnwritten: {
        SurveyedSegment segment;
        segment.found = found;
        segment.name = name_of(found);
        segment.next = segment.name.first;
        segment.stamp = stamp_of(out_.journal, segment.name.id);
        out_.segments.push_back(segment);
        total_ += found.size;
        break;
      }
    }
  }
  std::sort(out_.segments.begin(), out_.segments.end(),
            [](const SurveyedSegment& a, const SurveyedSegment& b) { return a.name.id < b.name.id; });
}

// Finds the newest segment with a sound record: the files behind it are spare. Where a segment's header is damaged, and
// with it all that told its journal, a record tells its stamp.
Status Surveyor::find_newest() {
  bool newest = true;
  for (auto segment = out_.segments.rbegin(); segment != out_.segments.rend(); ++segment) {
    bool any = false;
    const auto look = [&]() -> Status {
      return walk(fs_, directory_, *segment, {[&](const Scanner&) { any = true; }, [](const Hole&) {}});
    };
    if (!newest && segment->found.state == HeaderState::kGood) {
      continue;
    }
    if (auto looked = look(); !looked) {
      return looked;
    }
    if (const std::uint32_t stamp =
            any || segment->found.state == HeaderState::kGood ? 0 : adopted_stamp(fs_, directory_, segment->found);
        stamp != 0) {
      segment->stamp = stamp;
      segment->adopted = true;
      any = true;
    }
    if (newest && !any && (!out_.end || out_.end->segment != segment->name.id)) {
      out_.spare.push_back(segment->found);
      continue;
    }
    newest = false;
  }
  out_.segments.resize(out_.segments.size() - out_.spare.size());
  for (std::size_t i = 0; i + 1 < out_.segments.size(); ++i) {
    out_.segments[i].limit = out_.segments[i + 1].name.first;
  }
  return {};
}

void Surveyor::note_hole(SurveyedSegment& segment, const Hole& hole) {
  const std::uint64_t missing = open(hole.first, hole.last_end);
  if (missing == 0 && hole.begin == hole.end) {
    return;  // the records are known to be gone
  }
  if (hole.first == hole.last_end && out_.end && out_.end->segment == segment.name.id &&
      hole.first > out_.end->sequence) {
    return;  // the bytes were being written when the process or the power went
  }
  ++segment.damaged_at;
  out_.missing += missing;
  note(Damage{segment_name(segment.found.name), hole.begin, hole.end, hole.first, hole.last_end,
              hole.begin == hole.end ? "records are missing" : "damaged bytes"});
}

Status Surveyor::read(SurveyedSegment& segment) {
  if (segment.found.state != HeaderState::kGood) {
    ++segment.damaged_at;
    note(Damage{segment_name(segment.found.name), 0, SegmentHeader::kSize, {}, {}, "damaged header"});
  }
  const auto on_record = [&](const Scanner& scanner) {
    const RecordHeader& header = scanner.header();
    if ((header.flags & kGapAcked) != 0) {
      out_.acked.add_range(segment.next, header.sequence);
    }
    const bool stub = (header.flags & kPayloadGone) != 0;
    if (stub) {
      out_.acked.add(header.sequence);
    }
    const bool is_open = !out_.acked.contains(header.sequence);
    segment.records += stub ? 0U : 1U;
    segment.bytes += header.length;
    segment.unknown += known(header) ? 0U : 1U;
    segment.next = header.sequence.next();
    segment.oldest = std::min(segment.oldest.value_or(header.received), header.received);
    segment.newest = std::max(segment.newest.value_or(header.received), header.received);
    out_.open_records += is_open ? 1U : 0U;
    out_.open_bytes += is_open ? header.length : 0U;
    if (observer_.progress) {
      observer_.progress(done_ + scanner.offset(), total_);
    }
    if (observer_.record && !stub) {
      const auto* const text = reinterpret_cast<const char*>(scanner.bytes().data()) + RecordHeader::kSize;
      const std::string_view body(text, header.length);
      observer_.record(
          {header, body.substr(0, header.attributes), body.substr(header.attributes), scanner.bytes(), is_open});
    }
  };
  auto walked = walk(fs_, directory_, segment, {on_record, [&](const Hole& hole) { note_hole(segment, hole); }});
  done_ += segment.found.size;
  out_.records += segment.records;
  return walked;
}

void Surveyor::look_at_ends() {
  const Sequence oldest = out_.segments.empty() ? Sequence{0} : out_.segments.front().name.first;
  if (const std::uint64_t gone = out_.cursor ? open(out_.acked.floor(), oldest) : 0; gone > 0) {
    out_.missing += gone;
    note(Damage{"", 0, 0, out_.acked.floor(), oldest, "the segment before the oldest is missing"});
  }
  Sequence end{1};
  for (const SurveyedSegment& segment : out_.segments) {
    end = std::max(end, segment.next);
  }
  const Sequence marked = out_.end ? out_.end->sequence.next() : Sequence{0};
  if (const std::uint64_t gone = open(end, marked); gone > 0) {
    out_.missing += gone;
    note(Damage{"", 0, 0, end, marked, "the end of the journal is missing"});
  }
  out_.next = std::max({end, marked, out_.acked.end()});
}

Result<Survey> Surveyor::run() {
  if (auto read = read_state(); !read) {
    return std::move(read).error();
  }
  if (auto found = find_newest(); !found) {
    return std::move(found).error();
  }
  for (SurveyedSegment& segment : out_.segments) {
    if (auto done = read(segment); !done) {
      return std::move(done).error();
    }
  }
  look_at_ends();
  return std::move(out_);
}

}  // namespace

Result<Survey> survey(fs::FileSystem& fs, const std::string& directory, const Observer& observer) {
  return Surveyor(fs, directory, observer).run();
}

bool holds_unnamed_records(fs::FileSystem& fs, const std::string& directory, const Found& found) {
  return found.state != HeaderState::kGood && adopted_stamp(fs, directory, found) != 0;
}

Status visit_segment(fs::FileSystem& fs, const std::string& directory, const SurveyedSegment& segment,
                     const std::function<void(const Sound&)>& record) {
  const auto on_record = [&](const Scanner& scanner) {
    const RecordHeader& header = scanner.header();
    const std::string_view body(reinterpret_cast<const char*>(scanner.bytes().data()) + RecordHeader::kSize,
                                header.length);
    record({header, body.substr(0, header.attributes), body.substr(header.attributes), scanner.bytes(), true});
  };
  return walk(fs, directory, segment, {on_record, [](const Hole&) {}});
}

}  // namespace respand::journal
