#include "fleet/relay_announcement.h"

#include <array>

#include "fleet/encoding.h"
#include "respand/base/text.h"

namespace respand::fleet {
namespace {

constexpr std::string_view kHere = "here";
constexpr std::string_view kLeaves = "leaves";

// The words of a line up to the number of `words`; false where there are fewer.
template <std::size_t count>
bool split(std::string_view text, std::array<std::string_view, count>& words) {
  for (std::size_t i = 0; i < count; ++i) {
    if (text.empty()) {
      return false;
    }
    const std::size_t end = text.find(' ');
    words[i] = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return true;
}

}  // namespace

std::string RelayAnnouncement::encode() const {
  return cat(kMagic, " 1 ", hexadecimal(relay), ' ', number, ' ', leaves ? kLeaves : kHere);
}

std::optional<RelayAnnouncement> RelayAnnouncement::decode(std::string_view text) {
  std::array<std::string_view, 5> words;
  if (text.size() > kLongest || !split(text, words) || words[0] != kMagic || words[2].size() != kHexDigits) {
    return std::nullopt;
  }
  const auto version = whole_number(words[1], 10);
  const auto relay = whole_number(words[2], 16);
  const auto number = whole_number(words[3], 10);
  const bool leaves = words[4] == kLeaves;
  if (!version || *version == 0 || !relay || !number || (!leaves && words[4] != kHere)) {
    return std::nullopt;
  }
  return RelayAnnouncement{*relay, *number, leaves};
}

std::string announcements_subject(std::string_view stream) { return cat("_RESPAND.RELAYS.", stream); }

}  // namespace respand::fleet
