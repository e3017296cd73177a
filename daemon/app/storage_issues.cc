// The issues of the journal and the dead letters, and of the disk below them.

#include "app/issue_finders.h"
#include "respand/base/text.h"

namespace respand::app {
namespace {

// What to do about a full file system.
std::string room_remedy(std::string_view directory) { return cat("make room on the file system of ", directory); }
std::string inodes_remedy(std::string_view directory) {
  return cat("remove files on the file system of ", directory, " (its inodes are used up, not its blocks)");
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

HealthIssue dead_letters_issue(const HealthInputs& see) {
  using Condition = delivery::DeadLetters::Condition;
  const std::string& directory = see.config.dead_letters.directory;
  HealthIssue issue{.kind = IssueKind::kDeadLetters,
                    .severity = HealthIssue::Severity::kHinders,
                    .what = "records that the API refused can't be put aside, and wait",
                    .why = see.delivery.dead_letters.issue};
  switch (see.delivery.dead_letters.condition) {
    case Condition::kFull:
      issue.kind = IssueKind::kDeadLettersFull;
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

bool dead_letters_wait(const HealthInputs& see) {
  return see.delivery.dead_letters.condition != delivery::DeadLetters::Condition::kNone;
}

// Why records wait in a full journal, and so what empties it.
std::string what_makes_room(const HealthInputs& see) {
  switch (see.delivery.upstream.mode) {
    case delivery::Mode::kPaused:
      return cat("nothing is delivered: ", remedy_of_pause(see));
    case delivery::Mode::kOpen:
      return "nothing is delivered while the API fails";
    case delivery::Mode::kHeld:
      return "nothing is delivered while the API asks for silence";
    case delivery::Mode::kNormal:
    case delivery::Mode::kHalfOpen:
      break;
  }
  if (dead_letters_wait(see)) {
    return cat("refused records can't be put aside: ", dead_letters_issue(see).remedy);
  }
  const std::size_t stuck_ones = see.delivery.stuck.records;
  if (stuck_ones > 0 && 2 * stuck_ones >= see.journal.backlog_records) {
    return cat("what waits fails again and again: ", remedy_of_stuck_records(see));
  }
  return "deliveries make room: it fills faster than the API takes it (respand top)";
}

HealthIssue full_journal_issue(const HealthInputs& see) {
  const config::Journal& settings = see.config.journal;
  const std::uint64_t records = see.journal.backlog_records;
  return {.kind = IssueKind::kJournalFull,
          .what = cat("the journal is full: ", meanwhile(settings.when_full)),
          .why = cat("journal.max_size, ", to_text(settings.max_size), "; ", count_of(records, "record"), " wait",
                     records == 1 ? "s" : ""),
          .remedy = cat(what_makes_room(see), "; for more room raise journal.max_size in ", see.config_file,
                        " and run: systemctl restart respand")};
}

HealthIssue journal_issue(const HealthInputs& see) {
  using journal::Condition;
  const config::Journal& settings = see.config.journal;
  const std::string_view so = meanwhile(settings.when_full);
  switch (see.journal.condition) {
    case Condition::kFull:
    case Condition::kUnsyncedFull:
      return full_journal_issue(see);
    case Condition::kDiskFull:
      return {.kind = IssueKind::kDiskFull,
              .what = cat("the disk is full: ", so),
              .why = see.journal.issue,
              .remedy = cat(room_remedy(settings.directory), "; it goes on by itself")};
    case Condition::kNoInodes:
      return {.kind = IssueKind::kDiskFull,
              .what = cat("the disk has no inodes left: ", so),
              .why = see.journal.issue,
              .remedy = cat(inodes_remedy(settings.directory), "; it goes on by itself")};
    case Condition::kNone:
    case Condition::kFilesGone:
    case Condition::kIoError:
      break;
  }
  return {
      .kind = IssueKind::kJournal,
      .what = cat("the journal can't be written: ", so),
      .why = see.journal.issue,
      .remedy = cat("check the disk under ", settings.directory, " (dmesg says more); it is tried again by itself")};
}

}  // namespace

void find_journal_issues(const HealthInputs& see, HealthIssues& issues) {
  if (is_blocked(see.journal)) {
    issues.push_back(journal_issue(see));
  }
}

void find_dead_letter_issues(const HealthInputs& see, HealthIssues& issues) {
  if (dead_letters_wait(see)) {
    issues.push_back(dead_letters_issue(see));
  }
}

void find_lost_records(const HealthInputs& see, HealthIssues& issues) {
  if (const delivery::DeadLetters::State& letters = see.delivery.dead_letters; letters.letters > 0) {
    issues.push_back({.kind = IssueKind::kDeadLettered,
                      .severity = HealthIssue::Severity::kHappened,
                      .what = cat("dead-lettered ", letters.letters, " (", letters.last_reason, "), the last ",
                                  rough_age(see.now - letters.last_time), " ago: respand dead-letters list"),
                      .since = letters.last_time});
  }
  if (see.damaged > 0) {
    issues.push_back({.kind = IssueKind::kJournalDamaged,
                      .severity = HealthIssue::Severity::kHappened,
                      .what = cat(count_of(see.damaged, "record"), " could not be read back from the disk"),
                      .why = {},
                      .remedy = cat("check the disk; the bytes are in ", see.config.journal.directory,
                                    "/quarantine, and the log says where they stood")});
  }
}

}  // namespace respand::app
