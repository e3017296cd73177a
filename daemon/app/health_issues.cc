#include "app/health_issues.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "app/descriptors.h"
#include "respand/base/text.h"

namespace respand::app {
namespace {

constexpr std::size_t kMostWhy = 160;  // of a foreign text in a line for people
// A file of the spool that is open for longer may have been forgotten.
constexpr Duration kLongOpen = std::chrono::minutes{10};
constexpr std::string_view kReload = " and run: systemctl reload respand";

std::string count(std::uint64_t n, std::string_view what) { return cat(n, " ", what, n == 1 ? "" : "s"); }

// "1 record has failed 37 times since 09:12:05 (500), others are delivered".
HealthIssue stuck(const HealthInputs& see) {
  const delivery::StuckRecords::State& stuck = see.delivery.stuck;
  const delivery::StuckRecord& first = stuck.longest.front();
  const std::string times =
      cat(count(first.attempts, "time"), " since ", clock_time(first.since, see.now), " (", first.why, ")");
  return {.kind = "stuck",
          .severity = HealthIssue::Severity::kHinders,
          .what = stuck.records == 1 ? cat("1 record has failed ", times, ", others are delivered")
                                     : cat(stuck.records, " records fail while others are delivered, number ",
                                           first.sequence.value, " has failed ", times),
          .why = first.why,
          .remedy = cat("respand dead-letters add --sequence ", first.sequence.value),
          .whole = true,
          .since = first.since};
}

// What to do about a full file system.
std::string room_remedy(std::string_view directory) { return cat("make room on the file system of ", directory); }
std::string inodes_remedy(std::string_view directory) {
  return cat("remove files on the file system of ", directory, " (its inodes are used up, not its blocks)");
}

// The key's place as config::Api::key_origin names it, in words of what to do there.
std::string key_remedy(const config::Config& config) {
  const std::string_view origin = config.api.key_origin;
  for (const std::string_view place : {"file ", "api_key in "}) {
    if (origin.starts_with(place)) {
      return cat("put the right one in ", origin.substr(place.size()), kReload);
    }
  }
  if (origin.starts_with("credential ")) {
    return "put the right one into the file that LoadCredential= of respand.service names and run: systemctl restart "
           "respand";
  }
  return cat("put the right one into the ", origin, " and restart respand");
}

HealthIssue paused_at(const HealthInputs& see, std::string_view kind, std::string what, std::string remedy) {
  return {.kind = kind,
          .what = cat("paused: ", what),
          .why = see.delivery.upstream.reason,
          .remedy = std::move(remedy),
          .since = see.delivery_since};
}

// An answer came, and it says that no record will be taken.
HealthIssue paused_by_status(const HealthInputs& see, int status) {
  const std::string file(see.config_file);
  switch (status) {
    case 401:
    case 403: {
      HealthIssue issue = paused_at(see, "key", "the API refuses the key", key_remedy(see.config));
      issue.brief = std::to_string(status);  // what the API says of a key adds nothing
      return issue;
    }
    case 402:
      return paused_at(see, "account", "the API wants to be paid",
                       "put the account in order; delivery resumes by itself");
    case 407:
      return paused_at(see, "proxy", "the proxy wants a user and a password",
                       cat("put them into api.proxy in ", file, kReload));
    case 431:
      return paused_at(see, "destination", "the API finds the headers of the requests too large",
                       "check the length of the key, and what stands between this host and the API");
    case 451:
    case 499:
    case 511:
      return paused_at(see, "destination", "something between this host and the API stops the requests",
                       "check this host's way to the API: proxies, firewalls, a network that wants a login");
    default:
      break;
  }
  // A status that means the record as long as others are delivered.
  if (delivery::fault_of(http::Failure::kNone, status) == delivery::Fault::kDoubtful) {
    return paused_at(see, "refused", "record after record is refused, and none is taken",
                     cat("check what stands between this host and the API, and api.base_url and api.path in ", file,
                         "; those refused first: respand dead-letters list"));
  }
  return paused_at(see, "destination", cat("nothing takes records at ", see.config.api.create_url()),
                   cat("put api.base_url and api.path in ", file, " right", kReload));
}

HealthIssue paused(const HealthInputs& see) {
  const delivery::Cause& cause = see.delivery.upstream.cause;
  const std::string file(see.config_file);
  if (delivery::is_about_compression(cause)) {
    return paused_at(see, "destination", "the API does not take the form of the requests",
                     cat("set api.compression: none in ", file, kReload));
  }
  switch (cause.failure) {
    case http::Failure::kResolve:
      return paused_at(see, "destination", "the name of the API's host is not known",
                       cat("check this host's DNS, or put api.base_url in ", file, " right", kReload));
    case http::Failure::kCertificate:
      return paused_at(see, "destination", "the API's certificate is not good",
                       cat("check this host's clock, and api.base_url and api.ca_file in ", file, kReload));
    case http::Failure::kNone:
    case http::Failure::kConnect:
    case http::Failure::kTimeout:
    case http::Failure::kBroken:
      return paused_by_status(see, cause.status);
  }
  return paused_by_status(see, cause.status);
}

std::string_view meanwhile(config::WhenFull policy) {
  switch (policy) {
    case config::WhenFull::kBlock:
      return "writers wait";
    case config::WhenFull::kReject:
      return "writers are refused";
    case config::WhenFull::kDropOldest:
      return "the oldest records are dropped";
  }
  return {};
}

HealthIssue dead_letters(const HealthInputs& see) {
  using Condition = delivery::DeadLetters::Condition;
  const std::string& directory = see.config.dead_letters.directory;
  HealthIssue issue{.kind = "dead_letters",
                    .severity = HealthIssue::Severity::kHinders,
                    .what = "records that the API refused can't be put aside, and wait",
                    .why = see.delivery.dead_letters.issue};
  switch (see.delivery.dead_letters.condition) {
    case Condition::kFull:
      issue.kind = "dead_letters_full";
      issue.remedy =
          "look at them (respand dead-letters list), then respand dead-letters replay or purge; or raise "
          "dead_letters.max_size";
      break;
    case Condition::kDiskFull:
      issue.remedy = room_remedy(directory);
      break;
    case Condition::kNoInodes:
      issue.remedy = inodes_remedy(directory);
      break;
    case Condition::kNone:
    case Condition::kFailed:
      issue.remedy = cat("check ", directory, "; it is tried again by itself");
      break;
  }
  return issue;
}

// Why records wait in a full journal, and so what empties it.
std::string what_makes_room(const HealthInputs& see) {
  switch (see.delivery.upstream.mode) {
    case delivery::Mode::kPaused:
      return cat("nothing is delivered: ", paused(see).remedy);
    case delivery::Mode::kOpen:
      return "nothing is delivered while the API fails";
    case delivery::Mode::kHeld:
      return "nothing is delivered while the API asks for silence";
    case delivery::Mode::kNormal:
    case delivery::Mode::kHalfOpen:
      break;
  }
  if (see.delivery.dead_letters.condition != delivery::DeadLetters::Condition::kNone) {
    return cat("refused records can't be put aside: ", dead_letters(see).remedy);
  }
  const std::size_t stuck_ones = see.delivery.stuck.records;
  if (stuck_ones > 0 && 2 * stuck_ones >= see.journal.backlog_records) {
    return cat("what waits fails again and again: ", stuck(see).remedy);
  }
  return "deliveries make room: it fills faster than the API takes it (respand top)";
}

HealthIssue journal_full(const HealthInputs& see) {
  const config::Journal& settings = see.config.journal;
  const std::uint64_t records = see.journal.backlog_records;
  return {.kind = "journal_full",
          .what = cat("the journal is full: ", meanwhile(settings.when_full)),
          .why = cat("journal.max_size, ", to_text(settings.max_size), "; ", count(records, "record"), " wait",
                     records == 1 ? "s" : ""),
          .remedy = cat(what_makes_room(see), "; for more room raise journal.max_size in ", see.config_file,
                        " and run: systemctl restart respand")};
}

HealthIssue journal(const HealthInputs& see) {
  using journal::Condition;
  const config::Journal& settings = see.config.journal;
  const std::string_view so = meanwhile(settings.when_full);
  switch (see.journal.condition) {
    case Condition::kFull:
    case Condition::kUnsyncedFull:
      return journal_full(see);
    case Condition::kDiskFull:
      return {.kind = "disk_full",
              .what = cat("the disk is full: ", so),
              .why = see.journal.issue,
              .remedy = cat(room_remedy(settings.directory), "; it goes on by itself")};
    case Condition::kNoInodes:
      return {.kind = "disk_full",
              .what = cat("the disk has no inodes left: ", so),
              .why = see.journal.issue,
              .remedy = cat(inodes_remedy(settings.directory), "; it goes on by itself")};
    case Condition::kNone:
    case Condition::kFilesGone:
    case Condition::kIoError:
      break;
  }
  return {
      .kind = "journal",
      .what = cat("the journal can't be written: ", so),
      .why = see.journal.issue,
      .remedy = cat("check the disk under ", settings.directory, " (dmesg says more); it is tried again by itself")};
}

void find_in_delivery(const HealthInputs& see, std::vector<HealthIssue>& issues) {
  const std::string& reason = see.delivery.upstream.reason;
  switch (see.delivery.upstream.mode) {
    case delivery::Mode::kNormal:
    case delivery::Mode::kHalfOpen:
      break;
    case delivery::Mode::kPaused:
      issues.push_back(paused(see));
      break;
    case delivery::Mode::kOpen:
      issues.push_back({.kind = "api_down",
                        .what = "waiting: the API fails",
                        .why = reason,
                        .remedy = "it is tried again by itself; if it lasts, check this host's network and the API's "
                                  "status page",
                        .since = see.delivery_since});
      break;
    case delivery::Mode::kHeld:
      issues.push_back({.kind = "held",
                        .what = "waiting: the API asked for silence",
                        .why = reason,
                        .remedy = "it is tried again by itself; if it happens often, set delivery.rate_limit",
                        .since = see.delivery_since});
      break;
  }
}

// Records go on meanwhile.
void find_in_routes(const HealthInputs& see, std::vector<HealthIssue>& issues) {
  for (const delivery::State::Route& route : see.delivery.routes) {
    const std::string where = delivery::name_of(route.way);
    if (route.keyless) {
      issues.push_back(
          {.kind = "key",
           .severity = HealthIssue::Severity::kHinders,
           .what = cat("what waits for ", where, " is not delivered: api.keys has no such key any more"),
           .why = "",
           .remedy = cat("put ", route.way.key, " back into api.keys and reload; or respand dead-letters, by hand")});
      continue;
    }
    if (route.rejected_spans > 0 && see.now - route.rejected_at < std::chrono::hours{1}) {
      issues.push_back({.kind = "rejected_spans",
                        .severity = HealthIssue::Severity::kHinders,
                        .what = cat("the API has rejected ", route.rejected_spans, " spans sent to ", where,
                                    " since the start: they are lost"),
                        .why = "it took the requests that they were in",
                        .remedy = "the log has its words"});
    }
    const bool paused = route.upstream.mode == delivery::Mode::kPaused;
    if (!paused && route.upstream.mode != delivery::Mode::kOpen) {
      continue;
    }
    issues.push_back(
        {.kind = "route",
         .severity = HealthIssue::Severity::kHinders,
         .what = cat("nothing is delivered to ", where, paused ? ": the API does not take it" : ": the API fails"),
         .why = route.upstream.reason,
         .remedy = !paused                  ? "it is tried again by itself"
                   : !route.way.key.empty() ? "put a good key into its api_key_file; it is then tried at "
                                              "once, and by itself every now and then"
                                            : "it is tried again by itself; clients that post there can "
                                              "be pointed elsewhere"});
  }
}

// "a.json in the spool", or "3 files in the spool, such as a.json,".
std::string files_of(const spool::SpoolWaiters::Kind& kind) {
  const std::string name = printable(kind.name, 100);
  return kind.files == 1 ? cat(name, " in the spool") : cat(kind.files, " files in the spool, such as ", name, ",");
}

// Of one file that waits: what its operator or its writer can do.
HealthIssue waiting(const HealthInputs& see, spool::SpoolWait why) {
  const spool::SpoolWaiters::Kind& kind = see.spool_state.waiting[why];
  const std::string path = cat(see.config.spool.directory, "/", printable(kind.name, 100));
  HealthIssue issue{.kind = "spool", .severity = HealthIssue::Severity::kHinders};
  const std::string files = files_of(kind);
  const std::string_view be = kind.files == 1 ? " is " : " are ";
  switch (why) {
    case spool::SpoolWait::kUnreadable:
      issue.what = cat(files, " can't be read by user ", spool::user_name(::geteuid()));
      issue.remedy = cat("chgrp respand ", path, "; chmod g+r ", path);
      break;
    case spool::SpoolWait::kSuffix:
      issue.what = cat(files, be, "left alone");
      issue.why = "the suffix is not .json, .ndjson or .jsonl, with .gz or .zst";
      issue.remedy = "give it one of these, or take it away";
      break;
    case spool::SpoolWait::kNotRegular:
      issue.what = cat(files, be, "left alone");
      issue.why = "links, folders, FIFOs and devices are never taken";
      issue.remedy = cat("take it away, or copy what it stands for: cp ", path, " TEMPORARY, then mv");
      break;
    case spool::SpoolWait::kLinked:
      issue.what = cat(files, be, "left alone");
      issue.why = "it has other names as well (hard links)";
      issue.remedy = "remove its other names";
      break;
    case spool::SpoolWait::kNotRemovable:
      issue.what = cat(files, kind.files == 1 ? " was" : " were", " taken and can't be removed");
      issue.remedy = cat("respand needs the right to remove files of others from ", see.config.spool.directory,
                         ": chown respand ", see.config.spool.directory);
      break;
    case spool::SpoolWait::kRejected:
      issue.what =
          cat(files, kind.files == 1 ? " stays" : " stay", ": refused lines can't be put aside, the rest was taken");
      issue.remedy = cat("look at ", see.config.spool.directory, "/rejected and at spool.rejected_max_size");
      break;
    case spool::SpoolWait::kOpen:
      issue.what = cat(files, be, "held open for writing, and so not finished");
      issue.remedy = cat("its writer must close it (lsof ", path, " names him)");
      break;
    case spool::SpoolWait::kQueued:
    case spool::SpoolWait::kFailed:
      issue.what = cat(files, " can't be read");
      issue.remedy = cat("check the disk under ", see.config.spool.directory, "; it is tried again by itself");
      break;
  }
  return issue;
}

// What stands in the way of all files comes before single ones, and what the log would call an error before the rest.
void find_in_spool(const HealthInputs& see, std::vector<HealthIssue>& issues) {
  using spool::SpoolWait;
  for (const spool::SpoolProblem& problem : see.spool_state.problems) {
    issues.push_back(
        {.kind = "spool", .severity = HealthIssue::Severity::kHinders, .what = problem.what, .remedy = problem.remedy});
  }
  if (see.spool.fault != spool::SpoolFault::kNone && see.spool_state.problems.empty()) {
    issues.push_back({.kind = "spool",
                      .severity = HealthIssue::Severity::kHinders,
                      .what = "files in the spool wait",
                      .why = see.spool.text,
                      .remedy = cat("check ", see.config.spool.directory, "; it is tried again by itself")});
  }
  for (const SpoolWait why :
       {SpoolWait::kNotRemovable, SpoolWait::kRejected, SpoolWait::kFailed, SpoolWait::kUnreadable, SpoolWait::kLinked,
        SpoolWait::kSuffix, SpoolWait::kNotRegular, SpoolWait::kOpen}) {
    const spool::SpoolWaiters::Kind& kind = see.spool_state.waiting[why];
    const bool news = why != SpoolWait::kOpen || see.now - kind.since > kLongOpen;
    if (kind.files > 0 && news) {
      issues.push_back(waiting(see, why));
      issues.back().since = kind.since;
    }
  }
  if (see.spool_state.rejects_removed > 0) {
    issues.push_back({.kind = "spool_rejects",
                      .severity = HealthIssue::Severity::kHappened,
                      .what = cat(count(see.spool_state.rejects_removed, "file"),
                                  " of refused lines went from the spool's rejected/ to make room for newer ones"),
                      .why = {},
                      .remedy = "raise spool.rejected_max_size, or look at its writers"});
  }
}

void find_crowd(const HealthInputs& see, std::vector<HealthIssue>& issues) {
  if (!see.lost_socket.empty()) {
    issues.push_back({.kind = "socket",
                      .what = "no new writer finds the socket: its file was taken away",
                      .why = std::string(see.lost_socket),
                      .remedy = "make its folder writable for respand, or remove what stands in its place; it is tried "
                                "again by itself"});
  }
  const net::Crowd& crowd = see.crowd;
  const std::string taken = cat(crowd.open, " of ", crowd.most);
  const std::string file(see.config_file);
  switch (crowd.out) {
    case net::Crowd::Out::kNobody:
      break;
    case net::Crowd::Out::kDescriptors:
      issues.push_back({.kind = "connections",
                        .what = "writers are turned away: the process has no descriptor left",
                        .why = cat(taken, " connections are open"),
                        .remedy = Descriptors::remedy()});
      break;
    case net::Crowd::Out::kAll:
      issues.push_back({.kind = "connections",
                        .what = "new writers are turned away: all connections are taken",
                        .why = cat(taken, ", socket.max_connections"),
                        .remedy = cat("see who holds them (respand status --json, users), or raise "
                                      "socket.max_connections in ",
                                      file, kReload)});
      break;
    case net::Crowd::Out::kTcp:
      issues.push_back(
          {.kind = "connections",
           .severity = HealthIssue::Severity::kHinders,
           .what = "new writers over TCP are turned away: their share of connections is taken",
           .why = cat(taken, ", three quarters of socket.max_connections"),
           .remedy = cat("let them keep their connections, or raise socket.max_connections in ", file, kReload)});
      break;
    case net::Crowd::Out::kUser:
      issues.push_back({.kind = "connections",
                        .severity = HealthIssue::Severity::kHinders,
                        .what = cat("new connections of user ", crowd.uid, " are turned away: it has all that one may"),
                        .why = cat(taken, ", socket.max_connections_per_user"),
                        .remedy = cat("find out what of its processes leaves them open (ss -xp), or raise "
                                      "socket.max_connections_per_user in ",
                                      file, kReload)});
      break;
  }
  if (!see.shortage.empty()) {
    issues.push_back({.kind = "descriptors",
                      .severity = HealthIssue::Severity::kHinders,
                      .what = "there can be fewer connections than configured",
                      .why = std::string(see.shortage),
                      .remedy = Descriptors::remedy()});
  }
}

}  // namespace

std::string clock_time(WallTime time, WallTime now) {
  const auto local = [](WallTime when) {
    const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch()).count();
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    return parts;
  };
  const std::tm then = local(time);
  const std::tm today = local(now);
  const bool same_day = then.tm_yday == today.tm_yday && then.tm_year == today.tm_year;
  std::array<char, 32> text;
  return {text.data(), std::strftime(text.data(), text.size(), same_day ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &then)};
}

