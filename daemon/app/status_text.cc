// Status for people.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "app/fleet_link.h"
#include "app/status.h"
#include "respand/base/text.h"
#include "respand/base/version.h"

namespace respand::app {
namespace {

constexpr std::size_t kMostLines = 15;
// How many issues are shown beside the first one; --json has all.
constexpr std::size_t kMostOthers = 2;
constexpr std::size_t kMostUsers = 3;

std::string rough(Bytes bytes) {
  std::array<char, 32> text;
  double value = static_cast<double>(bytes.value);
  std::size_t unit = 0;
  constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) {
    value /= 1024;
  }
  std::snprintf(text.data(), text.size(), unit > 0 && value < 10 ? "%.1f%s" : "%.0f%s", value, kUnits[unit]);
  return text.data();
}

// The shortest text of a number from 0 to 1.
std::string share_text(double share) {
  std::array<char, 32> text;
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), share).ptr};
}

// "2 d 3 h", "5 min 10 s"; at least a second.
std::string two_units(Duration duration) {
  struct Unit {
    std::int64_t seconds;
    std::string_view name;
  };
  constexpr std::array<Unit, 4> kUnits = {{{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}}};
  std::int64_t left = std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(duration).count());
  std::string text;
  int units = 0;
  for (const Unit& unit : kUnits) {
    const std::int64_t count = left / unit.seconds;
    left %= unit.seconds;
    if (count > 0 && units < 2) {
      text += cat(text.empty() ? "" : " ", count, unit.name);
    }
    units += count > 0 || units > 0 ? 1 : 0;
  }
  return text;
}

std::string name_of(const sockets::PeerCount& user) {
  return user.others ? "others" : user.kind == sockets::PeerKind::kAddress ? user.address : cat("uid ", user.uid);
}

void put_other_issues(const StatusSnapshot& look, std::vector<std::string>& lines) {
  std::size_t left = look.issues.size() - (is_wrong(look) || is_news(look) ? 1 : 0);
  for (auto at = look.issues.end() - static_cast<std::ptrdiff_t>(left); at != look.issues.end(); ++at) {
    if (lines.size() > kMostOthers) {
      lines.push_back(cat("and ", left, " more: respand status --json"));
      return;
    }
    lines.push_back(cat(at->severity == HealthIssue::Severity::kHappened ? "note: " : "also: ", at->text(look.now)));
    --left;
  }
}

// Rates below ten a second have one more digit: one request in ten seconds must not look like none.
std::string pace_text(double rate) {
  constexpr double kWhole = 10;
  if (rate >= kWhole) {
    return std::to_string(std::llround(rate));
  }
  const long long hundredths = std::max(std::llround(rate * 100), 1LL);
  return cat(hundredths / 100, ".", hundredths / 10 % 10, hundredths % 10);
}

// "0.4 %", "10 %".
std::string percent_text(double share) {
  const long long tenths = std::llround(share * 1000);
  return tenths % 10 == 0 ? cat(tenths / 10, " %") : cat(tenths / 10, ".", tenths % 10, " %");
}

// How many requests the API lets through, if it does not let all through; else empty.
std::string regime_text(const delivery::UpstreamGate::State& upstream) {
  constexpr double kWorthTelling = 0.01;
  std::string text;
  if (upstream.pace > 0) {
    text = cat("paced at ", pace_text(upstream.pace), "/s by the API (429), ", percent_text(upstream.refused_share),
               " refused");
  }
  if (upstream.noise >= kWorthTelling) {
    text += cat(text.empty() ? "" : "; ", "the API fails ", percent_text(upstream.noise), " of requests at any rate",
                text.empty() ? "; at full speed" : "");
  }
  return text;
}

std::string depth_text(const std::optional<fleet::StreamDepth>& depth, WallTime now) {
  if (!depth) {
    return "; the stream has not said yet what it holds";
  }
  return cat("; stream: ", count_of(depth->messages, "message"), ", ", rough(Bytes{depth->bytes}),
             depth->max_bytes > 0 ? cat(" of ", rough(Bytes{depth->max_bytes})) : "",
             depth->oldest ? cat(", the oldest for ", rough_age(now - *depth->oldest)) : "");
}

// Which edge is furthest behind, as far as a relay can see.
std::string edges_text(const fleet::RelayState& relay) {
  std::string text = count_of(relay.edges, "edge");
  if (!relay.furthest_behind.empty()) {
    const fleet::EdgeLag& first = relay.furthest_behind.front();
    text += cat("; the furthest behind: ", first.edge, ", by ", two_units(first.lag), " when its last message came, ",
                two_units(first.last), " ago");
  }
  return text;
}

std::string shared_limit_text(const fleet::RelayShare& share) {
  const std::string own = cat(pace_text(share.limit * share.part), "/s of ", share.limit, "/s");
  switch (share.sharing) {
    case fleet::Sharing::kOff:
      return {};
    case fleet::Sharing::kJoining:
      return cat(own, "; listens for other relays");
    case fleet::Sharing::kHeld:
      return cat(own, "; ", share.relays == 1 ? "1 relay shares it" : cat(share.relays, " relays share it"));
    case fleet::Sharing::kUnheard:
      return cat(own, "; cut off from other relays that share it");
    case fleet::Sharing::kDenied:
      return cat(own, "; NATS does not let it share");
  }
  return {};
}

