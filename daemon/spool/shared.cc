#include "spool/shared.h"

#include "spool/limits.h"

namespace respand::spool {

void Shared::note_unkept(SpoolFile& file, const Error& error, MonoTime now) {
  report.issue(SpoolFault::kRejectsNotStored, writers_name(file.name), error, now);
  file.unkept = true;
  file.delay = error.code == ErrorCode::kInvalid ? kLongInterval : kIssueInterval;
  file.rejects.reset();
}

}  // namespace respand::spool
