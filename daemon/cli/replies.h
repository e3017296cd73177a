#pragma once
// Reads the daemon's answers on an `!ack` connection: {"durable":N} and {"line":K,"error":"…"}; on an `!ack sequences`
// connection also {"line":K,"sequence":S,"records":N}. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace respand::cli {

struct Reply {
  enum class Kind : std::uint8_t { kDurable, kRefused, kNumbered };
  Kind kind = Kind::kDurable;
  std::uint64_t number = 0;    // N or K
  std::uint64_t sequence = 0;  // of the first record of a numbered line; those of the others follow it
  std::uint64_t records = 0;
  std::string error;  // of a refusal
  bool full = false;  // refused because the journal is full: worth another try later
};

// Reads one line; unknown members may follow the known ones. None where it is no answer of respand's.
[[nodiscard]] std::optional<Reply> parse_reply(std::string_view line);

}  // namespace respand::cli
