#include "record/decode.h"

#include <cstring>

#include "respand/json/scan.h"
#include "respand/json/text.h"
#include "respand/record/record_parser.h"
#include "respand/record/usage_summary.h"

namespace respand::record {

std::string_view name_in(std::string_view value, char* scratch) {
  if (!value.starts_with('"')) {
    const bool number = !value.empty() && (json::is_digit(value.front()) || value.front() == '-');
    return number ? cut_name(value) : std::string_view();
  }
  const std::string_view inside = value.substr(1, value.size() - 2);
  if (inside.find('\\') == std::string_view::npos) {
    return cut_name(inside);
  }
  std::size_t size = 0;
  json::for_each_piece(inside, [&](std::string_view piece) {
    const std::string_view kept = cut_name(piece, kMaxName - size);
    std::memcpy(scratch + size, kept.data(), kept.size());
    size += kept.size();
    return kept.size() == piece.size();
  });
  return {scratch, size};
}

}  // namespace respand::record
