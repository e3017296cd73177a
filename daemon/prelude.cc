// Holds the precompiled headers of the daemon (CMakeLists.txt); has nothing of its own.
