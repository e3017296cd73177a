#include "journal/segments.h"

#include <algorithm>
#include <array>

#include "respand/base/log.h"
#include "respand/base/text.h"
#include "respand/fs/identity.h"

namespace respand::journal {
namespace {

// The log's event where a segment without records could not be removed.
constexpr std::string_view kEmpty = "a segment that holds nothing could not be removed";

}  // namespace

Segments::Segments(fs::FileSystem& fs, std::string directory, std::uint64_t journal, Limits limits,
                   const std::vector<SegmentFile>& live, const std::vector<SegmentFile>& spare)
    : fs_(fs),
      directory_(std::move(directory)),
      journal_(journal),
      limits_(limits),
      free_(fs, directory_, limits.segment_size, limits.max_size, spare) {
  for (const SegmentFile& file : spare) {
    last_id_ = std::max(last_id_, file.name.id);
  }
  live_.with([&](auto& table) {
    for (const SegmentFile& file : live) {
      last_id_ = std::max(last_id_, file.name.id);
      table.push_back(Live{.name = file.name, .size = file.size, .open = {}});
    }
  });
}

// Spare files do not count: they are used for the next segment, or removed. Two segments are always allowed, because
// one is written while the other is delivered.
bool Segments::capacity() const { return live_files() < 2 || live_bytes() + limits_.segment_size <= limits_.max_size; }

Bytes Segments::live_bytes() const {
  return live_.with([](const auto& table) {
    Bytes sum;
    for (const Live& live : table) {
      sum = sum + Bytes{live.size};
    }
    return sum;
  });
}

void Segments::close(const Segment& segment) {
  const auto size = segment.file()->size();
  live_.with([&](auto& table) {
    for (Live& live : table) {
      if (size && live.name.id == segment.id()) {
        live.size = *size;
      }
    }
  });
}

std::size_t Segments::live_files() const {
  return live_.with([](const auto& table) { return table.size(); });
}

Result<std::shared_ptr<Segment>> Segments::create(Sequence first, WallTime created, std::uint64_t appended) {
  if (!capacity()) {
    return error(ErrorCode::kNoSpace, "the journal is at journal.max_size");
  }
  const SegmentName name{last_id_.next(), first};
  last_id_ = name.id;  // also where this fails, because a file of the name may be there then
  auto file = free_.take(name, live_bytes());
  if (!file) {
    free_.remove(name, kEmpty);
    return std::move(file).fail("a new segment");
  }
  auto segment = std::make_shared<Segment>(name, stamp_of(journal_, name.id), std::move(*file));
  live_.with(
      [&](auto& table) { table.push_back(Live{.name = name, .size = limits_.segment_size.value, .open = segment}); });
  Status written = fs_.sync_directory(directory_);
  if (written) {
    written = write_header(*segment, created, appended);
  }
  if (!written) {
    segment.reset();
    discard_newest();
    return std::move(written).fail("a new segment");
  }
  return segment;
}

Status Segments::write_header(Segment& segment, WallTime created, std::uint64_t appended) const {
  std::array<std::byte, SegmentHeader::kSize> header{};
  encode(
      SegmentHeader{
          .journal = journal_, .id = segment.id(), .first = segment.first(), .created = created, .appended = appended},
      header);
  const fs::ConstBytes part(header);
  return segment.file()->write_at(0, {&part, 1});
}

// Always makes a new file: a spare one could be the file whose fdatasync has failed, which must not be written again.
Result<std::shared_ptr<Segment>> Segments::prepare(Sequence first, WallTime created, std::uint64_t appended) {
  const SegmentName name{last_id_.next(), first};
  last_id_ = name.id;
  free_.trim(live_bytes());
  const std::string unnamed = cat(directory_, "/", kPrepared);
  if (auto removed = fs_.remove(unnamed); !removed && removed.error().code != ErrorCode::kNotFound) {
    return std::move(removed).error();
  }
  auto file = fs_.open(unnamed, fs::OpenMode::kCreate);
  if (!file) {
    return std::move(file).fail("a new segment");
  }
  auto segment = std::make_shared<Segment>(name, stamp_of(journal_, name.id), std::move(*file));
  if (auto written = write_header(*segment, created, appended); !written) {
    return std::move(written).error();
  }
  return segment;
}

// The rename makes the whole segment appear at once. It is live only when the name is durable.
Status Segments::adopt(const std::shared_ptr<Segment>& segment) {
  const SegmentName name{segment->id(), segment->first()};
  Status named = fs_.rename(cat(directory_, "/", kPrepared), path(name));
  if (named) {
    named = fs_.sync_directory(directory_);
    if (!named) {
      free_.remove(name, kEmpty);  // the next try makes another file, and two copies must not be there
      return named;
    }
    live_.with(
        [&](auto& table) { table.push_back(Live{.name = name, .size = limits_.segment_size.value, .open = segment}); });
  }
  return named;
}

Result<std::shared_ptr<Segment>> Segments::prepare_copy(const SegmentName& first) {
  discard_copy();
  const auto live = known(first.id);
  auto file = live ? fs_.open(cat(directory_, "/", kCopy), fs::OpenMode::kCreate)
                   : Result<std::unique_ptr<fs::File>>(error(ErrorCode::kNotFound, "a segment is gone"));
  if (!file) {
    return std::move(file).fail("what is left of old segments");
  }
  return std::make_shared<Segment>(first, stamp_of(journal_, first.id), std::move(*file), live->edition + 1);
}

void Segments::discard_copy() {
  const std::string path = cat(directory_, "/", kCopy);
  if (auto removed = fs_.remove(path); !removed && removed.error().code != ErrorCode::kNotFound) {
    log::warning("a file of the journal could not be removed", {{"file", path}, {"error", removed.error().message}});
  }
}

Status Segments::replace(std::span<const SegmentId> run, const std::shared_ptr<Segment>& copy,
                         std::shared_ptr<const SegmentIndex> index) {
  if (auto removed = remove_replaced(); !removed) {
    return removed;  // the files of an earlier run must be gone first
  }
  // The first segment is held open until the table knows the copy. Otherwise a thread that opens its name in between
  // would get the copy's file, and look for records there by the old offsets.
  const auto replaced = open({run[0], copy->first()});
  if (!replaced) {
    return replaced.error();
  }
  const auto size = copy->file()->size();
  Status named = size ? fs_.rename(cat(directory_, "/", kCopy), path(copy->name())) : Status(size.error());
  if (!named) {
    return named;
  }
  // Where the rename may not be durable, the other segments of the run must stay.
  Status synced = fs_.sync_directory(directory_);
  std::vector<Live> gone;
  live_.with([&](auto& table) {
    const auto first = std::find_if(table.begin(), table.end(), [&](const Live& l) { return l.name.id == run[0]; });
    const auto end = first + static_cast<std::ptrdiff_t>(synced ? run.size() : 1);
    gone.assign(std::make_move_iterator(first), std::make_move_iterator(end));
    *first =
        Live{.name = copy->name(), .size = *size, .open = copy, .edition = copy->edition(), .index = std::move(index)};
    table.erase(first + 1, end);
  });
  for (std::size_t i = 0; i < gone.size(); ++i) {
    if (const auto held = gone[i].open.lock()) {
      held->let_go();  // its readers go on with the segment that has its records now
    }
    if (i > 0) {
      replaced_.push_back(gone[i].name);
    }
  }
  if (auto removed = remove_replaced(); !removed) {
    log::warning("segments that were compacted could not be removed yet", {{"error", removed.error().message}});
  }
  return synced;
}

// Removes the files of replaced segments in order, and makes each removal durable before the next. A file that a power
// cut brings back holds its own records, and hides the copy's records from there on; so the files behind it must be
// there too. For the same reason the files are not kept to be written over: a file that comes back must be whole.
Status Segments::remove_replaced() {
  while (!replaced_.empty()) {
    if (auto removed = fs_.remove(path(replaced_.front())); !removed && removed.error().code != ErrorCode::kNotFound) {
      return removed;
    }
    if (replaced_.size() > 1) {  // the last removal is made durable by the next replace()
      if (auto synced = fs_.sync_directory(directory_); !synced) {
        return synced;
      }
    }
    replaced_.erase(replaced_.begin());
  }
  return {};
}

void Segments::discard_newest() {
  const SegmentName name = live_.with([](auto& table) {
    const SegmentName newest = table.back().name;
    table.pop_back();
    return newest;
  });
  free_.remove(name, kEmpty);
}

void Segments::spoil_newest() {
  live_.with([](auto& table) { table.back().unsyncable = true; });
}

// A segment ends where the next one begins, so it can go when that beginning is at or below the floor. The newest one
// always stays.
void Segments::recycle(Sequence floor) {
  std::vector<Live> retired;
  live_.with([&](auto& table) {
    while (table.size() > 1 && table[1].name.first <= floor) {
      retired.push_back(std::move(table.front()));
      table.erase(table.begin());
    }
  });
  for (const Live& old : retired) {
    free(old);
  }
}

// Puts the file on the free list, unless somebody, such as the ledger, may still read the segment, or its fdatasync has
// failed: then the file must not be written over, and is removed.
void Segments::free(const Live& old) { free_.put({old.name, old.size}, old.open.expired() && !old.unsyncable); }

void Segments::drop_oldest() {
  const Live old = live_.with([](auto& table) {
    Live oldest = std::move(table.front());
    table.erase(table.begin());
    return oldest;
  });
  if (free_.wants(old.size) && !old.unsyncable) {
    // Readers may still have it open. They check stamp, sequence and checksum of what they find there, and the records
    // that they look for were dropped anyway.
    free_.keep({old.name, old.size});
    return;
  }
  if (const auto held = old.open.lock()) {
    // The blocks of a file that is only unlinked would stay in use for as long as a worker holds a reference to it.
    static_cast<void>(held->file()->truncate(0));
  }
  free(old);
}

void Segments::spare_newest() {
  live_.with([&](auto& table) {
    if (table.size() == 1 && table.front().open.expired() && !table.front().unsyncable) {
      free_.keep({table.front().name, table.front().size});
      table.clear();
    }
  });
}

Segments::Entry Segments::entry(const std::vector<Live>& live, std::size_t index) {
  return Entry{.name = live[index].name,
               .limit = index + 1 < live.size() ? live[index + 1].name.first : Sequence{~0ULL},
               .size = live[index].size,
               .edition = live[index].edition};
}

std::optional<Segments::Entry> Segments::find(Sequence sequence) const {
  return live_.with([&](const auto& table) -> std::optional<Entry> {
    // Where several segments begin with the same sequence, only the last one holds records.
    const auto after = std::upper_bound(table.begin(), table.end(), sequence,
                                        [](Sequence s, const Live& l) { return s < l.name.first; });
    if (after == table.begin()) {
      return std::nullopt;
    }
    return entry(table, static_cast<std::size_t>(after - table.begin() - 1));
  });
}

std::optional<Segments::Entry> Segments::after(SegmentId id) const {
  return live_.with([&](const auto& table) -> std::optional<Entry> {
    const auto next =
        std::upper_bound(table.begin(), table.end(), id, [](SegmentId i, const Live& l) { return i < l.name.id; });
    if (next == table.end()) {
      return std::nullopt;
    }
    return entry(table, static_cast<std::size_t>(next - table.begin()));
  });
}

std::optional<Segments::Entry> Segments::oldest() const {
  return live_.with([&](const auto& table) { return table.empty() ? std::nullopt : std::optional(entry(table, 0)); });
}

std::vector<Segments::Entry> Segments::removed() const {
  std::vector<Entry> gone = all();
  std::erase_if(gone, [&](const Entry& entry) {
    const auto live = known(entry.name.id);
    return !live || !live->open || fs::leads_to(fs_, path(entry.name), *live->open->file());
  });
  return gone;
}

std::vector<Segments::Entry> Segments::all() const {
  return live_.with([&](const auto& table) {
    std::vector<Entry> entries;
    for (std::size_t i = 0; i < table.size(); ++i) {
      entries.push_back(entry(table, i));
    }
    return entries;
  });
}

std::optional<Segments::Known> Segments::known(SegmentId id) const {
  return live_.with([&](const auto& table) -> std::optional<Known> {
    for (const Live& live : table) {
      if (live.name.id == id) {
        return Known{live.open.lock(), live.edition, live.index};
      }
    }
    return std::nullopt;
  });
}

Result<std::shared_ptr<Segment>> Segments::open(const SegmentName& name) const {
  for (;;) {
    const auto before = known(name.id);
    if (!before) {
      return error(ErrorCode::kNotFound, "a segment is gone");
    }
    if (before->open) {
      return before->open;
    }
    auto file = fs_.open(path(name), fs::OpenMode::kReadWrite);
    if (!file) {
      return std::move(file).fail("a segment");
    }
    auto opened =
        std::make_shared<Segment>(name, stamp_of(journal_, name.id), std::move(*file), before->edition, before->index);
    // The table must know everybody who reads a segment, or its file could be written over meanwhile. Another thread
    // may have opened it first, or the file may belong to an earlier or later edition than the one that was looked up:
    // then all of this is repeated.
    auto shared = live_.with([&](const auto& table) -> std::shared_ptr<Segment> {
      for (const Live& live : table) {
        if (live.name.id == name.id && live.edition == before->edition) {
          if (auto other = live.open.lock()) {
            return other;
          }
          live.open = opened;
          return opened;
        }
      }
      return nullptr;
    });
    if (shared) {
      return shared;
    }
  }
}

}  // namespace respand::journal
