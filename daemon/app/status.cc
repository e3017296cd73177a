#include "app/status.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "app/json_object.h"
#include "app/status_tables.h"
#include "respand/base/text.h"
#include "respand/base/version.h"
#include "respand/json/text.h"

namespace respand::app {
namespace {

constexpr Duration kNews = std::chrono::hours{1};

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

std::string rate_text(double rate) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), rate < 10 ? "%.1f/s" : "%.0f/s", rate);
  return text.data();
}

// Whether records are delivered, in a word for programs.
std::string_view state_of(const StatusSnapshot& look) {
  if (is_blocked(look.journal)) {
    return "blocked";
  }
  switch (look.delivery.upstream.mode) {
    case delivery::Mode::kNormal:
    case delivery::Mode::kHalfOpen:
      return "delivering";
    case delivery::Mode::kHeld:
    case delivery::Mode::kOpen:
      return "waiting";
    case delivery::Mode::kPaused:
      return "paused";
  }
  return {};
}

bool is_wrong(const StatusSnapshot& look) {
  return !look.issues.empty() && look.issues.front().severity != HealthIssue::Severity::kHappened;
}

// Whether all is well, but for something that happened in the last hour.
bool is_news(const StatusSnapshot& look) {
  return !look.issues.empty() && !is_wrong(look) && look.delivery.upstream.mode != delivery::Mode::kHalfOpen &&
         look.now - look.issues.front().since < kNews;
}

// What is wrong first, with what to do about it.
std::string headline(const StatusSnapshot& look) {
  if (is_news(look)) {
    return cat("delivering; ", look.issues.front().text(look.now));
  }
  if (!is_wrong(look)) {
    return look.delivery.upstream.mode == delivery::Mode::kHalfOpen
               ? "delivering, a few at a time: the API has just come back"
               : "delivering";
  }
  const HealthIssue& first = look.issues.front();
  return cat(first.severity == HealthIssue::Severity::kStops ? "" : "delivering, but ", first.text(look.now));
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// The shortest text of a number from 0 to 1.
std::string share_text(double share) {
  std::array<char, 32> text;
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), share).ptr};
}

// "2 d 3 h", "5 min 10 s"; what is shorter than a second is one.
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

constexpr std::size_t kMostLines = 15;
// Issues that are told beside the first one; --json has all.
constexpr std::size_t kMostOthers = 2;
constexpr std::size_t kMostUsers = 3;

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

// Below ten a second with a digit more: one in ten seconds is not none.
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

// What the API lets through, where that is not all; empty where it is.
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

void put_figures(const StatusSnapshot& look, std::vector<std::string>& lines) {
  const delivery::UpstreamGate::State& upstream = look.delivery.upstream;
  lines.push_back(cat("respand      ", kVersion, ", process ", ::getpid(), ", up ", rough_age(look.up), "; to ",
                      look.config.api.create_url()));
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

// What there is room for, the most telling first.
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

std::string number_or_null(std::optional<Duration> duration) {
  return duration ? cat(std::chrono::duration_cast<std::chrono::seconds>(*duration).count()) : "null";
}

std::string issues_json(const StatusSnapshot& look) {
  std::vector<std::string> all;
  for (const HealthIssue& issue : look.issues) {
    JsonObject object;
    object.member("kind", issue.kind).member("what", issue.what).member("why", issue.why);
    object.member("remedy", issue.remedy);
    if (issue.since != WallTime{}) {
      object.member("since", iso8601(issue.since));
    }
    all.push_back(object.text());
  }
  return array_of(all);
}

std::string spool_json(const StatusSnapshot& look) {
  JsonObject reasons;
  for (std::size_t i = 0; i < spool::kSpoolWaits; ++i) {
    const auto why = static_cast<spool::SpoolWait>(i);
    if (const spool::SpoolWaiters::Kind& kind = look.spool[why]; kind.files > 0) {
      reasons.object(
          spool::name_of(why),
          JsonObject().member("files", kind.files).member("oldest", kind.name).member("since", iso8601(kind.since)));
    }
  }
  return JsonObject()
      .member("waiting_files", look.spool.files())
      .fraction("oldest_seconds", seconds(look.spool.oldest_age(look.now)))
      .object("reasons", reasons)
      .text();
}

std::string stuck_json(const StatusSnapshot& look) {
  std::vector<std::string> longest;
  for (const delivery::StuckRecord& record : look.delivery.stuck.longest) {
    longest.push_back(JsonObject()
                          .member("sequence", record.sequence.value)
                          .member("attempts", std::uint64_t{record.attempts})
                          .member("since", iso8601(record.since))
                          .member("why", record.why)
                          .text());
  }
  return JsonObject()
      .member("records", std::uint64_t{look.delivery.stuck.records})
      .object("longest", array_of(longest))
      .text();
}

std::string files_json(const config::Config& config) {
  std::vector<std::string> all;
  for (const std::string& file : config.files) {
    json::put_string(all.emplace_back(), printable(file, 4096));
  }
  return array_of(all);
}

std::string users_json(const StatusSnapshot& look) {
  std::vector<std::string> all;
  for (const sockets::PeerCount& user : look.users) {
    JsonObject object;
    if (user.kind == sockets::PeerKind::kAddress) {
      object.member("address", user.others ? std::string_view("others") : std::string_view(user.address));
    } else if (!user.others) {
      object.member("uid", std::uint64_t{user.uid});
    }
    all.push_back(object.member("connections", user.connections)
                      .member("records", user.records)
                      .member("refused", user.refused)
                      .member("bytes", user.bytes)
                      .member("held_back", user.held_back)
                      .text());
  }
  return array_of(all);
}

}  // namespace