std::string rough_age(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  return seconds >= 2 * 86400  ? cat(seconds / 86400, "d")
         : seconds >= 2 * 3600 ? cat(seconds / 3600, "h")
         : seconds >= 2 * 60   ? cat(seconds / 60, "m")
                               : cat(seconds, "s");
}

std::string HealthIssue::text(WallTime now) const {
  if (whole) {
    return cat(what, remedy.empty() ? "" : ": ", remedy);
  }
  std::string in_brackets = printable(brief.empty() ? why : brief, kMostWhy);
  if (since != WallTime{} && severity != Severity::kHappened) {
    in_brackets += cat(in_brackets.empty() ? "" : " ", "since ", clock_time(since, now));
  }
  return cat(what, in_brackets.empty() ? "" : cat(" (", in_brackets, ")"), remedy.empty() ? "" : "; ", remedy);
}

// A client that is set up wrongly goes on: while one is quiet for longer, it has been seen to, or was a stray.
void find_unserved(const HealthInputs& see, std::vector<HealthIssue>& issues) {
  constexpr Duration kGoesOn = std::chrono::minutes{10};
  const sockets::Unserved& unserved = see.unserved;
  if (unserved.path.empty() || see.now - unserved.last > kGoesOn) {
    return;
  }
  const std::string agent = unserved.user_agent.empty() ? std::string("without a User-Agent")
                                                        : cat("by ", printable(unserved.user_agent, kMostWhy));
  issues.push_back({.kind = "unserved_path",
                    .severity = HealthIssue::Severity::kHinders,
                    .what = "a client posts to a path that is not served",
                    .why = cat(printable(unserved.path, kMostWhy), ", ", agent, ", ", count(unserved.requests, "time")),
                    .remedy = "its records are refused (404): docs/protocol.md has the routes"});
}

