// The daemon's precompiled headers (daemon/CMakeLists.txt) belong to this file, which has no code.
