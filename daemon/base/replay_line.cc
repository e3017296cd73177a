#include "respand/base/replay_line.h"

#include <cstdint>

#include "respand/base/json_pieces.h"
#include "respand/base/text.h"

namespace respand {
namespace {

constexpr std::string_view kFront = R"({"respand-replay":1,"route":")";
constexpr std::string_view kKey = R"(,"key":")";
constexpr std::string_view kQuery = R"(,"query":")";
constexpr std::string_view kHeaders = R"(,"headers":")";
constexpr std::string_view kBody = R"(,"body":)";

void put_member(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) {
    out.append(name).append(value).push_back('"');
  }
}

// -1: not of the alphabet.
int sextet(char c) {
  constexpr int kUpper = 0;
  constexpr int kLower = 26;
  constexpr int kDigits = 52;
  return c >= 'A' && c <= 'Z'   ? c - 'A' + kUpper
         : c >= 'a' && c <= 'z' ? c - 'a' + kLower
         : c >= '0' && c <= '9' ? c - '0' + kDigits
         : c == '+'             ? 62
         : c == '/'             ? 63
                                : -1;
}

}  // namespace

std::string write_replay_line(const ReplayLine& line) {
  std::string out = cat(kFront, path_of(line.route), '"', kKey, line.key, '"');
  put_member(out, kQuery, line.query);
  put_member(out, kHeaders, line.headers);
  return out.append(kBody).append(line.body).append("}");
}

std::optional<ReplayLine> read_replay_line(std::string_view text) {
  ReplayLine line;
  std::string_view path;
  JsonPieces pieces(text);
  if (!pieces.skip(kFront) || !pieces.string(path) || !pieces.skip(kKey) || !pieces.string(line.key) ||
      (pieces.skip(kQuery) && !pieces.string(line.query)) || (pieces.skip(kHeaders) && !pieces.string(line.headers)) ||
      !pieces.skip(kBody)) {
    return std::nullopt;
  }
  const auto route = path.empty() ? std::optional(ApiRoute::kRecords) : route_of(path);
  line.body = pieces.rest();
  line.body = line.body.substr(0, line.body.find_last_not_of(" \t\r\n") + 1);
  if (!route || !line.body.starts_with('{') || !line.body.ends_with("}}")) {
    return std::nullopt;
  }
  line.route = *route;
  line.body.remove_suffix(1);
  return line;
}

std::optional<std::string> out_of_base64(std::string_view object) {
  constexpr std::string_view kOpen = R"({"base64":")";
  constexpr std::string_view kClose = R"("})";
  if (!object.starts_with(kOpen) || !object.ends_with(kClose) || object.size() < kOpen.size() + kClose.size()) {
    return std::nullopt;
  }
  std::string_view text = object.substr(kOpen.size(), object.size() - kOpen.size() - kClose.size());
  if (text.size() % 4 != 0) {
    return std::nullopt;
  }
  text.remove_suffix(text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0);
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const int value = sextet(c);
    if (value < 0) {
      return std::nullopt;
    }
    bits = bits << 6U | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes.push_back(static_cast<char>(bits >> held & 0xFFU));
    }
  }
  return bytes;
}

}  // namespace respand
