#include "journal/availability.h"

#include <string_view>
#include <utility>

namespace respand::journal {
namespace {

std::string_view meanwhile(WhenFull policy) {
  switch (policy) {
    case WhenFull::kBlock:
      return "writers wait until records are delivered or the disk has room again";
    case WhenFull::kReject:
      return "writers are refused until records are delivered or the disk has room again";
    case WhenFull::kDropOldest:
      return "the oldest records are dropped, where that makes room";
  }
  return {};
}

}  // namespace

void Availability::fail_with(Condition condition, const Error& error) {
  disk_full_ = error.code == ErrorCode::kNoSpace;
  set_issue(condition, error.message);
}

Availability::Issue Availability::issue() const {
  return issue_.with([](const Issue& issue) { return issue; });
}

// Near the limit the issue comes and goes with every segment, so it is logged only once in a while.
void Availability::set_issue(Condition condition, std::string text) {
  const bool changed = issue_.with([&](Issue& current) {
    const bool other = current.condition != condition;
    current = {condition, text};
    return other;
  });
  if (changed && issues_.open(clock_.mono())) {
    issue_said_ = true;
    log::error("the journal can't take records",
               {{"why", text}, {"meanwhile", meanwhile(policy_)}, {"held_back", issues_.held_back()}});
  }
}

void Availability::clear_issue() {
  const bool had_one =
      issue_.with([](Issue& current) { return std::exchange(current, {}).condition != Condition::kNone; });
  if (had_one && std::exchange(issue_said_, false)) {
    log::info("the journal takes records again");
  }
}

}  // namespace respand::journal
