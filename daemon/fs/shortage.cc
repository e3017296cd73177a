#include "respand/fs/shortage.h"

#include <cerrno>

#include "fs/no_inodes.h"

namespace respand::fs {

// An error of one of respand's own limits has no errno. EFBIG says that a single file may not grow further, not that
// the disk lacks room.
Shortage shortage_of(const Error& error) noexcept {
  if (error.code != ErrorCode::kNoSpace || error.os_error == EFBIG) {
    return Shortage::kNone;
  }
  return error.os_error == 0                  ? Shortage::kLimit
         : error.message.ends_with(kNoInodes) ? Shortage::kInodes
                                              : Shortage::kSpace;
}

}  // namespace respand::fs
