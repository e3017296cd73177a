// The issues of the spool: what is wrong with its directory, and which of its files wait.

#include <unistd.h>
#include "app/issue_finders.h"

#include "respand/base/text.h"

namespace respand::app {
namespace {

// A file of the spool that a writer keeps open for longer may have been forgotten.
constexpr Duration kLongOpen = std::chrono::minutes{10};

// "a.json in the spool", or "3 files in the spool, such as a.json,".
std::string files_of(const spool::SpoolWaiters::Kind& kind) {
  const std::string name = printable(kind.name, 100);
  return kind.files == 1 ? cat(name, " in the spool") : cat(kind.files, " files in the spool, such as ", name, ",");
}

// The issue of files that wait for this reason, with what their operator or writer can do.
HealthIssue waiting_issue(const HealthInputs& see, spool::SpoolWait why) {
  const spool::SpoolWaiters::Kind& kind = see.spool_state.waiting[why];
  const std::string path = cat(see.config.spool.directory, "/", printable(kind.name, 100));
  HealthIssue issue{.kind = IssueKind::kSpool, .severity = HealthIssue::Severity::kHinders};
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

}  // namespace

// What holds up all files comes before single files, and errors come before the rest.
void find_spool_issues(const HealthInputs& see, HealthIssues& issues) {
  using spool::SpoolWait;
  for (const spool::SpoolProblem& problem : see.spool_state.problems) {
    issues.push_back({.kind = IssueKind::kSpool,
                      .severity = HealthIssue::Severity::kHinders,
                      .what = problem.what,
                      .remedy = problem.remedy});
  }
  if (see.spool.fault != spool::SpoolFault::kNone && see.spool_state.problems.empty()) {
    issues.push_back({.kind = IssueKind::kSpool,
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
      issues.push_back(waiting_issue(see, why));
      issues.back().since = kind.since;
    }
  }
  if (see.spool_state.rejects_removed > 0) {
    issues.push_back({.kind = IssueKind::kSpoolRejects,
                      .severity = HealthIssue::Severity::kHappened,
                      .what = cat(count_of(see.spool_state.rejects_removed, "file"),
                                  " of refused lines went from the spool's rejected/ to make room for newer ones"),
                      .why = {},
                      .remedy = "raise spool.rejected_max_size, or look at its writers"});
  }
}

}  // namespace respand::app
