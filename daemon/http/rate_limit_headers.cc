#include "http/rate_limit_headers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "http/header_text.h"
#include "http/retry_after.h"
#include "respand/base/text.h"
#include "respand/base/trim.h"

namespace respand::http {
namespace {

bool equals(std::string_view text, std::string_view lower_text) {
  return text.size() == lower_text.size() && starts_with(text, lower_text);
}

// A count of requests: digits, perhaps with a fraction.
std::optional<double> count_in(std::string_view text) {
  text = trimmed(text);
  if (text.empty() || text.front() < '0' || text.front() > '9') {
    return std::nullopt;
  }
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (end != text.data() + text.size()) {
    return std::nullopt;
  }
  return code == std::errc{} ? std::min(value, RateLimitHeaders::kMaxNumber) : RateLimitHeaders::kMaxNumber;
}

// Takes the part of `rest` up to the first `mark` outside of quotes; `rest` is then what follows the mark.
std::string_view next_part(std::string_view& rest, char mark) {
  bool quoted = false;
  std::size_t i = 0;
  for (; i < rest.size() && (quoted || rest[i] != mark); ++i) {
    if (quoted && rest[i] == '\\') {
      i += i + 1 < rest.size() ? 1U : 0U;
    } else if (rest[i] == '"') {
      quoted = !quoted;
    }
  }
  const std::string_view part = rest.substr(0, i);
  rest.remove_prefix(std::min(i + 1, rest.size()));
  return trimmed(part);
}

// One member of a list of a structured field (RFC 9651): `"name";q=10;w=1`, or 10;w=1, or limit=10.
struct Item {
  std::string_view name;  // what stands before the parameters, with its quotes
  std::optional<double> quota;
  std::optional<double> window;  // seconds
  std::optional<double> remaining;
  std::optional<double> reset;  // seconds
  bool of_requests = true;
};

Item item_in(std::string_view text) {
  Item item;
  item.name = next_part(text, ';');
  while (!text.empty()) {
    const std::string_view parameter = next_part(text, ';');
    const std::size_t equal = parameter.find('=');
    if (equal == std::string_view::npos) {
      continue;
    }
    const std::string_view key = trimmed(parameter.substr(0, equal));
    const std::string_view value = trimmed(parameter.substr(equal + 1));
    if (key == "q") {
      item.quota = count_in(value);
    } else if (key == "w") {
      item.window = count_in(value);
    } else if (key == "r") {
      item.remaining = count_in(value);
    } else if (key == "t") {
      item.reset = count_in(value);
    } else if (key == "qu") {
      item.of_requests = equals(value, "\"requests\"");
    }
  }
  return item;
}

std::vector<Item> items_in(std::string_view text) {
  std::vector<Item> items;
  while (!text.empty() && items.size() < RateLimitHeaders::kMaxItems) {
    if (const Item item = item_in(next_part(text, ',')); !item.name.empty()) {
      items.push_back(item);
    }
  }
  return items;
}

Duration limited(double seconds) {
  const double most = std::chrono::duration<double>(kMaxRetryAfter).count();
  return std::chrono::ceil<Duration>(std::chrono::duration<double>(std::min(seconds, most)));
}

// The quota of a policy. Before version 8 of the draft the item itself is the quota: 300;w=60.
std::optional<double> quota_of(const Item& policy) { return policy.quota ? policy.quota : count_in(policy.name); }

bool is_policy(const Item& item) {
  const auto quota = quota_of(item);
  return item.of_requests && quota && *quota > 0 && item.window && *item.window > 0;
}

void set_policy(RateLimitHint& hint, const Item& policy) {
  hint.limit = quota_of(policy);
  hint.window = limited(*policy.window);
}

// Chooses the policy of this name; if there is none, the policy that allows the least a second.
void choose_policy(RateLimitHint& hint, std::string_view value, std::string_view name) {
  const std::vector<Item> items = items_in(value);
  const Item* chosen = nullptr;
  const auto rate = [](const Item& item) { return *quota_of(item) / *item.window; };
  for (const Item& item : items) {
    if (is_policy(item) && (chosen == nullptr || (!name.empty() && item.name == name) ||
                            (chosen->name != name && rate(item) < rate(*chosen)))) {
      chosen = &item;
    }
  }
  if (chosen != nullptr) {
    set_policy(hint, *chosen);
  }
}

// Reads how many requests are left. Of several policies the one counts that has the fewest left, and if these are equal
// the one that is reset later. Returns its name.
std::string_view read_state(RateLimitHint& hint, std::string_view value, std::string_view policies) {
  const std::vector<Item> known = items_in(policies);
  std::string_view name;
  for (const Item& item : items_in(value)) {
    const std::size_t equal = item.name.find('=');
    if (equal != std::string_view::npos && item.name.front() != '"') {  // version 7
      const std::string_view key = trimmed(item.name.substr(0, equal));
      const auto number = count_in(item.name.substr(equal + 1));
      if (equals(key, "limit")) {
        hint.limit = number;
      } else if (equals(key, "remaining")) {
        hint.remaining = number;
      } else if (equals(key, "reset") && number) {
        hint.reset = limited(*number);
      }
      continue;
    }
    const auto policy =
        std::find_if(known.begin(), known.end(), [&](const Item& each) { return each.name == item.name; });
    if ((policy != known.end() && !policy->of_requests) || !item.remaining) {
      continue;
    }
    const bool later =
        hint.remaining == item.remaining && hint.reset && item.reset && limited(*item.reset) > *hint.reset;
    if (!hint.remaining || *item.remaining < *hint.remaining || later) {
      hint.remaining = item.remaining;
      hint.reset = item.reset ? std::optional(limited(*item.reset)) : std::nullopt;
      name = item.name;
    }
  }
  return name;
}

std::optional<Duration> reset_in(std::string_view value, WallTime now) {
  if (const auto reset = parse_rate_limit_reset(value, now)) {
    return reset;
  }
  return parse_compound_duration(trimmed(value));
}

}  // namespace

std::optional<Duration> parse_compound_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  static constexpr std::array kUnits = {Unit{"h", 3600},  Unit{"m", 60},    Unit{"s", 1},
                                        Unit{"ms", 1e-3}, Unit{"us", 1e-6}, Unit{"ns", 1e-9}};
  double seconds = 0;
  std::size_t from = 0;
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
    const auto count = count_in(text.substr(0, digits));
    text.remove_prefix(digits);
    const std::string_view name = text.substr(0, text.find_first_of("0123456789."));
    const auto* const unit =
        std::find_if(kUnits.begin() + from, kUnits.end(), [&](const Unit& each) { return each.name == name; });
    if (!count || unit == kUnits.end()) {
      return std::nullopt;
    }
    seconds += *count * unit->seconds;
    from = static_cast<std::size_t>(unit - kUnits.begin()) + 1;
    text.remove_prefix(name.size());
  }
  return from == 0 ? std::nullopt : std::optional(limited(seconds));
}

