// The issues of delivery: the API, the way to it, other routes, single records.

#include "app/issue_finders.h"
#include "delivery/verdict.h"
#include "respand/base/text.h"

namespace respand::app {
namespace {

// What to do about a wrong key depends on where it came from.
std::string key_remedy(const config::KeyOrigin& origin) {
  using Kind = config::KeyOrigin::Kind;
  switch (origin.kind) {
    case Kind::kFile:
    case Kind::kConfiguration:
      return cat("put the right one in ", origin.place, kThenReload);
    case Kind::kCredential:
      return "put the right one into the file that LoadCredential= of respand.service names and run: systemctl "
             "restart respand";
    case Kind::kNone:
    case Kind::kEnvironment:
      break;
  }
  return cat("put the right one into the ", origin.to_string(), " and restart respand");
}

HealthIssue paused_at(const HealthInputs& see, IssueKind kind, const std::string& what, std::string remedy) {
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
      HealthIssue issue =
          paused_at(see, IssueKind::kKey, "the API refuses the key", key_remedy(see.config.api.key_origin));
      issue.brief = std::to_string(status);  // what the API says of a key adds nothing
      return issue;
    }
    case 402:
      return paused_at(see, IssueKind::kAccount, "the API wants to be paid",
                       "put the account in order; delivery resumes by itself");
    case 407:
      return paused_at(see, IssueKind::kProxy, "the proxy wants a user and a password",
                       cat("put them into api.proxy in ", file, kThenReload));
    case 431:
      return paused_at(see, IssueKind::kUpstreamWrong, "the API finds the headers of the requests too large",
                       "check the length of the key, and what stands between this host and the API");
    case 451:
    case 499:
    case 511:
      return paused_at(see, IssueKind::kUpstreamWrong, "something between this host and the API stops the requests",
                       "check this host's way to the API: proxies, firewalls, a network that wants a login");
    default:
      break;
  }
  // A status that means the record as long as others are delivered.
  if (delivery::fault_of(http::Failure::kNone, status) == delivery::Fault::kDoubtful) {
    return paused_at(see, IssueKind::kRefused, "record after record is refused, and none is taken",
                     cat("check what stands between this host and the API, and api.base_url and api.path in ", file,
                         "; those refused first: respand dead-letters list"));
  }
  return paused_at(see, IssueKind::kUpstreamWrong, cat("nothing takes records at ", see.config.api.create_url()),
                   cat("put api.base_url and api.path in ", file, " right", kThenReload));
}

HealthIssue paused_issue(const HealthInputs& see) {
  const delivery::Cause& cause = see.delivery.upstream.cause;
  const std::string file(see.config_file);
  if (delivery::is_about_compression(cause)) {
    return paused_at(see, IssueKind::kUpstreamWrong, "the API does not take the form of the requests",
                     cat("set api.compression: none in ", file, kThenReload));
  }
  switch (cause.failure) {
    case http::Failure::kResolve:
      return paused_at(see, IssueKind::kUpstreamWrong, "the name of the API's host is not known",
                       cat("check this host's DNS, or put api.base_url in ", file, " right", kThenReload));
    case http::Failure::kCertificate:
      return paused_at(see, IssueKind::kUpstreamWrong, "the API's certificate is not good",
                       cat("check this host's clock, and api.base_url and api.ca_file in ", file, kThenReload));
    case http::Failure::kNone:
    case http::Failure::kConnect:
    case http::Failure::kTimeout:
    case http::Failure::kBroken:
      return paused_by_status(see, cause.status);
  }
  return paused_by_status(see, cause.status);
}

// "1 record has failed 37 times since 09:12:05 (500), others are delivered".
HealthIssue stuck_issue(const HealthInputs& see) {
  const delivery::StuckRecords::State& stuck = see.delivery.stuck;
  const delivery::StuckRecord& first = stuck.longest.front();
  const std::string times =
      cat(count_of(first.attempts, "time"), " since ", clock_time(first.since, see.now), " (", first.why, ")");
  return {.kind = IssueKind::kStuck,
          .severity = HealthIssue::Severity::kHinders,
          .what = stuck.records == 1 ? cat("1 record has failed ", times, ", others are delivered")
                                     : cat(stuck.records, " records fail while others are delivered, number ",
                                           first.sequence.value, " has failed ", times),
          .why = first.why,
          .remedy = cat("respand dead-letters add --sequence ", first.sequence.value),
          .whole = true,
          .since = first.since};
}

}  // namespace

void find_upstream_issues(const HealthInputs& see, HealthIssues& issues) {
  const std::string& reason = see.delivery.upstream.reason;
  switch (see.delivery.upstream.mode) {
    case delivery::Mode::kNormal:
    case delivery::Mode::kHalfOpen:
      break;
    case delivery::Mode::kPaused:
      issues.push_back(paused_issue(see));
      break;
    case delivery::Mode::kOpen:
      issues.push_back({.kind = IssueKind::kApiDown,
                        .what = "waiting: the API fails",
                        .why = reason,
                        .remedy = "it is tried again by itself; if it lasts, check this host's network and the API's "
                                  "status page",
                        .since = see.delivery_since});
      break;
    case delivery::Mode::kHeld:
      issues.push_back({.kind = IssueKind::kHeld,
                        .what = "waiting: the API asked for silence",
                        .why = reason,
                        .remedy = "it is tried again by itself; if it happens often, set delivery.rate_limit",
                        .since = see.delivery_since});
      break;
  }
}

void find_route_issues(const HealthInputs& see, HealthIssues& issues) {
  for (const delivery::State::Route& route : see.delivery.routes) {
    const std::string where = delivery::name_of(route.way);
    if (route.keyless) {
      issues.push_back(
          {.kind = IssueKind::kKey,
           .severity = HealthIssue::Severity::kHinders,
           .what = cat("what waits for ", where, " is not delivered: api.keys has no such key any more"),
           .why = "",
           .remedy = cat("put ", route.way.key, " back into api.keys and reload; or respand dead-letters, by hand")});
      continue;
    }
    if (route.rejected_spans > 0 && see.now - route.rejected_at < std::chrono::hours{1}) {
      issues.push_back({.kind = IssueKind::kRejectedSpans,
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
        {.kind = IssueKind::kRoute,
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

void find_stuck_records(const HealthInputs& see, HealthIssues& issues) {
  if (see.delivery.stuck.records > 0) {
    issues.push_back(stuck_issue(see));
  }
}

std::string remedy_of_pause(const HealthInputs& see) { return paused_issue(see).remedy; }

std::string remedy_of_stuck_records(const HealthInputs& see) { return stuck_issue(see).remedy; }

}  // namespace respand::app
