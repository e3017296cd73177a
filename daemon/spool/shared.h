#pragma once
// What the parts of the spool work on together: the directory, the table of its files, the queue of names that are to
// be looked at, and what is told of them. Spool thread.

#include <memory>
#include <string>
#include <utility>

#include "respand/encode/counters.h"
#include "respand/encode/record_encoder.h"
#include "spool/directory.h"
#include "spool/files.h"
#include "spool/queue.h"
#include "spool/rejected.h"
#include "spool/report.h"

namespace respand::spool {

struct Settings {
  std::string directory;
  Duration quiet_period = std::chrono::seconds{1};
  Bytes rejected_max_size = mebibytes(256);
  encode::RecordEncoder::Settings encoder;
  std::shared_ptr<const record::Rules> rules = nullptr;  // null: records stay as they are
  std::string key{};  // the name of that under which its records go out; empty: the configuration's
};

struct Shared {
  // All but `settings_in` is borrowed.
  Shared(Settings settings_in, fs::Directories& directories, metrics::Registry& registry, const Clock& clock_in)
      : settings(std::move(settings_in)),
        clock(clock_in),
        counters(registry, encode::kInputSpool),
        directory(directories, settings.directory),
        rejected(directory, settings.rejected_max_size, registry, clock),
        queue(settings.quiet_period),
        report(directory, rejected, registry, clock) {}

  // What was refused of the file can't be kept: its good records are taken all the same, and it stays until there is a
  // place for the others.
  void note_unkept(SpoolFile& file, const Error& error, MonoTime now);

  const Settings settings;
  const Clock& clock;
  const encode::Counters counters;
  SpoolDirectory directory;
  SpoolRejected rejected;
  SpoolQueue queue;
  Files files;
  Report report;
};

}  // namespace respand::spool
