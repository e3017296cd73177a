// The issues of writers: their connections, their socket, the paths that they post to.

#include "app/descriptors.h"
#include "app/issue_finders.h"
#include "respand/base/text.h"

namespace respand::app {
namespace {

constexpr std::size_t kMostName = 160;  // of a path or a client in a line for people

// A limit of connections is reached: that of all, of TCP, or of one user.
void find_crowd(const HealthInputs& see, HealthIssues& issues) {
  const net::Crowd& crowd = see.crowd;
  const std::string taken = cat(crowd.open, " of ", crowd.most);
  const std::string file(see.config_file);
  switch (crowd.out) {
    case net::Crowd::Out::kNobody:
      break;
    case net::Crowd::Out::kDescriptors:
      issues.push_back({.kind = IssueKind::kConnections,
                        .what = "writers are turned away: the process has no descriptor left",
                        .why = cat(taken, " connections are open"),
                        .remedy = Descriptors::remedy()});
      break;
    case net::Crowd::Out::kAll:
      issues.push_back({.kind = IssueKind::kConnections,
                        .what = "new writers are turned away: all connections are taken",
                        .why = cat(taken, ", socket.max_connections"),
                        .remedy = cat("see who holds them (respand status --json, users), or raise "
                                      "socket.max_connections in ",
                                      file, kThenReload)});
      break;
    case net::Crowd::Out::kTcp:
      issues.push_back(
          {.kind = IssueKind::kConnections,
           .severity = HealthIssue::Severity::kHinders,
           .what = "new writers over TCP are turned away: their share of connections is taken",
           .why = cat(taken, ", three quarters of socket.max_connections"),
           .remedy = cat("let them keep their connections, or raise socket.max_connections in ", file, kThenReload)});
      break;
    case net::Crowd::Out::kUser:
      issues.push_back({.kind = IssueKind::kConnections,
                        .severity = HealthIssue::Severity::kHinders,
                        .what = cat("new connections of user ", crowd.uid, " are turned away: it has all that one may"),
                        .why = cat(taken, ", socket.max_connections_per_user"),
                        .remedy = cat("find out what of its processes leaves them open (ss -xp), or raise "
                                      "socket.max_connections_per_user in ",
                                      file, kThenReload)});
      break;
  }
}

}  // namespace

void find_connection_issues(const HealthInputs& see, HealthIssues& issues) {
  if (!see.lost_socket.empty()) {
    issues.push_back({.kind = IssueKind::kSocket,
                      .what = "no new writer finds the socket: its file was taken away",
                      .why = std::string(see.lost_socket),
                      .remedy = "make its folder writable for respand, or remove what stands in its place; it is tried "
                                "again by itself"});
  }
  find_crowd(see, issues);
  if (!see.shortage.empty()) {
    issues.push_back({.kind = IssueKind::kDescriptors,
                      .severity = HealthIssue::Severity::kHinders,
                      .what = "there can be fewer connections than configured",
                      .why = std::string(see.shortage),
                      .remedy = Descriptors::remedy()});
  }
}

// A client that is set up wrongly keeps sending. If it has been quiet for a while it was repaired, or it was a stray
// request, and the issue ends.
void find_unserved_paths(const HealthInputs& see, HealthIssues& issues) {
  constexpr Duration kGoesOn = std::chrono::minutes{10};
  const sockets::Unserved& unserved = see.unserved;
  if (unserved.path.empty() || see.now - unserved.last > kGoesOn) {
    return;
  }
  const std::string agent = unserved.user_agent.empty() ? std::string("without a User-Agent")
                                                        : cat("by ", printable(unserved.user_agent, kMostName));
  issues.push_back(
      {.kind = IssueKind::kUnservedPath,
       .severity = HealthIssue::Severity::kHinders,
       .what = "a client posts to a path that is not served",
       .why = cat(printable(unserved.path, kMostName), ", ", agent, ", ", count_of(unserved.requests, "time")),
       .remedy = "its records are refused (404): docs/protocol.md has the routes"});
}

}  // namespace respand::app
