#pragma once
// Compressed texts, as a writer's own gzip or zstd would make them.

#include <string>
#include <string_view>

namespace respand::test {

[[nodiscard]] std::string gzipped(std::string_view text, int level = 6);
[[nodiscard]] std::string zstandard(std::string_view text);

}  // namespace respand::test
