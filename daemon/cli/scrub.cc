#include "cli/scrub.h"

#include <algorithm>

#include "record/detectors.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

using record::Detector;

std::string without(std::string text, std::string_view secret) {
  for (std::size_t at = 0; !secret.empty() && (at = text.find(secret, at)) != std::string::npos;) {
    text.replace(at, secret.size(), "********");
  }
  return text;
}

// "scheme://user:password@host" -> "scheme://********@host".
std::string without_passwords(std::string text) {
  for (std::size_t at = 0; (at = text.find("://", at)) != std::string::npos; at += 3) {
    const std::size_t begin = at + 3;
    const std::size_t end = std::min(text.find_first_of(" \t\"'/,;)", begin), text.size());
    const std::size_t sign = text.rfind('@', end);
    if (sign != std::string::npos && sign >= begin && sign < end) {
      text.replace(begin, sign - begin, "********");
    }
  }
  return text;
}

std::string without_detected(std::string_view text) {
  constexpr record::DetectorSet kAll = record::bit_of(Detector::kEmail) | record::bit_of(Detector::kApiKey) |
                                       record::bit_of(Detector::kBearer) | record::bit_of(Detector::kCreditCard);
  record::Matches matches(kAll, text);
  std::string out;
  std::size_t from = 0;
  for (record::Match match; matches.next(match);) {
    out += cat(text.substr(from, match.begin - from), "[removed]");
    from = match.end;
  }
  return cat(out, text.substr(from));
}

// Removes everything from a JSON object or array on. In a log line its quotes have backslashes before them.
std::string without_json(std::string text) {
  for (const std::string_view begin : {"{\"", "{\\\"", "[{"}) {
    if (const std::size_t at = text.find(begin); at != std::string::npos) {
      text.replace(at, std::string::npos, "{removed}");
    }
  }
  return text;
}

}  // namespace

std::string scrub(std::string_view text, std::string_view key, ScrubJson json) {
  std::string out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    std::string clean = without_passwords(without(std::string(line), key));
    if (json == ScrubJson::kYes) {
      clean = without_detected(without_json(std::move(clean)));
    }
    out += clean + '\n';
  }
  return out;
}

}  // namespace respand::cli
