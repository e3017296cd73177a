#include "respand/record/edit.h"

#include <algorithm>

#include "record/put.h"

namespace respand::record {
namespace {

// The first edit at or behind `offset`.
Edits::iterator first_from(Edits edits, std::size_t offset) noexcept {
  return std::lower_bound(edits.begin(), edits.end(), offset,
                          [](const Edit& edit, std::size_t place) { return edit.offset < place; });
}

}  // namespace

char* put_edited(std::string_view record, std::size_t begin, std::size_t end, Edits edits, char* out) noexcept {
  if (edits.empty()) {
    return put(out, record.substr(begin, end - begin));
  }
  for (auto edit = first_from(edits, begin); edit != edits.end() && edit->offset + edit->length <= end; ++edit) {
    out = put(out, record.substr(begin, edit->offset - begin));
    out = put(out, edit->replacement);
    begin = std::size_t{edit->offset} + edit->length;
  }
  return put(out, record.substr(begin, end - begin));
}

const Edit* edit_over(Edits edits, std::size_t offset) noexcept {
  const auto behind = first_from(edits, offset + 1);
  if (behind == edits.begin()) {
    return nullptr;
  }
  const Edit& edit = *std::prev(behind);
  return offset < std::size_t{edit.offset} + edit.length ? &edit : nullptr;
}

}  // namespace respand::record
