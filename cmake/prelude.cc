// Holds the precompiled headers of the daemon (daemon/CMakeLists.txt); has nothing of its own.
