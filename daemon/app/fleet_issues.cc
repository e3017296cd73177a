// The issues of a fleet: what keeps an edge's records from the stream, and a relay from its messages.

#include "app/fleet_link.h"
#include "app/issue_finders.h"
#include "respand/base/text.h"

namespace respand::app {
namespace {

constexpr std::string_view kByItself = "it is tried again by itself";

std::string credentials_remedy(const config::Config& config) {
  const std::string& file = config.nats.credentials_file.empty() ? config.nats.nkey_file : config.nats.credentials_file;
  return file.empty() ? std::string(
                            "put good ones into the service's credential nats_creds, or name a file in "
                            "nats.credentials_file, and restart respand")
                      : cat("put good ones into ", file, ": a changed file is noticed by itself");
}

HealthIssue issue_of(IssueKind kind, std::string what, const std::string& why, std::string remedy, WallTime since) {
  return {.kind = kind, .what = std::move(what), .why = why, .remedy = std::move(remedy), .since = since};
}

// A loss that has cost nothing hinders nobody, but somebody should know of it.
HealthIssue loss_of(const fleet::EdgeState& edge) {
  constexpr std::string_view kConfirm = "find out why (docs/fleet.md), then run: respand reload";
  HealthIssue issue = issue_of(IssueKind::kNatsStreamLost, {}, edge.lost_how, std::string(kConfirm), {});
  const fleet::Republishing& again = edge.republishing;
  if (again.runs) {
    issue.what = cat("the NATS stream was lost; of what this edge has kept, ", again.done, " of ",
                     count_of(again.of, "message"), again.of == 1 ? " is" : " are", " published again so far");
  } else if (edge.mended) {
    issue.what = "the NATS stream was lost; all that no relay had taken is published again";
    issue.severity = HealthIssue::Severity::kHinders;
  } else {
    issue.what = cat("the NATS stream was lost, and with it what no relay had taken",
                     again.of > 0 ? " and this edge had not kept" : "");
  }
  return issue;
}

void find_edge_issues(const HealthInputs& see, const fleet::EdgeState& edge, HealthIssues& issues) {
  const config::Nats& nats = see.config.nats;
  const auto add = [&](IssueKind kind, std::string what, std::string remedy) {
    issues.push_back(issue_of(kind, std::move(what), edge.why, std::move(remedy), edge.since));
  };
  switch (edge.condition) {
    case fleet::EdgeCondition::kNone:
      break;
    case fleet::EdgeCondition::kUnreachable:
      add(IssueKind::kNatsUnreachable, cat("waiting: no connection to NATS at ", edge.server),
          cat(kByItself, "; if it lasts, check nats.servers and this host's network"));
      break;
    case fleet::EdgeCondition::kCredentials:
      add(IssueKind::kNatsCredentials, "paused: NATS refuses the credentials", credentials_remedy(see.config));
      break;
    case fleet::EdgeCondition::kNoQuorum:
      add(IssueKind::kNatsQuorum, "waiting: no quorum",
          cat(kByItself, "; if it lasts, bring the cluster's servers back, or run: respand nats check"));
      break;
    case fleet::EdgeCondition::kNoAnswer:
      add(IssueKind::kNatsQuorum, "waiting: the NATS cluster does not answer",
          cat(kByItself, "; if it lasts, run: respand nats check"));
      break;
    case fleet::EdgeCondition::kNoStream:
      add(IssueKind::kNatsStream, cat("paused: stream ", nats.stream, " does not take subject ", nats.subject),
          "put nats.stream and nats.subject right, or run on a host that may: respand nats setup --apply");
      break;
    case fleet::EdgeCondition::kFull:
      add(IssueKind::kNatsStreamFull, "waiting: stream is full, relays are behind",
          "look at the relays' status; more relays, or a higher delivery.rate_limit there, drain it faster");
      break;
    case fleet::EdgeCondition::kRefused:
      add(IssueKind::kNatsStream, "waiting: JetStream refuses batches", cat(kByItself, "; run: respand nats check"));
      break;
    case fleet::EdgeCondition::kRequirements:
      add(IssueKind::kNatsRequirements, "paused: the NATS cluster promises less than nats.require wants (nats.strict)",
          "put the cluster right, or run: respand nats check");
      break;
  }
  if (edge.stream_lost) {
    issues.push_back(loss_of(edge));
  }
}

// Where there is no connection, that is said already.
void find_sharing_issue(const config::Config& config, const fleet::RelayState& relay, HealthIssues& issues) {
  const bool denied = relay.share.sharing == fleet::Sharing::kDenied;
  if (!denied && (relay.share.sharing != fleet::Sharing::kUnheard || !relay.connected)) {
    return;
  }
  issues.push_back(
      {.kind = IssueKind::kNatsSharing,
       .severity = HealthIssue::Severity::kHinders,
       .what = cat("this relay can't share delivery.rate_limit, and takes 1/", fleet::kMostRelays, " of it"),
       .why =
           cat(denied ? "the NATS server denies " : "nothing comes back from ", "_RESPAND.RELAYS.", config.nats.stream),
       .remedy = denied ? "let its user publish and subscribe to this subject (docs/fleet.md)"
                        : cat(kByItself, "; if it lasts, run: respand nats check")});
}

void find_relay_issues(const HealthInputs& see, const fleet::RelayState& relay, HealthIssues& issues) {
  const auto add = [&](IssueKind kind, std::string what, std::string remedy) {
    issues.push_back(issue_of(kind, std::move(what), relay.why, std::move(remedy), relay.since));
  };
  switch (relay.condition) {
    case fleet::RelayCondition::kNone:
    case fleet::RelayCondition::kRecovering:
    case fleet::RelayCondition::kJournalFull:  // is said of the journal
      break;
    case fleet::RelayCondition::kUnreachable:
      add(IssueKind::kNatsUnreachable, cat("waiting: no connection to NATS at ", relay.server),
          cat(kByItself, "; if it lasts, check nats.servers and this host's network"));
      break;
    case fleet::RelayCondition::kCredentials:
      add(IssueKind::kNatsCredentials, "paused: NATS refuses the credentials", credentials_remedy(see.config));
      break;
    case fleet::RelayCondition::kNoQuorum:
      add(IssueKind::kNatsQuorum, "waiting: no quorum",
          cat(kByItself, "; if it lasts, bring the cluster's servers back, or run: respand nats check"));
      break;
    case fleet::RelayCondition::kNoConsumer:
      add(IssueKind::kNatsStream, "paused: the stream or its consumer is not as a relay needs it",
          "run: respand nats check, which says what to do");
      break;
  }
  find_sharing_issue(see.config, relay, issues);
  if (relay.aside > 0) {
    issues.push_back(
        {.kind = IssueKind::kNatsAside,
         .severity = HealthIssue::Severity::kHinders,
         .what = cat(count_of(relay.aside, "message"), " of the stream could not be taken, and kept aside"),
         .why = cat("the last one: ", relay.aside_file),
         .remedy = "the log says what is wrong with each; report it with the file, then remove that"});
  }
  if (relay.not_known > 0) {
    issues.push_back({.kind = IssueKind::kNatsAside,
                      .severity = HealthIssue::Severity::kHinders,
                      .what = "messages of a newer respand wait in the stream",
                      .why = {},
                      .remedy = "update this relay"});
  }
}

}  // namespace

void find_fleet_issues(const HealthInputs& see, HealthIssues& issues) {
  if (see.fleet == nullptr) {
    return;
  }
  if (see.fleet->edge) {
    find_edge_issues(see, *see.fleet->edge, issues);
  }
  if (see.fleet->relay) {
    find_relay_issues(see, *see.fleet->relay, issues);
  }
}

void find_unmet_requirements(const HealthInputs& see, HealthIssues& issues) {
  if (see.fleet == nullptr || see.config.nats.strict) {
    return;
  }
  const std::string unmet = see.fleet->edge ? see.fleet->edge->unmet : see.fleet->relay ? see.fleet->relay->unmet : "";
  if (!unmet.empty()) {
    issues.push_back({.kind = IssueKind::kNatsRequirements,
                      .severity = HealthIssue::Severity::kHinders,
                      .what = "the NATS cluster promises less than nats.require wants, so that it may lose records",
                      .why = unmet,
                      .remedy = "run: respand nats check"});
  }
}

}  // namespace respand::app
