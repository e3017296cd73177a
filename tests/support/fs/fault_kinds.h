#pragma once
// The kinds of calls that FaultFileSystem counts and lets fail, and how a call fails. Values; any thread.

#include <cerrno>
#include <cstdint>

namespace respand::fs {

// Kinds of calls, to be joined with |.
using Calls = std::uint32_t;
namespace calls {
inline constexpr Calls kOpen = 1U << 0;
inline constexpr Calls kRead = 1U << 1;
inline constexpr Calls kWrite = 1U << 2;
inline constexpr Calls kSyncData = 1U << 3;
inline constexpr Calls kTruncate = 1U << 4;
inline constexpr Calls kSize = 1U << 5;
inline constexpr Calls kRename = 1U << 6;
inline constexpr Calls kRemove = 1U << 7;
inline constexpr Calls kSyncDirectory = 1U << 8;
inline constexpr Calls kList = 1U << 9;
inline constexpr Calls kMakeDirectories = 1U << 10;
inline constexpr Calls kLock = 1U << 11;
inline constexpr Calls kFreeSpace = 1U << 12;
inline constexpr Calls kIdentity = 1U << 13;
// On a Directory, its files and names: what they are, and who writes to them.
inline constexpr Calls kLook = 1U << 14;
inline constexpr Calls kWriters = 1U << 15;
inline constexpr Calls kAll = (1U << 16) - 1;
}  // namespace calls

// How a call fails. A write that fails may have written any prefix. A sync_data() that fails has, for each write since
// the last one, kept it to be synced later, put it on the disk whole or torn, or forgotten it: reads still see it, a
// later sync_data() succeeds, and a crash shows that it never reached the disk. A make_directories() that fails may
// have made the first of its folders. The others did nothing.
struct Fault {
  int os_error = EIO;
  bool for_good = false;      // every later call of these kinds fails too
  Calls calls = calls::kAll;  // the kinds that are counted and that fail
};

}  // namespace respand::fs
