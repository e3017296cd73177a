#pragma once
// Short words for tests of the file system: bytes in and out of a File as strings, and a folder that goes away by
// itself.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "respand/fs/file_system.h"

namespace respand::fs {

inline ConstBytes bytes_of(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

inline Status write(File& file, std::uint64_t offset, std::string_view text) {
  const ConstBytes part = bytes_of(text);
  return file.write_at(offset, {&part, 1});
}

// Up to `limit` bytes from `offset`; "<error>" where reading fails.
inline std::string read(const File& file, std::uint64_t offset = 0, std::size_t limit = 1 << 20) {
  std::string out(limit, '\0');
  const auto got = file.read_at(offset, std::as_writable_bytes(std::span(out)));
  return got ? out.substr(0, *got) : "<error>";
}

// Opens, or fails the test and returns null.
inline std::unique_ptr<File> open(FileSystem& file_system, const std::string& path, OpenMode mode = OpenMode::kCreate) {
  auto file = file_system.open(path, mode);
  EXPECT_TRUE(file) << file.error().message;
  return file ? std::move(*file) : nullptr;
}

}  // namespace respand::fs