std::vector<HealthIssue> find_issues(const HealthInputs& see) {
  std::vector<HealthIssue> issues;
  find_in_delivery(see, issues);
  if (is_blocked(see.journal)) {
    // An API that fails fills the journal by and by; that writers wait is then the news.
    const bool first = !issues.empty() && see.delivery.upstream.mode != delivery::Mode::kPaused;
    issues.insert(first ? issues.begin() : issues.end(), journal(see));
  }
  find_crowd(see, issues);
  find_in_routes(see, issues);
  find_unserved(see, issues);
  if (see.delivery.dead_letters.condition != delivery::DeadLetters::Condition::kNone) {
    issues.push_back(dead_letters(see));
  }
  if (see.delivery.stuck.records > 0) {
    issues.push_back(stuck(see));
  }
  find_in_spool(see, issues);
  if (see.ledger.condition != ledger::Condition::kNone) {
    issues.push_back({.kind = "ledger",
                      .severity = HealthIssue::Severity::kHinders,
                      .what = "costs are not counted",
                      .why = see.ledger.issue,
                      .remedy = cat("check ", see.config.costs.directory, "; it is tried again by itself")});
  }
  if (const delivery::DeadLetters::State& letters = see.delivery.dead_letters; letters.letters > 0) {
    issues.push_back({.kind = "dead_lettered",
                      .severity = HealthIssue::Severity::kHappened,
                      .what = cat("dead-lettered ", letters.letters, " (", letters.last_reason, "), the last ",
                                  rough_age(see.now - letters.last_time), " ago: respand dead-letters list"),
                      .since = letters.last_time});
  }
  if (see.damaged > 0) {
    issues.push_back({.kind = "journal_damaged",
                      .severity = HealthIssue::Severity::kHappened,
                      .what = cat(count(see.damaged, "record"), " could not be read back from the disk"),
                      .why = {},
                      .remedy = cat("check the disk; the bytes are in ", see.config.journal.directory,
                                    "/quarantine, and the log says where they stood")});
  }
  if (see.ledger.missed > 0) {
    issues.push_back({.kind = "ledger_missed",
                      .severity = HealthIssue::Severity::kHappened,
                      .what = cat(count(see.ledger.missed, "record"), " went uncounted by the ledger"),
                      .why = {},
                      .remedy = {}});
  }
  return issues;
}

void IssueClock::note(std::vector<HealthIssue>& issues, WallTime now) {
  std::map<std::string_view, WallTime> still;
  for (HealthIssue& issue : issues) {
    if (issue.severity == HealthIssue::Severity::kHappened) {
      continue;
    }
    const auto known = seen_.find(issue.kind);
    issue.since = issue.since != WallTime{} ? issue.since : known != seen_.end() ? known->second : now;
    still[issue.kind] = issue.since;
  }
  seen_ = std::move(still);
}

}  // namespace respand::app
