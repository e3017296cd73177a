#include "record/spelled_time.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "respand/json/scan.h"
#include "respand/record/decimal.h"

namespace respand::record {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// The place of the name that the word begins like; names may be written in full.
template <std::size_t N>
std::optional<std::size_t> place_in(const std::array<std::string_view, N>& names, std::string_view word) {
  const auto found = std::find_if(names.begin(), names.end(), [word](std::string_view name) {
    return word.size() >= name.size() &&
           std::equal(name.begin(), name.end(), word.begin(), [](char a, char b) { return a == lower(b); });
  });
  return found == names.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - names.begin()));
}

std::optional<int> number_in(std::string_view text, std::size_t least, std::size_t most, int max) {
  if (text.size() < least || text.size() > most || !std::all_of(text.begin(), text.end(), json::is_digit)) {
    return std::nullopt;
  }
  int value = 0;
  for (const char c : text) {
    value = value * 10 + (c - '0');
  }
  return value <= max ? std::optional(value) : std::nullopt;
}

// The parts of a time, in any order, each at most once.
class Parts {
 public:
  bool take(std::string_view word) {
    return take_date(word) || take_clock(word) || take_zone(word) || take_month(word) || take_day_or_year(word) ||
           place_in(kDays, word).has_value();
  }

  [[nodiscard]] bool put(std::int64_t& seconds, std::uint64_t& attoseconds, bool& zoned) const {
    if (!year_ || !month_ || !day_ || !clock_) {
      return false;
    }
    const std::chrono::year_month_day date{std::chrono::year{*year_},
                                           std::chrono::month{static_cast<unsigned>(*month_)},
                                           std::chrono::day{static_cast<unsigned>(*day_)}};
    if (!date.ok()) {
      return false;
    }
    seconds = std::int64_t{std::chrono::sys_days{date}.time_since_epoch().count()} * 86'400 + *clock_ -
              std::int64_t{60} * minutes_east_.value_or(0);
    attoseconds = attoseconds_;
    zoned = utc_ || minutes_east_.has_value();
    return seconds >= 0;
  }

 private:
  static bool once(std::optional<int>& part, std::optional<int> value) {
    const bool takes = value.has_value() && !part.has_value();
    part = takes ? value : part;
    return takes;
  }

  // 2026-11-21, 2026/11/21, 20261121, 21-Nov-2026; with a time of the day behind a T.
  bool take_date(std::string_view word) {
    if (const std::size_t mark = word.find_first_of("Tt"); mark == 8 || mark == 10) {
      return take_date(word.substr(0, mark)) && take_clock(word.substr(mark + 1));
    }
    if (word.size() == 8 && number_in(word, 8, 8, 99'991'231)) {
      return set_date(word.substr(0, 4), word.substr(4, 2), word.substr(6, 2));
    }
    if (word.size() == 10 && (word[4] == '-' || word[4] == '/') && word[7] == word[4]) {
      return set_date(word.substr(0, 4), word.substr(5, 2), word.substr(8, 2));
    }
    if (word.size() == 11 && word[2] == '-' && word[6] == '-') {
      return take_month(word.substr(3, 3)) && once(day_, number_in(word.substr(0, 2), 2, 2, 31)) &&
             once(year_, number_in(word.substr(7), 4, 4, 9999));
    }
    return false;
  }
  bool set_date(std::string_view year, std::string_view month, std::string_view day) {
    return once(year_, number_in(year, 4, 4, 9999)) && once(month_, number_in(month, 2, 2, 12)) &&
           once(day_, number_in(day, 2, 2, 31));
  }

