#include "spool/report.h"

#include <unistd.h>

#include <algorithm>

#include "respand/base/text.h"
#include "spool/limits.h"

namespace respand::spool {
namespace {

// The log has a line about files that wait at most once a minute, and where nothing changes once an hour. That somebody
// has a file open is news only after a minute.
constexpr Duration kTellInterval = std::chrono::minutes{1};
constexpr Duration kTellAgain = std::chrono::hours{1};

std::vector<metrics::Gauge> waiting_gauges(metrics::Registry& registry) {
  std::vector<metrics::Gauge> gauges;
  for (std::size_t i = 0; i < kSpoolWaits; ++i) {
    gauges.push_back(registry.gauge("respand_spool_waiting_files",
                                    "Files in the spool directory that are not taken yet",
                                    {{"reason", name_of(static_cast<SpoolWait>(i))}}));
  }
  return gauges;
}

}  // namespace

Report::Report(const SpoolDirectory& directory, const SpoolRejected& rejected, metrics::Registry& registry,
               const Clock& clock)
    : directory_(directory), rejected_(rejected), clock_(clock), waiting_gauges_(waiting_gauges(registry)) {}

Duration Report::age(const SpoolStamp& stamp) const {
  return clock_.wall() - WallTime{std::chrono::duration_cast<Duration>(std::chrono::nanoseconds{stamp.changed})};
}

void Report::look_for_problems() {
  std::vector<SpoolProblem> problems = find_spool_problems(directory_.directories(), directory_.path(), ::geteuid());
  const bool news = state_.with([&](State& state) {
    const bool differs = state.problems != problems;
    state.problems = problems;
    return differs;
  });
  for (const SpoolProblem& problem : problems) {
    if (news) {
      log::error("the spool directory is not as it must be", {{"why", problem.what}, {"remedy", problem.remedy}});
    }
  }
}

WallTime Report::since(const SpoolStamp& stamp) const { return std::min(clock_.wall(), clock_.wall() - age(stamp)); }

void Report::note_unreadable(const std::string& name, const SpoolLook& look) {
  SpoolWait why = SpoolWait::kFailed;
  switch (look.entry) {
    case SpoolEntry::kNotRegular:
      why = SpoolWait::kNotRegular;
      break;
    case SpoolEntry::kLinked:
      why = SpoolWait::kLinked;
      break;
    case SpoolEntry::kDenied:
      why = SpoolWait::kUnreadable;
      break;
    case SpoolEntry::kFailed:
      break;
    case SpoolEntry::kFile:
    case SpoolEntry::kGone:
      waiting_.forget(name);
      return;
  }
  waiting_.note(name, why, clock_.wall());
}

// Counts come from what waits as of the last change. A line of the log is written only after a whole listing, as in the
// middle of one the number of files is not known.
void Report::tell(MonoTime now, bool listing) {
  if (waiting_.changed()) {
    waiters_ = waiting_.look();
    for (std::size_t i = 0; i < kSpoolWaits; ++i) {
      waiting_gauges_[i].set(static_cast<double>(waiters_.kinds[i].files));
    }
    state_.with([this](State& state) {
      state.waiting = waiters_;
      state.rejects_removed = rejected_.removed();
    });
  }
  if (listing || now < say_at_) {
    return;
  }
  const SpoolWaiters::Kind& open = waiters_[SpoolWait::kOpen];
  const std::uint64_t others = waiters_.files() - waiters_[SpoolWait::kQueued].files - open.files;
  if (others == 0 && (open.files == 0 || clock_.wall() - open.since < kTellInterval)) {
    waiting_said_.clear();
    return;
  }
  say_at_ = now + kTellInterval;
  std::string text = waiters_.text();
  if (text != waiting_said_ || now >= say_again_at_) {
    log::warning("files wait in the spool directory", {{"files", others + open.files}, {"which", text}});
    waiting_said_ = std::move(text);
    say_again_at_ = now + kTellAgain;
  }
}

SpoolIssue Report::current_issue() const {
  const MonoTime now = clock_.mono();
  return said_.with([now](const Said& said) { return now < said.until ? said.issue : SpoolIssue{}; });
}

void Report::issue(SpoolFault fault, std::string_view name, const Error& error, MonoTime now) {
  const std::string_view event = words_of(fault);
  said_.with([&](Said& said) {
    said = {{fault, cat(event, ": ", printable(name, 200), ": ", error.message)}, now + 2 * kIssueInterval};
  });
  if (issue_throttle_.open(now)) {
    log::error(event, {{"file", name}, {"error", error.message}, {"held_back", issue_throttle_.held_back()}});
  }
}

}  // namespace respand::spool
