#pragma once
// Names and signal masks of threads. Each function is about the thread that calls it.

#include <string_view>

namespace respand {

// Names the calling thread as top and gdb show it. Cut to 15 bytes, the kernel's limit.
void name_this_thread(std::string_view name);
// Blocks the signals that the main thread handles (SIGTERM, SIGINT, SIGHUP) in the calling thread and in those it
// starts from now on, and ignores SIGPIPE and SIGXFSZ for the process. Call before the first thread starts.
void block_signals();

}  // namespace respand
