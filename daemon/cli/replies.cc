#include "cli/replies.h"

#include "respand/base/text.h"
#include "respand/json/reader.h"
#include "respand/json/text.h"

namespace respand::cli {
namespace {

// By these words the protocol (docs/protocol.md) tells a full journal from other refusals. For array lines other words
// stand in front of them.
constexpr std::string_view kJournalFull = "the journal is full";

}  // namespace

std::optional<Reply> parse_reply(std::string_view line) {
  const bool ends = line.ends_with('}');
  Reply reply;
  json::Reader reader(line);
  if (reader.skip(R"({"durable":)")) {
    if (!reader.number(reply.number)) {
      return std::nullopt;
    }
  } else if (reader.skip(R"({"line":)")) {
    if (!reader.number(reply.number)) {
      return std::nullopt;
    }
    if (reader.skip(R"(,"sequence":)")) {
      reply.kind = Reply::Kind::kNumbered;
      if (!reader.number(reply.sequence) || !reader.skip(R"(,"records":)") || !reader.number(reply.records)) {
        return std::nullopt;
      }
    } else {
      reply.kind = Reply::Kind::kRefused;
      std::string_view error;
      if (!reader.skip(R"(,"error":)") || !reader.string(error)) {
        return std::nullopt;
      }
      reply.error = json::decoded(cat('"', error, '"'));
      reply.full = reply.error.find(kJournalFull) != std::string::npos;
    }
  } else {
    return std::nullopt;
  }
  const std::string_view rest = reader.rest();
  return ends && (rest.starts_with('}') || rest.starts_with(',')) ? std::optional(reply) : std::nullopt;
}

}  // namespace respand::cli