std::string fleet_text(const FleetState& fleet, WallTime now) {
  if (fleet.edge) {
    return cat(fleet.edge->connected ? "connected to " : "not connected: ", fleet.edge->server, ", ",
               fleet.edge->in_flight, " batches on the way", depth_text(fleet.edge->depth, now));
  }
  const fleet::RelayState& relay = *fleet.relay;
  return cat(relay.connected ? "connected to " : "not connected: ", relay.server, ", ", relay.pending,
             " messages wait, ", relay.ack_pending, " with relays", depth_text(relay.depth, now));
}

void put_figures(const StatusSnapshot& look, std::vector<std::string>& lines) {
  const delivery::UpstreamGate::State& upstream = look.delivery.upstream;
  lines.push_back(cat("respand      ", kVersion, ", process ", ::getpid(), ", up ", rough_age(look.up), "; to ",
                      target_text(look.config)));
  lines.push_back(cat("received     ", look.totals.received, ", ", rate_text(look.received_rate), "; ",
                      look.totals.rejected, " rejected"));
  lines.push_back(cat("delivered    ", look.totals.delivered, ", ", rate_text(look.delivered_rate), "; ",
                      look.totals.dead_lettered, " dead-lettered, ", look.totals.dropped, " dropped"));
  lines.push_back(
      cat("backlog      ", look.journal.backlog_records, " records, ", rough(Bytes{look.journal.backlog_bytes}),
          look.journal.backlog_records > 0 ? cat("; the oldest waits for ", rough_age(look.oldest_age)) : ""));
  const auto full_in = journal_full_in(look);
  lines.push_back(cat("journal      ", rough(Bytes{look.journal.file_bytes}), " of ",
                      rough(look.config.journal.max_size), look.journal.accepting ? "" : "; records are refused",
                      full_in ? cat("; full in ", two_units(*full_in), " at this rate") : ""));
  lines.push_back(cat("requests     ", upstream.in_flight, " in flight, ", upstream.limit, " may be (at most ",
                      look.config.delivery.max_in_flight, "); ", look.delivery.retrying,
                      " records wait for another try",
                      look.next_try > Duration{0} ? cat("; next try in ", two_units(look.next_try)) : ""));
  if (look.fleet != nullptr) {
    lines.push_back(cat("nats         ", fleet_text(*look.fleet, look.now)));
    if (look.fleet->relay && look.fleet->relay->edges > 0) {
      lines.push_back(cat("edges        ", edges_text(*look.fleet->relay)));
    }
    if (look.fleet->relay && look.fleet->relay->share.sharing != fleet::Sharing::kOff) {
      lines.push_back(cat("rate limit   ", shared_limit_text(look.fleet->relay->share)));
    }
  }
  if (const std::string regime = regime_text(upstream); !regime.empty()) {
    lines.push_back(cat("api          ", regime));
  }
  if (const std::string waiting = look.spool.text(); !waiting.empty()) {
    lines.push_back(cat("spool        ", look.spool.files(),
                        look.spool.files() == 1 ? " file waits: " : " files wait: ", printable(waiting, 300),
                        "; the oldest for ", rough_age(look.spool.oldest_age(look.now))));
  }
  lines.push_back(
      cat("dead letters ", rough(look.delivery.dead_letters.size), " of ", rough(look.config.dead_letters.max_size)));
}

// Further lines, as many as there is room for, the most telling first.
void put_extras(const StatusSnapshot& look, std::vector<std::string>& lines) {
  for (std::string_view more = look.more; !more.empty();) {
    const std::string_view line = more.substr(0, more.find('\n'));
    lines.emplace_back(line);
    more.remove_prefix(std::min(more.size(), line.size() + 1));
  }
  if (look.config.records.sample.rate < 1) {
    lines.push_back(cat("sampling     a rate of ", share_text(look.config.records.sample.rate),
                        "; what is left out counts as dropped"));
  }
  if (!look.delivery.upstream.last_error.empty()) {
    lines.push_back(
        cat("last error   ", printable(look.delivery.upstream.last_error, 300), ", ", two_units(look.error_age), " ago",
            look.error_over == WallTime{} ? "" : cat(", over since ", clock_time(look.error_over, look.now))));
  }
  if (look.config.files.size() > 1) {
    std::string files;
    for (const std::string& file : look.config.files) {
      files += cat(files.empty() ? "" : ", ", printable(file, 200));
    }
    lines.push_back(cat("config       ", files));
  }
  if (look.users.size() < 2 && std::none_of(look.users.begin(), look.users.end(),
                                            [](const sockets::PeerCount& user) { return user.held_back; })) {
    return;
  }
  std::string users;
  for (std::size_t i = 0; i < std::min(look.users.size(), kMostUsers); ++i) {
    const sockets::PeerCount& user = look.users[i];
    users += cat(users.empty() ? "" : ", ", name_of(user), ": ", user.records,
                 !user.held_back                        ? ""
                 : user.kind == sockets::PeerKind::kUid ? " (held back by socket.rate_limit)"
                                                        : " (held back by http.rate_limit)");
  }
  lines.push_back(cat("users        ", users,
                      look.users.size() > kMostUsers ? cat(", and ", look.users.size() - kMostUsers, " more") : ""));
}

}  // namespace

std::string status_text(const StatusSnapshot& look) {
  std::vector<std::string> lines = {headline(look)};
  put_other_issues(look, lines);
  lines.emplace_back();
  put_figures(look, lines);
  put_extras(look, lines);
  if (lines.size() > kMostLines) {
    lines.resize(kMostLines);
  }
  std::string text;
  for (const std::string& line : lines) {
    text += line + "\n";
  }
  return text;
}

}  // namespace respand::app
