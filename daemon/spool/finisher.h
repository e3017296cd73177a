#pragma once
// Finisher: removes the files that were read to their end and whose records are durable. It first gives a file a name
// of the spool's own, so that the file it looks at last is the file it removes, and not another one that somebody puts
// in its place meanwhile. Spool thread.

#include <cstdint>
#include <vector>

#include "respand/base/random.h"
#include "spool/ingester.h"
#include "spool/scanner.h"
#include "spool/shared.h"

namespace respand::spool {

class Finisher {
 public:
  // All are borrowed.
  Finisher(Shared& shared, Scanner& scanner, Ingester& ingester)
      : shared_(shared), scanner_(scanner), ingester_(ingester) {}

  // Finishes all files that have no record on its way, and syncs their removal.
  void finish(MonoTime now);
  // When a removal that could not be synced is to be synced again.
  [[nodiscard]] MonoTime next_wake() const { return sync_at_; }

 private:
  enum class Claim : std::uint8_t {
    kOurs,     // it has a name that nobody else knows, and nobody writes to it
    kOpen,     // somebody has it open for writing
    kGone,     // somebody else removed or renamed it, or put another file in its place
    kRefused,  // the operating system does not let it be renamed
  };
  enum class Kept : std::uint8_t { kNo, kCopied, kMoved };

  void finish_file(SpoolFile& file, MonoTime now);
  [[nodiscard]] Claim claim(SpoolFile& file, MonoTime now);
  [[nodiscard]] bool claimed(SpoolFile& file, MonoTime now);
  void remove_file(SpoolFile& file, MonoTime now);
  [[nodiscard]] bool unchanged(SpoolFile& file);
  [[nodiscard]] Kept publish_rejects(SpoolFile& file, MonoTime now);
  void stay(SpoolFile& file, MonoTime now);
  void put_back(SpoolFile& file, MonoTime now);
  void sync_removed(MonoTime now);
  void stay_a_while(SpoolFile& file, MonoTime now);
  void count_refused(const SpoolFile& file);

  Shared& shared_;
  Scanner& scanner_;
  Ingester& ingester_;
  std::vector<SpoolFile*> removed_;  // to be synced
  bool rejected_unsynced_ = false;   // so is rejected/, before them: files of removed_ were moved there
  MonoTime sync_at_ = MonoTime::max();
  std::uint32_t claims_ = static_cast<std::uint32_t>(entropy());  // the number in the next name of the spool's own
};

}  // namespace respand::spool
