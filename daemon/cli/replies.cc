#include "cli/replies.h"

#include <charconv>

#include "respand/record/check.h"

namespace respand::cli {
namespace {

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) {
    return false;
  }
  text.remove_prefix(prefix.size());
  return true;
}

bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return code == std::errc{};
}

// Takes a JSON string, quotes included.
std::optional<std::string_view> take_string(std::string_view& text) {
  if (!text.starts_with('"')) {
    return std::nullopt;
  }
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      const std::string_view whole = text.substr(0, at + 1);
      text.remove_prefix(at + 1);
      return whole;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Reply> parse_reply(std::string_view line) {
  const bool ends = line.ends_with('}');
  Reply reply;
  if (take(line, R"({"durable":)")) {
    if (!take_number(line, reply.number)) {
      return std::nullopt;
    }
  } else if (take(line, R"({"line":)")) {
    reply.kind = Reply::Kind::kRefused;
    if (!take_number(line, reply.number) || !take(line, R"(,"error":)")) {
      return std::nullopt;
    }
    const auto error = take_string(line);
    if (!error) {
      return std::nullopt;
    }
    reply.error = record::decoded(*error);
  } else {
    return std::nullopt;
  }
  return ends && (line.starts_with('}') || line.starts_with(',')) ? std::optional(reply) : std::nullopt;
}

}  // namespace respand::cli
