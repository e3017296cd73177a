#pragma once
// Shortage: what a failed call of the file system had no room for, so that whoever tells people what to do need not
// read the error's text. A value; any thread.

#include <cstdint>

#include "respand/base/result.h"

namespace respand::fs {

enum class Shortage : std::uint8_t {
  kNone,    // room was not what it lacked
  kSpace,   // the disk or a quota has no room
  kInodes,  // the disk has room, but not for another file
  kLimit,   // a limit of respand's own
};
// An error keeps what it is whatever context() it gained.
[[nodiscard]] Shortage shortage_of(const Error& error) noexcept;

}  // namespace respand::fs
