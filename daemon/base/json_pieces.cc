#include "respand/base/json_pieces.h"

namespace respand {

bool JsonPieces::string(std::string_view& out) {
  for (std::size_t at = 0; at < rest_.size(); ++at) {
    if (rest_[at] == '\\') {
      ++at;
    } else if (rest_[at] == '"') {
      out = rest_.substr(0, at);
      rest_.remove_prefix(at + 1);
      return true;
    }
  }
  return false;
}

}  // namespace respand
