#include "journal/compactor.h"

#include <algorithm>
#include <array>

namespace respand::journal {

void Compactor::abandon() {
  measuring_.reset();
  if (copy_) {
    copy_.reset();
    segments_.discard_copy();
  }
}

Compactor::Turn Compactor::fail(const Error& why) {
  failure_ = why;
  abandon();
  return Turn::kFailed;
}

Compactor::Turn Compactor::fail_to_read(const Error& why, SegmentId segment) {
  ++failures_[segment.value];
  return fail(why);
}

// As in Backlog: a place that stays unreadable, while the rest of its segment can be read, must not stop compaction for
// ever.
bool Compactor::past_unreadable(const Segment& segment) const {
  const auto failed = failures_.find(segment.id().value);
  return failed != failures_.end() && failed->second >= kPatience && header_is_readable(segment);
}

Compactor::Turn Compactor::step(std::uint64_t bytes, const Scope& scope) {
  if (measuring_) {
    return go_on_measuring(bytes);
  }
  if (copy_) {
    return go_on_copying(bytes);
  }
  // Segments that could not be read before are tried only where nothing else is worth it, so that one bad place on the
  // disk does not keep the others from being compacted.
  const Turn planned = plan(scope, false);
  return planned == Turn::kNothing && !failures_.empty() ? plan(scope, true) : planned;
}

// All live segments in order, but for the one that is written. What is remembered of segments that are gone is dropped
// here. The newest one ends at the durable end: what lies behind is a group that is being written.
std::vector<Segments::Entry> Compactor::candidates(const Scope& scope) {
  std::vector<Segments::Entry> entries = segments_.all();
  if (!entries.empty()) {
    measures_.forget_before(entries.front().name.id);
    failures_.erase(failures_.begin(), failures_.lower_bound(entries.front().name.id.value));
    entries.back().limit = std::min(entries.back().limit, hooks_.durable_end());
  }
  if (!entries.empty() && !scope.newest) {
    entries.pop_back();
  }
  return entries;
}

// From a segment whose records are all open, nothing can be left out but the rest of a recycled file behind them. Where
// that can't be much by the usual size of a record, the segment need not be read.
std::optional<SegmentMeasure> Compactor::measure_of(const Segments::Entry& entry, const Look& look,
                                                    bool suspects) const {
  const SegmentMeasure all{.kept = entry.size, .kept_without_ledger = entry.size};
  if (!suspects && failures_.contains(entry.name.id.value)) {
    return all;
  }
  if (auto known = measures_.find(entry, look.now)) {
    return known;
  }
  const std::uint64_t records = entry.limit.value - entry.name.first.value;
  const bool full = !worth_while(entry.size, records * look.usual);
  return look.now.open == records && full ? std::optional(all) : std::nullopt;
}

// Segments are measured one a turn until all have a measure; then a run is chosen. A run that keeps what the ledger has
// not read is preferred.
Compactor::Turn Compactor::plan(const Scope& scope, bool suspects) {
  const std::vector<Segments::Entry> entries = candidates(scope);
  std::vector<SegmentLoad> loads;
  std::vector<SegmentLoad> without_ledger;
  for (const Segments::Entry& entry : entries) {
    const Look look = hooks_.look(entry.name.first, entry.limit);
    const auto measure = measure_of(entry, look, suspects);
    if (!measure) {
      return begin_measuring(entry, look.now);
    }
    loads.push_back({entry.size, std::min(entry.size, measure->kept)});
    without_ledger.push_back({entry.size, std::min(entry.size, measure->kept_without_ledger)});
  }
  const std::span<const Segments::Entry> all(entries);
  if (const auto run = choose_run(loads, segment_size_)) {
    return begin_copy(all.subspan(run->first, run->count), false);
  }
  const auto run = scope.ledger_gives_way ? choose_run(without_ledger, segment_size_) : std::nullopt;
  return run ? begin_copy(all.subspan(run->first, run->count), true) : Turn::kNothing;
}

Compactor::Turn Compactor::begin_measuring(const Segments::Entry& entry, const SegmentMeasures::Now& now) {
  auto segment = segments_.open(entry.name);
  if (!segment) {
    return fail_to_read(segment.error(), entry.name.id);
  }
  const bool past = past_unreadable(**segment);
  measuring_.emplace(entry, std::move(*segment), hooks_.open(entry.name.first, entry.limit), now, past);
  return Turn::kMore;
}

Compactor::Turn Compactor::go_on_measuring(std::uint64_t bytes) {
  const SegmentId segment = measuring_->segment();
  auto measured = measuring_->step(bytes);
  if (!measured) {
    return fail_to_read(measured.error(), segment);
  }
  if (*measured) {
    measures_.put(segment, measuring_->measure());
    measuring_.reset();
  }
  return Turn::kMore;
}

CompactionCopy::Settings Compactor::copy_settings(std::span<const Segments::Entry> run,
                                                  std::vector<SequenceRange> open) {
  return {.run = {run.begin(), run.end()},
          .open = std::move(open),
          .segment_readers = hooks_.look(run.front().name.first, run.back().limit).now.segment_readers,
          .past_unreadable = [this](const Segment& segment) { return past_unreadable(segment); },
          .lost = hooks_.lost,
          .keep_aside = hooks_.keep_aside};
}

Status Compactor::rescue(Segments::Entry segment) {
  abandon();
  segment.limit = std::min(segment.limit, hooks_.durable_end());
  const Sequence first = segment.name.first;
  if (first >= segment.limit) {
    return {};  // nothing in it was acknowledged
  }
  const std::array run{segment};
  CompactionCopy copy(segments_, copy_settings(run, hooks_.open(first, segment.limit)));
  for (auto copied = copy.step(~0ULL); !copied || !*copied; copied = copy.step(~0ULL)) {
    if (!copied) {
      return std::move(copied).error();
    }
  }
  const std::array ids{segment.name.id};
  hooks_.leave(ids);
  measures_.erase(segment.name.id);
  done_ = Done{.segment = segment.name.id, .end = segment.limit, .last_offset = copy.last_offset()};
  return segments_.replace(ids, copy.copy(), copy.index());
}

// The open ranges are taken from the cursor as it is on the disk now. Records that are acknowledged later are copied
// once more than needed, which does no harm.
Compactor::Turn Compactor::begin_copy(std::span<const Segments::Entry> run, bool without_ledger) {
  const Sequence first = run.front().name.first;
  const Sequence end = run.back().limit;
  auto open = hooks_.open_on_disk(first, end);
  if (!open) {
    return fail(error(ErrorCode::kUnavailable, "the journal's cursor could not be saved"));
  }
  CompactionCopy::Settings settings = copy_settings(run, std::move(*open));
  done_ = Done{.segment = run.front().name.id, .end = end};
  if (without_ledger && settings.segment_readers.ledger < end) {
    done_.ledger_lost_below = end;
    settings.segment_readers.ledger = Sequence{~0ULL};
  }
  copy_.emplace(segments_, std::move(settings));
  return Turn::kMore;
}

Compactor::Turn Compactor::go_on_copying(std::uint64_t bytes) {
  auto copied = copy_->step(bytes);
  if (!still_there(copy_->run())) {
    abandon();  // a segment of the run was recycled or dropped meanwhile
    return Turn::kMore;
  }
  if (!copied) {
    return copy_->read_failed() ? fail_to_read(copied.error(), copy_->at()) : fail(copied.error());
  }
  return *copied ? put_in_place() : Turn::kMore;
}

bool Compactor::still_there(std::span<const Segments::Entry> run) const {
  const std::vector<Segments::Entry> all = segments_.all();
  return std::search(all.begin(), all.end(), run.begin(), run.end(),
                     [](const Segments::Entry& one, const Segments::Entry& other) {
                       return one.name.id == other.name.id;
                     }) != all.end();
}

// Scans are closed before the segments are replaced, so that none goes on in a file whose offsets do not hold any more.
// The measure of the copy is known without reading it, unless it holds attributes that only the ledger looks for.
Compactor::Turn Compactor::put_in_place() {
  std::vector<SegmentId> run;
  std::uint64_t size = 0;
  for (const Segments::Entry& entry : copy_->run()) {
    run.push_back(entry.name.id);
    size += entry.size;
  }
  const Sequence first = copy_->run().front().name.first;
  const SegmentMeasures::Now now = hooks_.look(first, done_.end).now;
  const Sequence stubs_from = std::clamp(copy_->segment_readers().first(), first, done_.end);
  hooks_.leave(run);
  if (auto replaced = segments_.replace(run, copy_->copy(), copy_->index()); !replaced) {
    return fail(replaced.error());
  }
  measures_.erase(run.front());
  if (stubs_from == done_.end) {  // otherwise it is not known how much of it only the ledger looks for
    measures_.put(run.front(), {.edition = copy_->copy()->edition(),
                                .open = now.open,
                                .stubs_from = stubs_from,
                                .acked_bytes = now.acked_bytes,
                                .kept = copy_->kept(),
                                .kept_without_ledger = copy_->kept()});
  }
  for (const SegmentId segment : run) {
    failures_.erase(segment.value);
  }
  done_.last_offset = copy_->last_offset();
  done_.freed = size - std::min(size, copy_->size());
  copy_.reset();
  return Turn::kDone;
}

}  // namespace respand::journal
