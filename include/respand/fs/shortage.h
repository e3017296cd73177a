#pragma once
// Shortage: what was lacking when a call of the file system failed, so that code that tells people what to do need not
// read the error's text. A value; any thread.

#include <cstdint>

#include "respand/base/result.h"

namespace respand::fs {

// What was lacking.
enum class Shortage : std::uint8_t {
  kNone,    // the failure has another reason
  kSpace,   // the disk or a quota has no room
  kInodes,  // the disk has room, but not for another file
  kLimit,   // a limit of respand's own
};
// What the error means. The answer is the same whatever context() the error gained on its way up.
[[nodiscard]] Shortage shortage_of(const Error& error) noexcept;

}  // namespace respand::fs
