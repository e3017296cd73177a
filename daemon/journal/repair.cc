#include "journal/repair.h"

#include <algorithm>
#include <array>

#include "respand/base/text.h"

namespace respand::journal {
namespace {

constexpr std::size_t kRepairPiece = 1 << 20;
// The folder in which files are made before they are renamed into place. The daemon does not look into it.
constexpr std::string_view kWorkshop = "/repair";

// Collects bytes and writes them in large pieces.
class Writer {
 public:
  explicit Writer(fs::File& file) : file_(file) {}
  [[nodiscard]] Status add(ConstBytes bytes) {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    buffer_.resize(padded(buffer_.size()));
    return buffer_.size() < kRepairPiece ? Status() : flush();
  }
  [[nodiscard]] Status flush() {
    const fs::ConstBytes part(buffer_);
    auto written = file_.write_at(offset_, {&part, 1});
    offset_ += buffer_.size();
    buffer_.clear();
    return written;
  }

 private:
  fs::File& file_;
  std::vector<std::byte> buffer_;
  std::uint64_t offset_ = 0;
};

class Repairer {
 public:
  Repairer(fs::FileSystem& fs, const std::string& directory, const Clock& clock, Survey survey)
      : fs_(fs), directory_(directory), clock_(clock), survey_(std::move(survey)) {}

  Result<Repaired> run();

 private:
  [[nodiscard]] std::string in_folder(std::string_view name) const { return cat(directory_, "/", name); }
  [[nodiscard]] std::string in_workshop(std::string_view name) const { return cat(directory_, kWorkshop, "/", name); }
  [[nodiscard]] std::string in_backup(std::string_view name) const {
    return cat(directory_, "/", out_.backup, "/", name);
  }
  [[nodiscard]] Status prepare_folders();
  [[nodiscard]] Status back_up(const std::string& name);
  [[nodiscard]] Status put_right(const SurveyedSegment& segment, std::uint64_t appended);
  [[nodiscard]] Status rewrite(const SurveyedSegment& segment, std::uint64_t appended, const std::string& path);
  [[nodiscard]] Status take_place(const std::string& name);
  [[nodiscard]] Status move_strangers();
  [[nodiscard]] Status renew_cursor(std::uint64_t appended);
  [[nodiscard]] Status renew_end();

