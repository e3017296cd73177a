#include "journal/journal.h"

#include <algorithm>
#include <utility>

#include "journal/repair.h"
#include "respand/base/check.h"
#include "respand/base/text.h"
#include "respand/base/thread.h"

namespace respand::journal {
namespace {

constexpr std::string_view kDroppedName = "respand_records_dropped_total";
constexpr std::string_view kDroppedHelp = "Accepted records that will not be delivered";

Segments::Limits limits_of(const Settings& settings) {
  return {.segment_size = settings.segment_size, .max_size = settings.max_size};
}

void say(std::string_view event, const Missing& missing) {
  log::error(event, {{"first_sequence", missing.first.value},
                     {"last_sequence", missing.end.value - 1},
                     {"records", missing.records},
                     {"segment", missing.segment.value},
                     {"offset", missing.offset},
                     {"why", missing.why}});
}

void say_what_is_missing(const std::string& directory, const Recovered& recovered) {
  if (recovered.progress_lost) {
    log::warning("the journal's cursor is lost: records that were delivered before are sent again",
                 {{"directory", directory}});
  }
  for (const Missing& missing : recovered.torn) {
    say("the end of the journal was torn; what was acknowledged is not affected unless the disk lost it", missing);
  }
  for (const Missing& missing : recovered.lost) {
    say("records of the journal are lost", missing);
  }
}

// What a killed process had written and not yet synced is published, delivered, and taken by the spool as its proof
// that a file is safe: it becomes durable first. Only the newest segment can hold such; its name was durable before.
Status secure(fs::FileSystem& fs, const Settings& settings, const Recovered& recovered) {
  if (recovered.live.empty() || settings.sync == Sync::kNever) {
    return {};
  }
  auto file = fs.open(cat(settings.directory, "/", segment_name(recovered.live.back().name)), fs::OpenMode::kReadWrite);
  return file ? (*file)->sync_data() : Status(std::move(file).error());
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(const Settings& settings, fs::FileSystem& fs,
                                               metrics::Registry& registry, const Clock& clock, Random& random) {
  if (auto made = fs.make_directories(settings.directory); !made) {
    return std::move(made).fail("journal.directory");
  }
  auto lock = fs.lock(settings.directory + "/lock");
  if (!lock) {
    return std::move(lock).fail(cat("the journal in ", settings.directory));
  }
  auto quarantine = std::make_unique<Quarantine>(fs, settings.directory);
  auto recovered = recover(fs, settings.directory, random, *quarantine);
  if (recovered && recovered->needs_repair) {
    // The one case in which a start reads the backlog: without its headers it would be taken for nothing.
    auto repaired = repair(fs, settings.directory, clock, {});
    if (!repaired) {
      return std::move(repaired).fail(cat("the journal in ", settings.directory));
    }
    log::error("the journal's cursor and headers were damaged: it was repaired from its records",
               {{"records", repaired->records}, {"backup", repaired->backup}});
    recovered = recover(fs, settings.directory, random, *quarantine);
  }
  if (!recovered) {
    return std::move(recovered).fail(cat("the journal in ", settings.directory));
  }
  if (auto secured = secure(fs, settings, *recovered); !secured) {
    return std::move(secured).fail(cat("the journal in ", settings.directory));
  }
  say_what_is_missing(settings.directory, *recovered);
  return std::unique_ptr<Journal>(
      new Journal(settings, fs, std::move(*lock), std::move(quarantine), std::move(*recovered), registry, clock));
}

Journal::Journal(const Settings& settings, fs::FileSystem& fs, std::unique_ptr<fs::Lock> lock,
                 std::unique_ptr<Quarantine> quarantine, Recovered recovered, metrics::Registry& registry,
                 const Clock& clock)
    : settings_(settings),
      fs_(fs),
      clock_(clock),
      lock_(std::move(lock)),
      id_(recovered.journal),
      quarantine_(std::move(quarantine)),
      recovered_end_(recovered.next),
      bell_([this] { sleeper_.wake(); }),
      segments_(fs, settings.directory, recovered.journal, limits_of(settings), recovered.live,
                std::move(recovered.spare)),
      backlog_(segments_, recovered.progress.settled.floor(), recovered.next, backlog_hooks()),
      follower_(segments_),
      progress_(Progress{std::move(recovered.progress), std::move(recovered.cursor), log::Gate{}}),
      durable_end_(recovered.next.value),
      appended_(recovered.appended),
      history_from_(progress_.with([](const Progress& progress) { return progress.state.keep_from; })),
      keep_from_(history_from_.value),
      commit_seconds_(registry.histogram("respand_commit_seconds", "Time to write and sync one group of records",
                                         metrics::latency_bounds())),
      dropped_full_(registry.counter(kDroppedName, kDroppedHelp, {{"reason", "journal_full"}})),
      dropped_damaged_(registry.counter(kDroppedName, kDroppedHelp, {{"reason", "damaged"}})),
      dropped_sampled_out_(registry.counter(kDroppedName, kDroppedHelp, {{"reason", "sampled_out"}})),
      backlog_records_(registry.gauge("respand_backlog_records",
                                      "Records in the journal that are neither delivered nor dead-lettered")),
      backlog_bytes_(registry.gauge("respand_backlog_bytes", "Bytes of those records")),
      backlog_oldest_(registry.gauge("respand_backlog_oldest_seconds", "Age of the oldest of them")),
      journal_bytes_(registry.gauge("respand_journal_bytes", "Size of the journal's live segments on disk")),
      end_(std::move(recovered.end)) {
  // The books balance in each run: what was left from before came in through the journal.
  std::uint64_t lost = 0;
  for (const Missing& missing : recovered.lost) {
    lost += missing.records;
  }
  dropped_damaged_.add(static_cast<double>(lost));
  registry.counter("respand_records_received_total", "Records that came in, accepted or not", {{"input", "journal"}})
      .add(static_cast<double>(snapshot().backlog_records + lost));
  registry.on_collect([this] { collect_gauges(); });
  if (recovered.unsaved) {
    persist_cursor();  // which journal it is shall not hang on a segment's header alone
  }
}

Journal::~Journal() { stop(); }

Backlog::Hooks Journal::backlog_hooks() {
  return {.settled =
              [this](Sequence sequence) {
                return sequence < recovered_end_ && progress_.with([&](const Progress& progress) {
                  return progress.state.settled.contains(sequence);
                });
              },
          .lost = [this](Sequence first, Sequence end, const Place& place,
                         std::string_view why) { lose(first, end, 0, place, why); },
          .keep_aside = [this](const Segment& segment, std::uint64_t offset,
                               std::uint64_t end) { quarantine_->keep(segment.id(), segment.file(), offset, end); },
          .unknown =
              [this](const RecordHeader& header, const Place& place) {
                if (unknown_gate_.open(clock_.mono())) {
                  log::error(
                      "a record of a kind that this respand does not know waits in the journal: use the version that "
                      "wrote it",
                      {{"kind", header.kind},
                       {"sequence", header.sequence.value},
                       {"segment", place.segment.value},
                       {"offset", place.offset},
                       {"held_back", unknown_gate_.held_back()}});
                }
              },
          .wake = [this] { sleeper_.wake(); }};
}

void Journal::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Journal::run(const std::stop_token& stop) {
  name_this_thread("journal");
  while (!stop.stop_requested()) {
    turns_.fetch_add(1, std::memory_order_relaxed);
    const MonoTime next = step();
    if (next <= clock_.mono()) {
      continue;
    }
    // While a group waits for room there is no use in hearing of more.
    if (group_.empty()) {
      bell_.arm();
      if (held_ || ring_.try_pop(held_)) {
        bell_.disarm();
        continue;
      }
    }
    sleeper_.wait_until(next);
    bell_.disarm();
  }
}

void Journal::stop() {
  if (std::exchange(stopped_, true)) {
    return;  // also from the destructor, when readers' bells may be gone already
  }
  if (thread_.joinable()) {
    thread_.request_stop();
    sleeper_.wake();
    thread_.join();
  }
  for (;;) {
    static_cast<void>(step());
    if (!group_.empty()) {
      refuse_all(Outcome::kStopped);  // It can't be written now; its writers have no acknowledgement.
    }
    if (!held_ && ring_.size() == 0) {
      break;
    }
  }
  leave_segment(false);
  persist_cursor();
  if (mark_) {
    mark_->clean = true;
    note_end();
    static_cast<void>(end_.sync());  // else the next start reads more
  }
}

MonoTime Journal::step() {
  const MonoTime now = clock_.mono();
  if (retry_at_ == MonoTime::max() || disk_full_ || !accepting()) {
    wants_room_ = true;  // before retire(): what is settled behind it wakes
  }
  // While records are refused or wait, the room is theirs.
  retire(accepting() && !pressed_ ? For::kTidiness : For::kRoom);
  if (!accepting() && now >= reopen_at_ && may_accept_again(now)) {
    accepting_ = true;
    set_trouble({});
  }
  collect();
  if (!accepting()) {
    refuse_all(Outcome::kFull);
  }
  if (!group_.empty() && (now >= retry_at_ || room_came())) {
    switch (commit()) {
      case Commit::kDone:
        retry_at_ = {};
        pressed_ = false;
        set_trouble({});
        break;
      case Commit::kNoRoom:
        on_no_room(now);
        break;
      case Commit::kFailed:
        on_failure(now);
        break;
    }
  }
  const bool more = now >= refill_at_ && backlog_.refill();
  if (backlog_.stalled() && now >= refill_at_) {
    refill_at_ = now + kRetryInterval;
  }
  backlog_.wake_readers();
  settle_passed_over();
  save_cursor(now);
  sync_if_due(now);
  if (more || (group_.empty() && (held_ || ring_.size() > 0))) {
    return now;
  }
  // While live files are above half the limit, settle() wakes.
  const MonoTime reopen = !accepting() && reopen_at_ > now ? reopen_at_ : MonoTime::max();
  return std::min({save_at_, sync_at_, reopen, group_.empty() ? MonoTime::max() : retry_at_,
                   backlog_.stalled() ? refill_at_ : MonoTime::max()});
}

bool Journal::pop(std::unique_ptr<Batch>& batch) { return batch != nullptr || ring_.try_pop(batch); }

void Journal::collect() {
  while (group_size_ < kMaxGroup && pop(held_)) {
    const std::uint64_t end = (segment_ ? offset_ : SegmentHeader::kSize) + group_size_;
    const bool empty = end == SegmentHeader::kSize;
    if (end + held_->size() > settings_.segment_size.value && !empty) {
      if (!group_.empty()) {
        return;  // the group fills its segment; held_ begins the next one
      }
      leave_segment(false);
    }
    group_size_ += held_->size();
    group_.push_back(std::move(held_));
  }
}

Journal::Commit Journal::commit() {
  const MonoTime begin = clock_.mono();
  // A failed sync, or a write that fails whatever its size, ends the segment at its last good length; the group is
  // written anew, to a new segment, once at once.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!segment_) {
      if (const Commit opened = open_segment(); opened != Commit::kDone) {
        return opened;
      }
    }
    seal_group();
    std::size_t batches = group_.size();
    Status durable = write_group(batches);
    while (!durable && durable.error().code == ErrorCode::kNoSpace && batches > 1) {
      batches /= 2;  // Where there is no room for all, there may be some for a few.
      durable = write_group(batches);
    }
    if (durable) {
      durable = sync_group();
    }
    if (durable) {
      disk_full_ = false;
      publish_group(batches);
      settle_group(batches, Outcome::kDurable);
      if (durable_bell_ != nullptr) {
        durable_bell_->ring();
      }
      commit_seconds_.observe(seconds(clock_.mono() - begin));
      return Commit::kDone;
    }
    fail_with(durable.error());
    leave_segment(true);
  }
  return Commit::kFailed;
}

void Journal::seal_group() {
  Sequence next{durable_end_};
  for (const auto& batch : group_) {
    batch->set_first_sequence(next);
    const auto encoded = batch->encoded();
    for (std::size_t at = 0; at < encoded.size(); at += record_extent(load<std::uint32_t>(&encoded[at] + 12))) {
      seal(&encoded[at], segment_->stamp(), next);
      next = next.next();
    }
  }
}

// Writes the first so many batches.
Status Journal::write_group(std::size_t batches) {
  parts_.clear();
  for (std::size_t i = 0; i < batches; ++i) {
    parts_.emplace_back(group_[i]->encoded());
  }
  return segment_->file().write_at(offset_, parts_);
}

Status Journal::sync_group() {
  switch (settings_.sync) {
    case Sync::kAlways: {
      Status synced = segment_->file().sync_data();
      if (!synced) {
        segments_.spoil_newest();
      }
      return synced;
    }
    case Sync::kInterval:
      sync_at_ = std::min(sync_at_, clock_.mono() + settings_.sync_interval);
      return {};
    case Sync::kNever:
      return {};
  }
  return {};
}

void Journal::publish_group(std::size_t batches) {
  const std::span<const std::unique_ptr<Batch>> written(group_.data(), batches);
  Sequence next{durable_end_};
  std::uint64_t bytes = 0;
  for (const auto& batch : written) {
    next = Sequence{next.value + batch->records()};
  }
  backlog_.extend(next);
  std::uint64_t last = offset_;
  for (const auto& batch : written) {
    const auto encoded = batch->encoded();
    for (std::size_t at = 0; at < encoded.size();) {
      const RecordHeader header = decode_record(&encoded[at]);
      last = offset_ + at;
      backlog_.offer(segment_, offset_ + at, header);
      bytes += header.length;
      at += record_extent(header.length);
    }
    offset_ += encoded.size();
  }
  durable_end_ = next.value;
  appended_ += bytes;
  mark_ = EndMark{.journal = id_,
                  .segment = segment_->id(),
                  .offset = last,
                  .sequence = Sequence{next.value - 1},
                  .appended = appended_};
  note_end();
}

void Journal::note_end() {
  if (auto noted = end_.write(*mark_); !noted && end_gate_.open(clock_.mono())) {
    log::warning("the journal's end can't be noted: its next start takes longer", {{"error", noted.error().message}});
  }
}

// Hands the first so many batches back to their producers.
void Journal::settle_group(std::size_t batches, Outcome outcome) {
  for (std::size_t i = 0; i < batches; ++i) {
    group_size_ -= group_[i]->size();
    Producer& producer = group_[i]->producer();
    producer.settled(std::move(group_[i]), outcome);
  }
  group_.erase(group_.begin(), group_.begin() + static_cast<std::ptrdiff_t>(batches));
}

void Journal::refuse_all(Outcome outcome) {
  settle_group(group_.size(), outcome);
  while (pop(held_)) {
    Producer& producer = held_->producer();
    producer.settled(std::move(held_), outcome);
  }
}

void Journal::leave_segment(bool failed) {
  if (!segment_) {
    return;
  }
  if (filled_bell_ != nullptr) {
    filled_bell_->ring();
  }
  if (failed && offset_ == SegmentHeader::kSize) {
    segment_.reset();
    segments_.discard_newest();
    return;
  }
  if (failed) {
    // What it holds of a group that is then refused must not come back with the next start; and room is room.
    static_cast<void>(segment_->file().truncate(offset_));
  }
  if (sync_at_ != MonoTime::max()) {
    static_cast<void>(sync_segment());  // the groups before the one that failed, too
  }
  segments_.close(*segment_);
  segment_.reset();
}

void Journal::retire(For purpose) {
  const Sequence floor = needed_from();
  const Sequence read{trail_from_};
  switch (purpose) {
    case For::kTidiness:
      give_up(std::min(floor, read));
      return;
    case For::kOneMore:
      give_up(std::min(floor, read));
      if (const auto oldest = segments_.oldest(); oldest && !segments_.room()) {
        give_up(std::min(floor, oldest->limit));
      }
      break;
    case For::kRoom:
      give_up(floor);
      break;
  }
  const auto oldest = segments_.oldest();
  if (oldest && read < oldest->name.first && trail_gate_.open(clock_.mono())) {
    log::warning("the journal needs room: it gave up records that the ledger had not read yet",
                 {{"sequence", read.value}, {"oldest", oldest->name.first.value}});
  }
}

// Everything below is settled, and the spool does not look back to it.
Sequence Journal::needed_from() const {
  const Sequence floor = progress_.with([](const Progress& progress) { return progress.state.settled.floor(); });
  return std::min(floor, Sequence{keep_from_});
}

void Journal::settle_passed_over() {
  if (!backlog_.passed_over().empty()) {
    dropped_sampled_out_.add(static_cast<double>(settle(backlog_.passed_over())));
    backlog_.forget_passed_over();
  }
}

void Journal::save_cursor(MonoTime now) {
  if (save_at_ != MonoTime::max()) {
    if (now >= save_at_) {
      persist_cursor();
    }
  } else if (cursor_changed_.load(std::memory_order_relaxed)) {
    save_at_ = now + kCursorDelay;
  }
}

void Journal::persist_cursor() {
  save_at_ = MonoTime::max();
  cursor_changed_ = false;
  Cursor* cursor = nullptr;
  Sequence floor;
  Status saved = progress_.with([&](Progress& progress) {
    cursor = &progress.cursor;
    floor = progress.state.settled.floor();
    if (floor.value == durable_end_) {
      progress.state.settled_bytes = appended_;  // those of lost records were not known
    }
    progress.state.keep_from = keep_to_persist();
    return progress.cursor.prepare(progress.state);
  });
  if (saved) {
    saved = cursor->sync();  // outside the lock: workers do not wait for the disk
  }
  save_failed_ = !saved;
  if (saved) {
    saved_floor_ = floor;
    return;
  }
  save_at_ = clock_.mono() + kCursorDelay;
  if (cursor_gate_.open(clock_.mono())) {
    log::warning("the journal's cursor could not be saved: after a power cut some records may be sent again",
                 {{"error", saved.error().message}, {"held_back", cursor_gate_.held_back()}});
  }
}

// Before a segment is given up the cursor on disk must say that its records are settled, or a start after a crash would
// count them as lost. False where the disk does not take the cursor.
bool Journal::settle_on_disk(Sequence end) {
  const bool failed_just_now = save_failed_ && clock_.mono() < save_at_;
  if (saved_floor_ < end && !failed_just_now) {
    persist_cursor();
  }
  return saved_floor_ >= end;
}

// Where the cursor can't be saved segments stay, but while their room is needed: else nobody could write any more.
void Journal::give_up(Sequence floor) {
  const auto oldest = segments_.oldest();
  if (oldest && oldest->limit <= floor && (settle_on_disk(floor) || !segments_.room())) {
    segments_.retire(floor);
  }
}

void Journal::sync_if_due(MonoTime now) {
  if (sync_at_ != MonoTime::max() && now >= sync_at_ && !sync_segment()) {
    leave_segment(true);
  }
}

// Under journal.sync: interval. Requires: an open segment.
bool Journal::sync_segment() {
  sync_at_ = MonoTime::max();
  const Status synced = segment_->file().sync_data();
  if (!synced) {
    segments_.spoil_newest();
    log::error("the journal could not be synced: records of the last interval may be lost if the power fails",
               {{"error", synced.error().message}});
  }
  return synced.has_value();
}

bool Journal::offer(std::unique_ptr<Batch>& batch) noexcept {
  RESPAND_CHECK(batch->records() > 0);
  if (!ring_.try_push(batch)) {
    return false;
  }
  bell_.ring();
  return true;
}

void Journal::keep_from(Sequence floor) noexcept {
  if (floor.value > keep_from_) {
    keep_from_ = floor.value;
    note_progress();  // A segment may have become free.
  }
}

void Journal::follow(queue::Doorbell& durable, queue::Doorbell& filled) {
  RESPAND_CHECK(durable_bell_ == nullptr);
  durable_bell_ = &durable;
  filled_bell_ = &filled;
  trail_from_ = 0;
}

Sequence Journal::begin(Sequence from) {
  const Sequence end = durable_end();
  const auto oldest = segments_.oldest();
  const Sequence next = std::min(from > Sequence{} ? from : oldest ? oldest->name.first : end, end);
  follower_.start(next);
  trail_from_ = next.value;
  return next;
}

void Journal::release(Sequence floor) noexcept {
  trail_from_ = std::max(trail_from_.load(), floor.value);  // One thread writes; the next step() sees it.
}

Sequence Journal::hold() noexcept {
  const std::uint64_t end = durable_end_;
  keep_from_ = std::min(keep_from_.load(), end);
  return Sequence{end};
}

// What a later run may have to look back to. The end is read first: where nothing is held by then, whatever the spool
// offers afterwards comes behind it.
Sequence Journal::keep_to_persist() const {
  const std::uint64_t end = durable_end_;
  return Sequence{std::min(end, keep_from_.load())};
}

Status Journal::read(const Ref& ref, std::string& payload) const {
  payload.clear();
  return append(ref, payload);
}

Status Journal::append(const Ref& ref, std::string& text) const {
  const std::size_t front = text.size();
  Status read_in = read_behind(front, ref, text);
  if (!read_in) {
    text.resize(front);
  }
  return read_in;
}

// Reads the record to text[front …), then moves the payload down over what stands before it: one read, no other memory.
Status Journal::read_behind(std::size_t front, const Ref& ref, std::string& text) const {
  if (ref.sequence.value < dropped_below_.load(std::memory_order_relaxed)) {
    return error(ErrorCode::kNotFound, "it was dropped");
  }
  text.resize(front + RecordHeader::kSize + ref.length);
  auto got = ref.segment->file().read_at(ref.offset, std::as_writable_bytes(std::span(text).subspan(front)));
  if (!got) {
    return std::move(got).error();
  }
  const auto* const record = reinterpret_cast<const std::byte*>(text.data() + front);
  if (front + *got < text.size()) {
    return error(ErrorCode::kCorrupt, "its segment ends before it");
  }
  const RecordHeader header = decode_record(record);
  if (header.length != ref.length || header.sequence != ref.sequence || header.attributes > header.length ||
      !intact(record)) {
    return error(ErrorCode::kCorrupt, "its checksum does not hold");
  }
  text.erase(front, RecordHeader::kSize + header.attributes);
  return {};
}

std::uint64_t Journal::settle(std::span<const Done> done) {
  const std::uint64_t fresh = progress_.with([&](Progress& progress) {
    std::uint64_t count = 0;
    for (const Done& record : done) {
      if (progress.state.settled.add(record.sequence)) {
        ++count;
        progress.state.settled_bytes += record.length;
      }
    }
    progress.state.keep_from = keep_to_persist();
    auto written = progress.cursor.write(progress.state);
    if (!written && progress.failures.open(clock_.mono())) {
      log::warning("the journal's cursor could not be written: after a crash some records may be sent again",
                   {{"error", written.error().message}});
    }
    return count;
  });
  note_progress();
  return fresh;
}

void Journal::note_progress() {
  const bool first_change = !cursor_changed_.load(std::memory_order_relaxed) && !cursor_changed_.exchange(true);
  const bool room = wants_room_.load() && wants_room_.exchange(false);
  if (first_change || room) {
    sleeper_.wake();
  }
}

void Journal::lost(const Ref& ref, std::string_view why) {
  if (progress_.with([&](const Progress& progress) { return progress.state.settled.contains(ref.sequence); })) {
    return;  // Dropped between the look and the read: it is counted.
  }
  quarantine_->keep(ref.segment->id(), ref.segment->file(), ref.offset, ref.offset + record_extent(ref.length));
  lose(ref.sequence, ref.sequence.next(), ref.length, {ref.segment->id(), ref.offset}, why);
}

void Journal::lose(Sequence first, Sequence end, std::uint64_t bytes, const Place& place, std::string_view why) {
  const std::uint64_t lost = progress_.with([&](Progress& progress) {
    const std::uint64_t fresh = progress.state.settled.add_range(first, end);
    progress.state.settled_bytes += fresh > 0 ? bytes : 0;
    return fresh;
  });
  if (lost == 0) {
    return;
  }
  dropped_damaged_.add(static_cast<double>(lost));
  note_progress();
  log::error("records of the journal can't be read any more; what is left of them is in its quarantine folder",
             {{"first_sequence", first.value},
              {"records", lost},
              {"segment", place.segment.value},
              {"offset", place.offset},
              {"why", why}});
}

Snapshot Journal::snapshot() const {
  Snapshot now;
  now.accepting = accepting();
  now.trouble = trouble();
  now.file_bytes = segments_.live_bytes().value;
  progress_.with([&](const Progress& progress) {
    const SettledSet& settled = progress.state.settled;
    const std::uint64_t end = durable_end_;
    const std::uint64_t appended = appended_;
    now.backlog_records =
        end > settled.floor().value + settled.above_floor() ? end - settled.floor().value - settled.above_floor() : 0;
    now.backlog_bytes = now.backlog_records > 0 && appended > progress.state.settled_bytes
                            ? appended - progress.state.settled_bytes
                            : 0;
  });
  return now;
}

std::optional<WallTime> Journal::oldest() const {
  const Sequence floor = progress_.with([](const Progress& progress) { return progress.state.settled.floor(); });
  const auto entry = floor.value < durable_end_ ? segments_.find(floor) : std::nullopt;
  if (!entry) {
    return std::nullopt;
  }
  auto segment = segments_.open(entry->name);
  if (!segment) {
    return std::nullopt;
  }
  Scanner scanner(**segment, SegmentHeader::kSize, entry->name.first, floor.next());
  for (;;) {
    const auto step = scanner.next(Scanner::Check::kHeader);
    if (!step || *step == Scanner::Step::kNone) {
      return std::nullopt;
    }
    if (scanner.header().sequence == floor) {
      return scanner.header().received;
    }
  }
}

void Journal::collect_gauges() {
  const Snapshot now = snapshot();
  backlog_records_.set(static_cast<double>(now.backlog_records));
  backlog_bytes_.set(static_cast<double>(now.backlog_bytes));
  journal_bytes_.set(static_cast<double>(now.file_bytes));
  const auto received = oldest();
  backlog_oldest_.set(received ? std::max(0.0, seconds(clock_.wall() - *received)) : 0.0);
}

Status Journal::visit(const std::function<bool(Sequence, std::string_view)>& visit) const {
  const Sequence end{durable_end_};
  const auto oldest = segments_.oldest();
  Sequence next = std::max(history_from_, oldest ? oldest->name.first : end);
  while (next < end) {
    const auto entry = segments_.find(next);
    auto segment = entry ? segments_.open(entry->name)
                         : Result<std::shared_ptr<Segment>>(error(ErrorCode::kNotFound, "a segment is missing"));
    if (!segment) {
      return std::move(segment).error();
    }
    const Sequence limit = std::min(entry->limit, end);
    Scanner scanner(**segment, SegmentHeader::kSize, entry->name.first, limit);
    for (;;) {
      auto step = scanner.next(Scanner::Check::kHeader);
      if (!step) {
        return std::move(step).error();
      }
      if (*step == Scanner::Step::kNone) {
        const auto more = scanner.expected() < limit ? scanner.resync() : Result<bool>(false);
        if (!more || !*more) {
          break;
        }
        continue;
      }
      if (scanner.header().sequence < next || scanner.header().attributes == 0) {
        continue;
      }
      auto attributes = scanner.attributes();
      if (!attributes) {
        return std::move(attributes).error();
      }
      if (!visit(scanner.header().sequence, *attributes)) {
        return {};
      }
    }
    next = limit;
  }
  return {};
}

}  // namespace respand::journal
