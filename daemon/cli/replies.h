#pragma once
// The daemon's answers on an `!ack` connection: {"durable":N} and {"line":K,"error":"…"}, and on an `!ack
// sequences` connection {"line":K,"sequence":S,"records":N}. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace respand::cli {

struct Reply {
  enum class Kind : std::uint8_t { kDurable, kRefused, kNumbered };
  Kind kind = Kind::kDurable;
  std::uint64_t number = 0;    // N or K
  std::uint64_t sequence = 0;  // of a numbered line's first record; the others follow
  std::uint64_t records = 0;
  std::string error;  // of a refusal
  bool full = false;  // refused for want of room in the journal: again later
};

// Reads one line of an answer; members it does not know may follow. Nothing where it is no answer of respand's.
[[nodiscard]] std::optional<Reply> parse_reply(std::string_view line);

}  // namespace respand::cli
