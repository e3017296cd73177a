#include "respand/record/half_pairs.h"

#include <cstring>

#include "respand/json/scan.h"

namespace respand::record {

std::size_t replace_half_pairs(std::string& json) {
  char* at = json.data();
  char* const last = at + json.size();
  std::size_t replaced = 0;
  bool in_string = false;
  while (at != last) {
    if (!in_string || *at == '"') {
      in_string = in_string != (*at == '"');
      ++at;
    } else if (*at != '\\') {
      at += json::find_quote(at, last) - at;
    } else if (last - at < 2) {
      break;
    } else if (at[1] != 'u') {
      at += 2;
    } else {
      const std::int32_t unit = json::hex4(at + 2, last);
      const bool first = json::is_high_surrogate(unit);
      const bool pair =
          first && last - at >= 12 && at[6] == '\\' && at[7] == 'u' && json::is_low_surrogate(json::hex4(at + 8, last));
      if ((first || json::is_low_surrogate(unit)) && !pair) {
        std::memcpy(at + 2, "fffd", 4);
        ++replaced;
      }
      at += pair ? 12 : unit < 0 ? 2 : 6;
    }
  }
  return replaced;
}

}  // namespace respand::record
