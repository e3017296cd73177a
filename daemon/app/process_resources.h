#pragma once
// What the process asks of the system for itself: memory and descriptors. Main thread.

#include <cstdint>

namespace respand::app {

// Before anything else: as many descriptors as the hard limit allows (socket.max_connections alone may be 4096), and
// large buffers in mappings of their own, so that the memory of a 20 MiB record goes back to the system with it.
// Returns how many descriptors there may be.
std::uint64_t set_process_limits();

// The key and records are in this process's memory: it leaves no core file, and no debugger or reader of /proc of the
// same user gets at it (root does). The TLS library writes the secrets of its connections to no file, though the
// environment (SSLKEYLOGFILE) names one. Before threads start.
void keep_secrets();

// Free heap pages go back to the system, and the pages of programs and libraries that were read so far are unmapped:
// most of them are of initialisers of the TLS, YAML and other libraries that never run again. What does run is mapped
// in again from the page cache on its next use. What stays resident is what the daemon needs.
void give_back_startup_memory();

}  // namespace respand::app
