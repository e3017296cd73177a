#include "respand/fs/shortage.h"
#include "respand/journal/snapshot.h"

namespace respand::journal {

Condition condition_of(const Error& error) noexcept {
  switch (fs::shortage_of(error)) {
    case fs::Shortage::kNone:
      return Condition::kIoError;
    case fs::Shortage::kSpace:
      return Condition::kDiskFull;
    case fs::Shortage::kInodes:
      return Condition::kNoInodes;
    case fs::Shortage::kLimit:
      return Condition::kFull;
  }
  return Condition::kIoError;
}

}  // namespace respand::journal
