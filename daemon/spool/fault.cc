#include "spool/fault.h"

namespace respand::spool {

std::string_view words_of(SpoolFault fault) noexcept {
  switch (fault) {
    case SpoolFault::kNone:
      return {};
    case SpoolFault::kNotOpened:
      return "the spool directory can't be opened";
    case SpoolFault::kNotListed:
      return "the spool directory can't be listed";
    case SpoolFault::kNotSynced:
      return "the spool directory can't be synced";
    case SpoolFault::kOriginsUnknown:
      return "spool files wait: it is not known what was taken of them";
    case SpoolFault::kFileNotRead:
      return "a spool file can't be read";
    case SpoolFault::kFileNotRemoved:
      return "a spool file was taken but can't be removed";
    case SpoolFault::kRejectsNotStored:
      return "refused lines of a spool file can't be kept";
  }
  return {};
}

}  // namespace respand::spool
