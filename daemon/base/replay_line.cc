#include "respand/base/replay_line.h"

#include <cstdint>

#include "respand/base/text.h"

namespace respand {
namespace {

constexpr std::string_view kFront = R"({"respand-replay":1,"route":")";
constexpr std::string_view kKey = R"(","key":")";
constexpr std::string_view kBody = R"(","body":)";

// Up to what follows, which is taken off as well.
std::optional<std::string_view> take(std::string_view& text, std::string_view end) {
  const std::size_t at = text.find(end);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at + end.size());
  return taken;
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
  return cat(kFront, path_of(line.route), kKey, line.key, kBody, line.body, "}");
}

std::optional<ReplayLine> read_replay_line(std::string_view text) {
  if (!text.starts_with(kFront)) {
    return std::nullopt;
  }
  text.remove_prefix(kFront.size());
  const auto path = take(text, kKey);
  const auto key = path ? take(text, kBody) : std::nullopt;
  if (!key) {
    return std::nullopt;
  }
  const auto route = path->empty() ? std::optional(ApiRoute::kRecords) : route_of(*path);
  text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  if (!route || !text.starts_with('{') || !text.ends_with("}}")) {
    return std::nullopt;
  }
  return ReplayLine{*route, *key, text.substr(0, text.size() - 1)};
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
