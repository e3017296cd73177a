#pragma once
// Startup: locks the journal's folder and recovers what it holds. Everything found there becomes durable before it is
// believed. Main thread, before the journal's own starts.

#include <memory>

#include "journal/quarantine.h"
#include "journal/recovery.h"
#include "journal/settings.h"
#include "respand/base/clock.h"
#include "respand/base/random.h"
#include "respand/base/result.h"
#include "respand/fs/file_system.h"

namespace respand::journal {

struct OpenedFolder {
  std::unique_ptr<fs::Lock> lock;
  std::unique_ptr<Quarantine> quarantine;
  Recovered recovered;
};

// Makes the folder where it is missing, and logs which records are lost. kExists: another process uses it;
// kUnsupported: a newer format; anything else: the disk. `fs` is borrowed.
[[nodiscard]] Result<OpenedFolder> open_folder(const Settings& settings, fs::FileSystem& fs, const Clock& clock,
                                               Random& random);

}  // namespace respand::journal
