#pragma once
// SpoolFault: what the spool could not do for want of the disk or of a right, as a value that `status` may act on, and
// in words for the log. Values; any thread.

#include <cstdint>
#include <string>
#include <string_view>

namespace respand::spool {

enum class SpoolFault : std::uint8_t {
  kNone,
  kNotOpened,       // the directory
  kNotListed,       // the directory
  kNotSynced,       // the directory
  kOriginsUnknown,  // what the journal holds of its files can't be read
  kFileNotRead,
  kFileNotRemoved,    // its records are durable
  kRejectsNotStored,  // refused lines of a file
};
// The line of the log: "a spool file can't be read".
[[nodiscard]] std::string_view words_of(SpoolFault fault) noexcept;

struct SpoolIssue {
  SpoolFault fault = SpoolFault::kNone;
  std::string text;  // for people: what, which file, and the system's word; empty where there is no fault
};

}  // namespace respand::spool
