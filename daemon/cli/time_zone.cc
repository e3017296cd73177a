#include "cli/time_zone.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "respand/base/text.h"

namespace respand::cli {
namespace {

void use(const std::string& zone) {
  ::setenv("TZ", zone.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): one thread
  ::tzset();
}

// "+02:00" in the form of POSIX, whose sign says what must be added to get UTC; empty for anything else.
std::string posix_offset(std::string_view text) {
  if (text.size() < 3 || (text.front() != '+' && text.front() != '-')) {
    return {};
  }
  std::string digits;
  for (const char c : text.substr(1)) {
    if (c >= '0' && c <= '9') {
      digits += c;
    } else if (c != ':' || digits.size() != 2) {
      return {};
    }
  }
  if ((digits.size() != 2 && digits.size() != 4) || digits.substr(0, 2) > "14" ||
      (digits.size() == 4 && digits.substr(2) > "59")) {
    return {};
  }
  const std::string minutes = digits.size() == 4 ? digits.substr(2) : "00";
  const char east = text.front();
  return cat("<", std::string(1, east), digits.substr(0, 2), minutes, ">", east == '+' ? "-" : "+", digits.substr(0, 2),
             ":", minutes);
}

// The C library takes an unknown name for UTC, so names must be checked before.
bool is_known(std::string_view name) {
  const bool plain = !name.empty() && name.front() != '/' && name.front() != '.' &&
                     name.find("..") == std::string_view::npos && std::all_of(name.begin(), name.end(), [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                              c == '_' || c == '-' || c == '+';
                     });
  return plain && ::access(cat("/usr/share/zoneinfo/", name).c_str(), R_OK) == 0;
}

}  // namespace

Result<TimeZone> TimeZone::named(std::string_view name) {
  if (name == "UTC" || name == "utc" || name == "Z") {
    return utc();
  }
  if (name == "local") {
    ::tzset();
    return TimeZone(false);
  }
  if (const std::string offset = posix_offset(name); !offset.empty()) {
    use(offset);
    return TimeZone(false);
  }
  if (is_known(name)) {
    use(cat(":", name));
    return TimeZone(false);
  }
  return error(ErrorCode::kInvalid, cat("'", printable(name, 60),
                                        "' is no time zone that this host knows: write UTC, local, a name such as "
                                        "Europe/Berlin, or an offset such as +02:00"));
}

std::string TimeZone::show(WallTime time) const {
  if (is_utc_) {
    return iso8601(time).substr(0, 19) + "Z";
  }
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm there{};
  ::localtime_r(&seconds, &there);
  const WallTime shown = WallTime{std::chrono::seconds{seconds + there.tm_gmtoff}};
  const long minutes = std::labs(there.tm_gmtoff) / 60;
  const auto two = [](long number) { return std::to_string(100 + number).substr(1); };
  return cat(iso8601(shown).substr(0, 19), there.tm_gmtoff < 0 ? "-" : "+", two(minutes / 60), ":", two(minutes % 60));
}

WallTime TimeZone::from_clock(WallTime shown) const {
  if (is_utc_) {
    return shown;
  }
  std::time_t seconds = std::chrono::floor<std::chrono::seconds>(shown).time_since_epoch().count();
  std::tm there{};
  ::gmtime_r(&seconds, &there);
  there.tm_isdst = -1;
  return WallTime{std::chrono::seconds{::mktime(&there)}};
}

}  // namespace respand::cli