  // 10:00:00.5, 10:00, 100000.5; with an offset or Z right behind it.
  bool take_clock(std::string_view word) {
    if (word.size() < 4 || !json::is_digit(word.front()) || clock_) {
      return false;
    }
    const std::size_t end = std::min(word.find_first_of("Zz+-"), word.size());
    std::string_view clock = word.substr(0, end);
    const std::size_t point = std::min(clock.find_first_of(".,"), clock.size());
    const std::string_view fraction = clock.substr(std::min(point + 1, clock.size()));
    if (point < clock.size() && !take_fraction(fraction)) {
      return false;
    }
    clock = clock.substr(0, point);
    const bool spaced = clock.size() >= 5 && clock[2] == ':';
    if (!spaced && clock.size() != 6) {
      return false;
    }
    const std::size_t step = spaced ? 3 : 2;
    const bool to_seconds = clock.size() == 3 * step - (spaced ? 1 : 0);
    if (!to_seconds && !fraction.empty()) {
      return false;  // nobody writes seconds as a fraction of a minute
    }
    if ((!to_seconds && clock.size() != 5) || (spaced && to_seconds && clock[5] != ':')) {
      return false;
    }
    const auto hours = number_in(clock.substr(0, 2), 2, 2, 23);
    const auto minutes = number_in(clock.substr(step, 2), 2, 2, 59);
    const auto seconds = to_seconds ? number_in(clock.substr(2 * step, 2), 2, 2, 60) : std::optional(0);
    if (!hours || !minutes || !seconds) {
      return false;
    }
    clock_ = 3600 * *hours + 60 * *minutes + *seconds;
    return end == word.size() || take_zone(word.substr(end));
  }
  bool take_fraction(std::string_view digits) {
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), json::is_digit)) {
      return false;
    }
    digits = digits.substr(0, kMaxScale);
    for (const char c : digits) {
      attoseconds_ = attoseconds_ * 10 + static_cast<std::uint64_t>(c - '0');
    }
    attoseconds_ *= static_cast<std::uint64_t>(power_of_ten(kMaxScale - static_cast<int>(digits.size())));
    return true;
  }

  // UTC, GMT, Z, +0100, -05:30, GMT+0100.
  bool take_zone(std::string_view word) {
    if (word == "Z" || word == "z" || word == "UTC" || word == "GMT") {
      utc_ = true;
      return true;
    }
    // Behind an offset the zone's name adds nothing.
    if (minutes_east_ && word.size() <= 5 &&
        std::all_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
      return true;
    }
    if (word.starts_with("GMT") || word.starts_with("UTC")) {
      word.remove_prefix(3);
    }
    if (word.size() < 3 || (word.front() != '+' && word.front() != '-')) {
      return false;
    }
    const auto hours = number_in(word.substr(1, 2), 2, 2, 23);
    std::string_view rest = word.substr(3);
    rest.remove_prefix(rest.starts_with(':') ? 1 : 0);
    const auto minutes = rest.empty() && word.size() == 3 ? std::optional(0) : number_in(rest, 2, 2, 59);
    if (!hours || !minutes) {
      return false;
    }
    const int east = word.front() == '-' ? -(60 * *hours + *minutes) : 60 * *hours + *minutes;
    return once(minutes_east_, east) || minutes_east_ == east;
  }

  bool take_month(std::string_view word) {
    const auto month = place_in(kMonths, word);
    return month && once(month_, static_cast<int>(*month) + 1);
  }
  bool take_day_or_year(std::string_view word) {
    return word.size() == 4 ? once(year_, number_in(word, 4, 4, 9999)) : once(day_, number_in(word, 1, 2, 31));
  }

  std::optional<int> year_;
  std::optional<int> month_;
  std::optional<int> day_;
  std::optional<int> clock_;  // seconds of the day
  std::optional<int> minutes_east_;
  std::uint64_t attoseconds_ = 0;
  bool utc_ = false;
};

}  // namespace

bool other_moment(std::string_view text, std::int64_t& seconds, std::uint64_t& attoseconds, bool& zoned) {
  constexpr std::size_t kLongest = 96;
  if (text.size() > kLongest) {
    return false;
  }
  // What stands behind says the same in other words: Java's [Europe/Berlin], JavaScript's (CET), Go's monotonic clock.
  if (text.ends_with(']')) {
    text = text.substr(0, text.find('['));
  }
  for (const std::string_view mark : {" (", " m=+", " m=-"}) {
    text = text.substr(0, text.find(mark));
  }
  Parts parts;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = text.find_first_not_of(" ,", at);
    if (begin == std::string_view::npos) {
      break;
    }
    const std::size_t end = std::min(text.find_first_of(" ,", begin), text.size());
    // A comma may be the point of a fraction.
    const std::size_t whole =
        end < text.size() && text[end] == ',' && end + 1 < text.size() && json::is_digit(text[end + 1])
            ? std::min(text.find(' ', end), text.size())
            : end;
    if (!parts.take(text.substr(begin, whole - begin))) {
      return false;
    }
    at = whole;
  }
  return parts.put(seconds, attoseconds, zoned);
}

}  // namespace respand::record
