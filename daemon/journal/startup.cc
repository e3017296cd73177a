#include "journal/startup.h"

#include <string>
#include <string_view>
#include <utility>

#include "journal/repair.h"
#include "journal/segments.h"
#include "respand/base/log.h"
#include "respand/base/text.h"

namespace respand::journal {
namespace {

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

// Syncs the newest segment. Records that a killed process had written and not yet synced are published and delivered,
// and the spool takes them as proof that a file is safe; so they must become durable first. Only the newest segment can
// hold such records, and its name was made durable before they were written.
Status secure(fs::FileSystem& fs, const Settings& settings, const Recovered& recovered) {
  if (recovered.live.empty() || settings.sync == Sync::kNever) {
    return {};
  }
  auto file = fs.open(cat(settings.directory, "/", segment_name(recovered.live.back().name)), fs::OpenMode::kReadWrite);
  return file ? (*file)->sync_data() : Status(std::move(file).error());
}

// Recovers, and repairs first where cursor and headers are damaged. That is the one case in which a start reads the
// whole backlog: without it, records would be there that nothing but themselves tells of, and the journal would seem
// empty.
Result<Recovered> recover_or_repair(const Settings& settings, fs::FileSystem& fs, const Clock& clock, Random& random,
                                    Quarantine& quarantine) {
  auto recovered = recover(fs, settings.directory, random, quarantine);
  if (!recovered || !recovered->needs_repair) {
    return recovered;
  }
  auto repaired = repair(fs, settings.directory, clock, {});
  if (!repaired) {
    return std::move(repaired).error();
  }
  log::error("the journal's cursor and headers were damaged: it was repaired from its records",
             {{"records", repaired->records}, {"backup", repaired->backup}});
  return recover(fs, settings.directory, random, quarantine);
}

}  // namespace

// The lock comes first, so that no other process changes what is being recovered; the sync comes before anything that
// was found is used.
Result<OpenedFolder> open_folder(const Settings& settings, fs::FileSystem& fs, const Clock& clock, Random& random) {
  if (auto made = fs.make_directories(settings.directory); !made) {
    return std::move(made).fail("journal.directory");
  }
  const std::string subject = cat("the journal in ", settings.directory);
  auto lock = fs.lock(settings.directory + "/lock");
  if (!lock) {
    return std::move(lock).fail(subject);
  }
  auto quarantine = std::make_unique<Quarantine>(fs, settings.directory);
  auto recovered = recover_or_repair(settings, fs, clock, random, *quarantine);
  if (!recovered) {
    return std::move(recovered).fail(subject);
  }
  if (auto secured = secure(fs, settings, *recovered); !secured) {
    return std::move(secured).fail(subject);
  }
  say_what_is_missing(settings.directory, *recovered);
  // Files that an earlier run was preparing when it ended; their records are still in the segments.
  static_cast<void>(fs.remove(cat(settings.directory, "/", Segments::kPrepared)));
  static_cast<void>(fs.remove(cat(settings.directory, "/", Segments::kCopy)));
  return OpenedFolder{std::move(*lock), std::move(quarantine), std::move(*recovered)};
}

}  // namespace respand::journal