Totals totals_of(const metrics::Registry& metrics) {
  const auto sum = [&](std::string_view name, metrics::Labels labels = {}) {
    return static_cast<std::uint64_t>(metrics.sum(name, labels));
  };
  return {.received = sum("respand_records_received_total"),
          .rejected = sum("respand_records_rejected_total"),
          .delivered = sum("respand_records_delivered_total"),
          .dead_lettered = sum("respand_records_dead_lettered_total"),
          .dropped = sum("respand_records_dropped_total"),
          .damaged = sum("respand_records_dropped_total", {{"reason", "damaged"}})};
}

void Rates::sample(MonoTime now, const Totals& totals) {
  samples_[oldest_] = {now, totals};
  oldest_ = (oldest_ + 1) % samples_.size();
}

double Rates::rate(MonoTime now, std::uint64_t more) const {
  return static_cast<double>(more) / std::max(seconds(now - samples_[oldest_].time), 1.0);
}
double Rates::received(MonoTime now, const Totals& totals) const {
  return rate(now, totals.received - samples_[oldest_].totals.received);
}
double Rates::delivered(MonoTime now, const Totals& totals) const {
  return rate(now, totals.delivered - samples_[oldest_].totals.delivered);
}

std::optional<Duration> journal_full_in(const StatusSnapshot& look) {
  constexpr double kTooFar = 60.0 * 86400;  // what is further away than this is no news
  const double net = look.received_rate - look.delivered_rate;
  const std::uint64_t most = look.config.journal.max_size.value;
  if (net <= 0 || look.journal.backlog_records == 0 || look.journal.open_bytes >= most) {
    return std::nullopt;
  }
  const double record =
      static_cast<double>(look.journal.open_bytes) / static_cast<double>(look.journal.backlog_records);
  const double left = static_cast<double>(most - look.journal.open_bytes) / std::max(1.0, record * net);
  return left < kTooFar ? std::optional(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(left)))
                        : std::nullopt;
}

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

std::string status_json(const StatusSnapshot& look) {
  const delivery::UpstreamGate::State& upstream = look.delivery.upstream;
  return JsonObject()
      .member("state", state_of(look))
      .member("headline", headline(look))
      .object("troubles", issues_json(look))
      .member("version", kVersion)
      .member("pid", static_cast<std::uint64_t>(::getpid()))
      .fraction("up_seconds", seconds(look.up))
      .member("destination", look.config.api.create_url())
      .object("configuration_files", files_json(look.config))
      .object("records", JsonObject()
                             .member("received", look.totals.received)
                             .member("rejected", look.totals.rejected)
                             .member("delivered", look.totals.delivered)
                             .member("dead_lettered", look.totals.dead_lettered)
                             .member("dropped", look.totals.dropped)
                             .fraction("received_per_second", look.received_rate)
                             .fraction("delivered_per_second", look.delivered_rate))
      .object("backlog", JsonObject()
                             .member("records", look.journal.backlog_records)
                             .member("bytes", look.journal.backlog_bytes)
                             .fraction("oldest_seconds", seconds(look.oldest_age)))
      .object("journal", JsonObject()
                             .member("bytes", look.journal.file_bytes)
                             .member("max_bytes", look.config.journal.max_size.value)
                             .member("accepting", look.journal.accepting)
                             .object("full_in_seconds", number_or_null(journal_full_in(look)))
                             .member("trouble", look.journal.issue))
      .object("delivery", JsonObject()
                              .member("mode", delivery::name_of(upstream.mode))
                              .member("reason", upstream.reason)
                              .member("last_error", upstream.last_error)
                              .fraction("last_error_age_seconds", seconds(look.error_age))
                              .member("last_error_over", look.error_over != WallTime{})
                              .fraction("next_try_seconds", seconds(look.next_try))
                              .member("in_flight", std::uint64_t{upstream.in_flight})
                              .member("limit", std::uint64_t{upstream.limit})
                              .member("max_in_flight", std::uint64_t{look.config.delivery.max_in_flight})
                              .fraction("pace_per_second", upstream.pace)
                              .fraction("refused_share", upstream.refused_share)
                              .fraction("failure_share", upstream.failure_share)
                              .fraction("noise", upstream.noise)
                              .member("parked", std::uint64_t{look.delivery.retrying})
                              .object("stuck", stuck_json(look)))
      .object("dead_letters", JsonObject()
                                  .member("bytes", look.delivery.dead_letters.size.value)
                                  .member("max_bytes", look.config.dead_letters.max_size.value)
                                  .member("trouble", look.delivery.dead_letters.issue)
                                  .object("reasons", dead_letters_json(look.delivery.dead_letters)))
      .object("spool", spool_json(look))
      .object("spend", look.spend)
      .object("users", users_json(look))
      .object("answers", look.metrics == nullptr ? "{}" : answers_json(*look.metrics))
      .object("refused", look.metrics == nullptr ? "{}" : refused_json(*look.metrics))
      .object("routes", routes_json(look.config.api, look.delivery, look.totals.delivered))
      .text();
}

std::string status_line(const StatusSnapshot& look) {
  std::string line = cat(headline(look), "; backlog ", look.journal.backlog_records, " records; ",
                         rate_text(look.received_rate), " in, ", rate_text(look.delivered_rate), " out");
  if (!look.delivery.upstream.last_error.empty() && look.error_over == WallTime{}) {
    line += cat("; last error: ", look.delivery.upstream.last_error);
  }
  return printable(line, 512);
}

}  // namespace respand::app
