#include "cli/archive.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "respand/base/check.h"

namespace respand::cli {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kLongestPath = 100;

// Octal digits and a zero byte.
void put_octal(std::string& header, std::size_t at, std::size_t size, std::uint64_t number) {
  std::array<char, 24> text;
  std::snprintf(text.data(), text.size(), "%0*llo", static_cast<int>(size - 1),
                static_cast<unsigned long long>(number));
  header.replace(at, size - 1, text.data(), size - 1);
}

}  // namespace

void Archive::add(std::string_view path, std::string_view content) {
  RESPAND_CHECK(path.size() <= kLongestPath);
  std::string header(kBlock, '\0');
  header.replace(0, path.size(), path);
  put_octal(header, 100, 8, 0600);
  put_octal(header, 108, 8, 0);
  put_octal(header, 116, 8, 0);
  put_octal(header, 124, 12, content.size());
  put_octal(header, 136, 12, seconds_);
  header.replace(148, 8, "        ");  // the checksum is made over blanks in its own place
  header[156] = '0';
  header.replace(257, 5, "ustar");
  header.replace(263, 2, "00");
  std::uint64_t sum = 0;
  for (const char c : header) {
    sum += static_cast<unsigned char>(c);
  }
  put_octal(header, 148, 7, sum);
  header[154] = '\0';
  bytes_ += header;
  bytes_ += content;
  bytes_.append((kBlock - content.size() % kBlock) % kBlock, '\0');
}

std::string Archive::tar() const { return bytes_ + std::string(2 * kBlock, '\0'); }

}  // namespace respand::cli
