#pragma once
// RelayAnnouncement: what a relay tells the others that share its rate limit: that it is there, or that it leaves. One
// line of text (FORMAT.md), which anybody who may publish to the subject can write. Pure; any thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace respand::fleet {

struct RelayAnnouncement {
  static constexpr std::string_view kMagic = "RSPNDREL";
  static constexpr std::size_t kLongest = 256;  // bytes; a longer one is none

  std::uint64_t relay = 0;   // drawn by each process at its start
  std::uint64_t number = 0;  // counts the announcements of one relay
  bool leaves = false;

  [[nodiscard]] std::string encode() const;
  // Nothing where it is no announcement. A newer version's is one: what it adds stands behind.
  [[nodiscard]] static std::optional<RelayAnnouncement> decode(std::string_view text);
};

// Where the relays of a stream announce themselves. It is no subject of the stream.
[[nodiscard]] std::string announcements_subject(std::string_view stream);

}  // namespace respand::fleet
