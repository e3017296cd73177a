#include "journal/journal_parts.h"

#include <utility>

namespace respand::journal {
namespace {

Segments::Limits limits_of(const Settings& settings) {
  return {.segment_size = settings.segment_size, .max_size = settings.max_size};
}

metrics::Counter dropped(metrics::Registry& registry, std::string_view reason) {
  return registry.counter("respand_records_dropped_total", "Accepted records that will not be delivered",
                          {{"reason", reason}});
}

// Records that an earlier run left count as received, through the journal, so that in each run all records that were
// received are delivered, dropped or still waiting.
void count_what_was_left(metrics::Registry& registry, const std::vector<Missing>& lost, std::uint64_t backlog) {
  std::uint64_t records = 0;
  for (const Missing& missing : lost) {
    records += missing.records;
  }
  dropped(registry, "damaged").add(static_cast<double>(records));
  registry.counter("respand_records_received_total", "Records that came in, accepted or not", {{"input", "journal"}})
      .add(static_cast<double>(backlog + records));
}

}  // namespace

JournalParts::JournalParts(const Settings& given, fs::FileSystem& fs, OpenedFolder folder, metrics::Registry& registry,
                           const Clock& time)
    : settings(given),
      clock(time),
      progress(sleeper),
      segments(fs, settings.directory, folder.recovered.journal, limits_of(settings), folder.recovered.live,
               folder.recovered.spare),
      end(folder.recovered.journal, folder.recovered.next, folder.recovered.appended, std::move(folder.recovered.end),
          clock),
      pins(end, progress, folder.recovered.progress.keep_from, clock),
      acknowledgements(folder.recovered.progress, std::move(folder.recovered.cursor), end, pins, progress, clock),
      availability(settings.when_full, clock),
      records(segments),
      lost(acknowledgements, std::move(folder.quarantine), dropped(registry, "damaged")),
      dispatch({segments, acknowledgements, lost, records, progress, clock}, folder.recovered.progress.acked.floor(),
               folder.recovered.next, settings.references, dropped(registry, "sampled_out")),
      tailer(segments, end, pins),
      history(segments, end, folder.recovered.progress.keep_from),
      queue(end, availability, sleeper),
      status({segments, acknowledgements, availability, end, clock}, registry),
      settlement(acknowledgements, progress),
      tail(segments, end, clock),
      writer(settings, segments, end, tail, tailer, clock),
      compaction({segments, acknowledgements, pins, end, lost, dispatch, availability, writer, tail, clock},
                 settings.segment_size),
      reclaimer(segments, acknowledgements, pins),
      capacity({segments, acknowledgements, reclaimer, compaction, dispatch, records, availability, end, writer, tail,
                clock},
               dropped(registry, "journal_full")),
      presence({fs, segments, writer, tail, compaction, acknowledgements, end, availability, clock}, settings.directory,
               std::move(folder.lock)),
      roller({writer, tail, capacity, presence, availability}, settings.segment_size),
      group({settings, queue, roller, writer, presence, dispatch, tailer, end, availability, clock},
            registry.histogram("respand_commit_seconds", "Time to write and sync one group of records",
                               metrics::latency_bounds())),
      full({settings, fs, segments, writer, roller, capacity, reclaimer, group, availability, progress}) {
  count_what_was_left(registry, folder.recovered.lost, acknowledgements.open().records);
  if (folder.recovered.unsaved) {
    acknowledgements.save();  // a second place that tells which journal it is, beside the segments' headers
  }
}

}  // namespace respand::journal
