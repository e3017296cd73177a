// Journal: how it is opened.

#include <algorithm>
#include <utility>

#include "journal/journal.h"
#include "journal/repair.h"
#include "respand/base/text.h"

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
  static_cast<void>(fs.remove(cat(settings.directory, "/", Segments::kPrepared)));
  static_cast<void>(fs.remove(cat(settings.directory, "/", Segments::kCopy)));
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
      backlog_(segments_, recovered.progress.acked.floor(), recovered.next, backlog_hooks(), settings.references),
      routes_(segments_, recovered.progress.acked.floor(), recovered.next, route_hooks()),
      tailer_(segments_),
      progress_(Progress{std::move(recovered.progress), std::move(recovered.cursor), log::LogThrottle{}}),
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
      end_(std::move(recovered.end)),
      compactor_(segments_, settings.segment_size.value, compactor_hooks()) {
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

RouteBacklog::Hooks Journal::route_hooks() {
  return {.acked = backlog_hooks().acked, .wake = [this] { sleeper_.wake(); }};
}

Backlog::Hooks Journal::backlog_hooks() {
  return {.acked =
              [this](Sequence sequence) {
                return sequence < recovered_end_ && progress_.with([&](const Progress& progress) {
                  return progress.state.acked.contains(sequence);
                });
              },
          .lost = [this](Sequence first, Sequence end, const Place& place,
                         std::string_view why) { lose(first, end, 0, place, why); },
          .keep_aside = [this](const Segment& segment, std::uint64_t offset,
                               std::uint64_t end) { quarantine_->keep(segment.id(), *segment.file(), offset, end); },
          .acked_before = [this](Sequence first, Sequence end) { note_acked_before(first, end); },
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

}  // namespace respand::journal