bool RateLimitHeaders::take(std::string_view line) {
  if (line.empty() || (lower(line.front()) != 'r' && lower(line.front()) != 'x')) {
    return false;  // nearly every line
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    return false;
  }
  std::string_view name = line.substr(0, colon);
  const bool x = starts_with(name, "x-");
  name.remove_prefix(x ? 2 : 0);
  const bool dashed = x && starts_with(name, "rate-limit");
  if (!dashed && !starts_with(name, "ratelimit")) {
    return false;
  }
  name.remove_prefix(dashed ? std::string_view("rate-limit").size() : std::string_view("ratelimit").size());
  constexpr std::string_view kRequests = "-requests";
  if (name.size() > kRequests.size() && equals(name.substr(name.size() - kRequests.size()), kRequests)) {
    name.remove_suffix(kRequests.size());
  }
  const Name which = equals(name, "-policy")      ? kPolicy
                     : equals(name, "-limit")     ? (x ? kXLimit : kLimit)
                     : equals(name, "-remaining") ? (x ? kXRemaining : kRemaining)
                     : equals(name, "-reset")     ? (x ? kXReset : kReset)
                     : name.empty() && !x         ? kState
                                                  : kNames;
  if (which == kNames) {
    return false;
  }
  const std::string_view value = trimmed(line.substr(colon + 1));
  std::string& known = values_[which];
  if (known.size() + value.size() + 2 <= kMaxValue) {
    known.append(known.empty() ? "" : ", ").append(value);
    any_ = true;
  }
  return true;
}

void RateLimitHeaders::clear() {
  if (any_) {
    for (std::string& value : values_) {
      value.clear();
    }
    any_ = false;
  }
}

// Versions 3 to 6 of the draft, and Envoy, write the policies behind the limit: 100, 100;w=60.
RateLimitHint RateLimitHeaders::read_triple(Name limit, Name remaining, Name reset, WallTime now) const {
  RateLimitHint hint;
  const std::vector<Item> limits = items_in(values_[limit]);
  if (!limits.empty()) {
    hint.limit = count_in(limits.front().name);
    choose_policy(hint, values_[limit], {});
  }
  hint.remaining = count_in(values_[remaining]);
  hint.reset = reset_in(values_[reset], now);
  return hint;
}

// The newest family that says anything counts: RateLimit, then RateLimit-Limit and the like, then the X- ones.
RateLimitHint RateLimitHeaders::read(WallTime now) const {
  RateLimitHint hint;
  if (!any_) {
    return hint;
  }
  std::string_view name;
  if (!values_[kState].empty()) {
    name = read_state(hint, values_[kState], values_[kPolicy]);
  }
  if (!hint.remaining) {
    hint = read_triple(kLimit, kRemaining, kReset, now);
  }
  if (!hint.remaining && !hint.reset) {
    hint = read_triple(kXLimit, kXRemaining, kXReset, now);
  }
  choose_policy(hint, values_[kPolicy], name);
  return hint;
}

}  // namespace respand::http
