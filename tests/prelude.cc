// Holds the precompiled headers of the tests (CMakeLists.txt); has nothing of its own.
