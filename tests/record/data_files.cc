#include "tests/record/data_files.h"

#include <zlib.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "respand/base/text.h"

namespace respand::record {

std::string data_file(std::string_view name) {
  const std::string path = cat(RESPAND_SOURCE_DIR, "/tests/record/data/", name);
  std::string text;
  gzFile_s* const file = ::gzopen(path.c_str(), "rb");  // reads a plain file as it is
  if (file != nullptr) {
    std::array<char, 1U << 16> buffer;
    for (int size = 0; (size = ::gzread(file, buffer.data(), buffer.size())) > 0;) {
      text.append(buffer.data(), static_cast<std::size_t>(size));
    }
  }
  if (file == nullptr || ::gzclose(file) != Z_OK || text.empty()) {
    std::fprintf(stderr, "test data: %s can't be read\n", path.c_str());
    std::abort();
  }
  return text;
}

}  // namespace respand::record