  fs::FileSystem& fs_;
  const std::string& directory_;
  const Clock& clock_;
  const Survey survey_;
  Repaired out_;
};

Status Repairer::prepare_folders() {
  std::string stamp = iso8601(clock_.wall()).substr(0, 19);
  std::replace(stamp.begin(), stamp.end(), ':', '-');
  out_.backup = cat("backup-", stamp);
  for (int again = 2; fs_.list(in_folder(out_.backup)); ++again) {
    out_.backup = cat("backup-", stamp, "-", again);  // an earlier one stays as it is
  }
  if (auto made = fs_.make_directories(in_folder(out_.backup)); !made) {
    return made;
  }
  return fs_.make_directories(directory_ + std::string(kWorkshop));
}

// Copies the file. A link would not do: a segment's file is written over when it is recycled.
Status Repairer::back_up(const std::string& name) {
  auto from = fs_.open(in_folder(name), fs::OpenMode::kRead);
  if (!from) {
    return from.error().code == ErrorCode::kNotFound ? Status() : Status(std::move(from).error());
  }
  auto to = fs_.open(in_backup(name), fs::OpenMode::kCreate);
  if (!to) {
    return std::move(to).error();
  }
  auto size = (*from)->size();
  if (!size) {
    return std::move(size).error();
  }
  std::vector<std::byte> bytes(std::min<std::uint64_t>(std::max<std::uint64_t>(*size, 1), kRepairPiece));
  for (std::uint64_t at = 0; at < *size;) {
    auto got = (*from)->read_at(at, bytes);
    if (got && *got == 0) {
      break;
    }
    if (got) {
      const fs::ConstBytes part(bytes.data(), *got);
      if (auto written = (*to)->write_at(at, {&part, 1}); !written) {
        return written;
      }
    }
    at += got ? *got : bytes.size();  // what can't be read can't be copied
  }
  if (auto synced = (*to)->sync_data(); !synced) {
    return synced;
  }
  return fs_.sync_directory(in_folder(out_.backup));
}

// Writes the segment's sound records to a new file with a good header. Each record is sealed anew, because its stamp is
// that of the file's name and journal.
Status Repairer::rewrite(const SurveyedSegment& segment, std::uint64_t appended, const std::string& path) {
  auto file = fs_.open(path, fs::OpenMode::kCreate);
  if (!file) {
    return std::move(file).error();
  }
  if (auto emptied = (*file)->truncate(0); !emptied) {
    return emptied;  // the file may be left from a repair that was interrupted
  }
  const bool good = segment.found.state == HeaderState::kGood;
  std::array<std::byte, SegmentHeader::kSize> header{};
  encode(SegmentHeader{.journal = survey_.journal,
                       .id = segment.name.id,
                       .first = segment.name.first,
                       .created = good ? segment.found.header.created : segment.oldest.value_or(clock_.wall()),
                       .appended = good ? segment.found.header.appended : appended},
         header);
  Writer writer(**file);
  Status done = writer.add(header);
  const std::uint32_t stamp = stamp_of(survey_.journal, segment.name.id);
  auto visited = visit_segment(fs_, directory_, segment, [&](const Sound& sound) {
    if (!done) {
      return;
    }
    std::vector<std::byte> record(sound.bytes.begin(), sound.bytes.end());
    seal(record.data(), stamp, sound.header.sequence);
    done = writer.add(record);
  });
  for (Status& step : std::array{std::move(visited), std::move(done)}) {
    if (!step) {
      return std::move(step);
    }
  }
  if (auto flushed = writer.flush(); !flushed) {
    return flushed;
  }
  return (*file)->sync_data();
}

// Renames a finished file from the workshop into its place.
Status Repairer::take_place(const std::string& name) {
  if (auto renamed = fs_.rename(in_workshop(name), in_folder(name)); !renamed) {
    return renamed;
  }
  for (const std::string& folder : {directory_, directory_ + std::string(kWorkshop)}) {
    if (auto synced = fs_.sync_directory(folder); !synced) {
      return synced;
    }
  }
  out_.rewritten.push_back(name);
  return {};
}

Status Repairer::put_right(const SurveyedSegment& segment, std::uint64_t appended) {
  const std::string was = segment_name(segment.found.name);
  const std::string name = segment_name(segment.name);
  if (segment.damaged_at == 0 && !segment.adopted && was == name) {
    return {};
  }
  if (auto kept = back_up(was); !kept) {
    return kept;
  }
  if (auto written = rewrite(segment, appended, in_workshop(name)); !written) {
    return written;
  }
  if (auto placed = take_place(name); !placed) {
    return placed;
  }
  if (was == name) {
    return {};
  }
  if (auto removed = fs_.remove(in_folder(was)); !removed) {
    return removed;
  }
  return fs_.sync_directory(directory_);
}

Status Repairer::move_strangers() {
  for (const Found& stranger : survey_.strangers) {
    const std::string name = segment_name(stranger.name);
    if (auto moved = fs_.rename(in_folder(name), in_backup(name)); !moved) {
      return moved;
    }
    out_.moved.push_back(name);
  }
  if (survey_.strangers.empty()) {
    return {};
  }
  if (auto synced = fs_.sync_directory(in_folder(out_.backup)); !synced) {
    return synced;
  }
  return fs_.sync_directory(directory_);
}

// Writes all slots of a new cursor file. Records that are not on the disk are acknowledged in it; all others are as
// they were.
Status Repairer::renew_cursor(std::uint64_t appended) {
  if (auto kept = back_up("cursor"); !kept) {
    return kept;
  }
  CursorState state = survey_.cursor.value_or(CursorState{});
  state.journal = survey_.journal;
  Sequence next = survey_.segments.empty() ? survey_.next : survey_.segments.front().name.first;
  state.acked.add_range(Sequence{0}, next);
  for (const SurveyedSegment& segment : survey_.segments) {
    state.acked.add_range(next, segment.name.first);
    next = segment.name.first;
    auto visited = visit_segment(fs_, directory_, segment, [&](const Sound& sound) {
      state.acked.add_range(next, sound.header.sequence);
      next = sound.header.sequence.next();
      if ((sound.header.flags & kPayloadGone) != 0) {
        state.acked.add(sound.header.sequence);
      }
    });
    if (!visited) {
      return visited;
    }
  }
  state.acked.add_range(next, survey_.next);
  state.acked_bytes = appended - std::min(appended, survey_.open_bytes);
  state.keep_from = std::min(state.keep_from, survey_.next);
  {
    const std::string workshop = directory_ + std::string(kWorkshop);
    if (auto removed = fs_.remove(in_workshop("cursor")); !removed && removed.error().code != ErrorCode::kNotFound) {
      return removed;
    }
    auto cursor = Cursor::open(fs_, workshop);
    if (!cursor) {
      return std::move(cursor).error();
    }
    // Twice into the slots that are synced in turn, then into the third.
    for (int slot = 0; slot < 2; ++slot) {
      auto written = cursor->prepare(state);
      if (written) {
        written = cursor->sync();
      }
      if (!written) {
        return written;
      }
    }
    if (auto written = cursor->write(state); !written) {
      return written;
    }
    if (auto synced = cursor->sync(); !synced) {
      return synced;
    }
  }
  return take_place("cursor");
}

// Removes the mark of the end: recovery finds the end by reading, and an old mark could name records that are given up
// now.
Status Repairer::renew_end() {
  if (auto kept = back_up("end"); !kept) {
    return kept;
  }
  if (auto removed = fs_.remove(in_folder("end")); !removed && removed.error().code != ErrorCode::kNotFound) {
    return removed;
  }
  return fs_.sync_directory(directory_);
}

Result<Repaired> Repairer::run() {
  out_.damage = survey_.damage;
  out_.records = survey_.records;
  out_.lost = survey_.missing;
  if (out_.damage.empty()) {
    return std::move(out_);
  }
  if (auto prepared = prepare_folders(); !prepared) {
    return std::move(prepared).error();
  }
  std::uint64_t appended = survey_.cursor ? survey_.cursor->acked_bytes : 0;
  // The cursor is renewed before the segments. It says which records are gone while the damaged bytes that show it are
  // still there, so that an interrupted repair finds the same.
  for (const SurveyedSegment& segment : survey_.segments) {
    appended = segment.found.state == HeaderState::kGood ? segment.found.header.appended : appended;
    appended += segment.bytes;
  }
  if (auto renewed = renew_cursor(appended); !renewed) {
    return std::move(renewed).error();
  }
  if (auto moved = move_strangers(); !moved) {
    return std::move(moved).error();
  }
  appended = 0;
  for (const SurveyedSegment& segment : survey_.segments) {
    if (auto right = put_right(segment, appended); !right) {
      return std::move(right).error();
    }
    appended = (segment.found.state == HeaderState::kGood ? segment.found.header.appended : appended) + segment.bytes;
  }
  if (auto renewed = renew_end(); !renewed) {
    return std::move(renewed).error();
  }
  return std::move(out_);
}

}  // namespace

Result<Repaired> repair(fs::FileSystem& fs, const std::string& directory, const Clock& clock,
                        const Observer& observer) {
  auto surveyed = survey(fs, directory, observer);
  if (!surveyed) {
    return std::move(surveyed).error();
  }
  return Repairer(fs, directory, clock, std::move(*surveyed)).run();
}

}  // namespace respand::journal
