// Status for programs: what docs/openapi/control.yaml says of GET /status.json.

#include <unistd.h>

#include <string>
#include <vector>

#include "app/fleet_json.h"
#include "app/status.h"
#include "app/status_tables.h"
#include "respand/base/text.h"
#include "respand/base/version.h"
#include "respand/json/writer.h"

namespace respand::app {
namespace {

// One word for programs: whether records are delivered.
std::string_view state_of(const StatusSnapshot& look) {
  if (is_blocked(look.journal)) {
    return "blocked";
  }
  if (look.fleet != nullptr && look.fleet->edge && look.fleet->edge->condition != fleet::EdgeCondition::kNone) {
    return is_paused(look.fleet->edge->condition) ? "paused" : "waiting";
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

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string number_or_null(std::optional<Duration> duration) {
  return duration ? cat(std::chrono::duration_cast<std::chrono::seconds>(*duration).count()) : "null";
}

std::string issues_json(const StatusSnapshot& look) {
  std::vector<std::string> all;
  for (const HealthIssue& issue : look.issues) {
    json::Object object;
    object.member("kind", name_of(issue.kind)).member("what", shown(issue.what)).member("why", shown(issue.why));
    object.member("remedy", shown(issue.remedy));
    if (issue.since != WallTime{}) {
      object.member("since", iso8601(issue.since));
    }
    all.push_back(object.text());
  }
  return json::array_of(all);
}

std::string spool_json(const StatusSnapshot& look) {
  json::Object reasons;
  for (std::size_t i = 0; i < spool::kSpoolWaits; ++i) {
    const auto why = static_cast<spool::SpoolWait>(i);
    if (const spool::SpoolWaiters::Kind& kind = look.spool[why]; kind.files > 0) {
      reasons.object(spool::name_of(why), json::Object()
                                              .member("files", kind.files)
                                              .member("oldest", shown(kind.name))
                                              .member("since", iso8601(kind.since)));
    }
  }
  return json::Object()
      .member("waiting_files", look.spool.files())
      .fraction("oldest_seconds", seconds(look.spool.oldest_age(look.now)))
      .object("reasons", reasons)
      .text();
}

std::string stuck_json(const StatusSnapshot& look) {
  std::vector<std::string> longest;
  for (const delivery::StuckRecord& record : look.delivery.stuck.longest) {
    longest.push_back(json::Object()
                          .member("sequence", record.sequence.value)
                          .member("attempts", std::uint64_t{record.attempts})
                          .member("since", iso8601(record.since))
                          .member("why", shown(record.why))
                          .text());
  }
  return json::Object()
      .member("records", std::uint64_t{look.delivery.stuck.records})
      .value("longest", json::array_of(longest))
      .text();
}

std::string files_json(const config::Config& config) {
  json::Array all;
  for (const std::string& file : config.files) {
    all.element(json::string_of(printable(file, 4096)));
  }
  return all.text();
}

std::string users_json(const StatusSnapshot& look) {
  std::vector<std::string> all;
  for (const sockets::PeerCount& user : look.users) {
    json::Object object;
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
  return json::array_of(all);
}

json::Object records_json(const StatusSnapshot& look) {
  return json::Object()
      .member("received", look.totals.received)
      .member("rejected", look.totals.rejected)
      .member("delivered", look.totals.delivered)
      .member("dead_lettered", look.totals.dead_lettered)
      .member("dropped", look.totals.dropped)
      .fraction("received_per_second", look.received_rate)
      .fraction("delivered_per_second", look.delivered_rate);
}

json::Object backlog_json(const StatusSnapshot& look) {
  return json::Object()
      .member("records", look.journal.backlog_records)
      .member("bytes", look.journal.backlog_bytes)
      .fraction("oldest_seconds", seconds(look.oldest_age));
}

json::Object journal_json(const StatusSnapshot& look) {
  return json::Object()
      .member("bytes", look.journal.file_bytes)
      .member("max_bytes", look.config.journal.max_size.value)
      .member("accepting", look.journal.accepting)
      .value("full_in_seconds", number_or_null(journal_full_in(look)))
      .member("trouble", shown(look.journal.issue));
}

json::Object delivery_json(const StatusSnapshot& look) {
  const delivery::UpstreamGate::State& upstream = look.delivery.upstream;
  return json::Object()
      .member("mode", delivery::name_of(upstream.mode))
      .member("reason", shown(upstream.reason))
      .member("last_error", shown(upstream.last_error))
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
      .value("stuck", stuck_json(look));
}

json::Object letters_json(const StatusSnapshot& look) {
  return json::Object()
      .member("bytes", look.delivery.dead_letters.size.value)
      .member("max_bytes", look.config.dead_letters.max_size.value)
      .member("trouble", shown(look.delivery.dead_letters.issue))
      .value("reasons", dead_letters_json(look.delivery.dead_letters));
}

}  // namespace

std::string status_json(const StatusSnapshot& look) {
  return json::Object()
      .member("state", state_of(look))
      .member("headline", shown(headline(look)))
      .value("troubles", issues_json(look))
      .member("version", kVersion)
      .member("pid", static_cast<std::uint64_t>(::getpid()))
      .fraction("up_seconds", seconds(look.up))
      .member("destination", shown(target_text(look.config)))
      .value("configuration_files", files_json(look.config))
      .object("records", records_json(look))
      .object("backlog", backlog_json(look))
      .object("journal", journal_json(look))
      .object("delivery", delivery_json(look))
      .object("dead_letters", letters_json(look))
      .value("fleet", look.fleet == nullptr ? "null" : fleet_json(*look.fleet))
      .value("spool", spool_json(look))
      .value("spend", look.spend)
      .value("users", users_json(look))
      .value("answers", look.metrics == nullptr ? "{}" : answers_json(*look.metrics))
      .value("refused", look.metrics == nullptr ? "{}" : refused_json(*look.metrics))
      .value("routes", routes_json(look.config.api, look.delivery, look.totals.delivered))
      .text();
}

}  // namespace respand::app
