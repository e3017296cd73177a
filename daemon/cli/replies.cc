#include "cli/replies.h"

#include <charconv>

#include "respand/record/record_parser.h"

namespace respand::cli {
namespace {

// The protocol (docs/protocol.md) tells a full journal from other refusals by these words; array lines have others in
// front of them.
constexpr std::string_view kJournalFull = "the journal is full";

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
    if (!take_number(line, reply.number)) {
      return std::nullopt;
    }
    if (take(line, R"(,"sequence":)")) {
      reply.kind = Reply::Kind::kNumbered;
      if (!take_number(line, reply.sequence) || !take(line, R"(,"records":)") || !take_number(line, reply.records)) {
        return std::nullopt;
      }
    } else {
      reply.kind = Reply::Kind::kRefused;
      const auto error = take(line, R"(,"error":)") ? take_string(line) : std::nullopt;
      if (!error) {
        return std::nullopt;
      }
      reply.error = record::decoded(*error);
      reply.full = reply.error.find(kJournalFull) != std::string::npos;
    }
  } else {
    return std::nullopt;
  }
  return ends && (line.starts_with('}') || line.starts_with(',')) ? std::optional(reply) : std::nullopt;
}

}  // namespace respand::cli
