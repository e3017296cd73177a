#pragma once
// How the file system says in an error's message that it has no inodes left, for which the kernel has no errno: ENOSPC
// stands for both. Written by posix_file_system.cc, read by shortage.cc.

#include <string_view>

namespace respand::fs {

inline constexpr std::string_view kNoInodes = " (no inodes left: df -i)";

}  // namespace respand::fs
