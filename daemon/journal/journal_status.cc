#include "journal/journal_status.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "journal/scanner.h"

namespace respand::journal {

JournalStatus::JournalStatus(const Parts& parts, metrics::Registry& registry)
    : parts_(parts),
      backlog_records_(registry.gauge("respand_backlog_records",
                                      "Records in the journal that are neither delivered nor dead-lettered")),
      backlog_bytes_(registry.gauge("respand_backlog_bytes", "Bytes of those records")),
      backlog_oldest_(registry.gauge("respand_backlog_oldest_seconds", "Age of the oldest of them")),
      journal_bytes_(registry.gauge("respand_journal_bytes", "Size of the journal's live segments on disk")) {
  registry.on_collect([this] { collect(); });
}

Snapshot JournalStatus::snapshot() const {
  const Acknowledgements::Open open = parts_.acknowledgements.open();
  Snapshot now;
  now.accepting = parts_.availability.accepting();
  Availability::Issue issue = parts_.availability.issue();
  now.condition = issue.condition;
  now.issue = std::move(issue.text);
  now.file_bytes = parts_.segments.live_bytes().value;
  now.backlog_records = open.records;
  now.backlog_bytes = open.bytes;
  now.open_bytes = open.on_disk();
  return now;
}

std::optional<WallTime> JournalStatus::oldest() const {
  const Sequence floor = parts_.acknowledgements.floor();
  const auto entry = floor < parts_.end.next() ? parts_.segments.find(floor) : std::nullopt;
  if (!entry) {
    return std::nullopt;
  }
  auto segment = parts_.segments.open(entry->name);
  if (!segment) {
    return std::nullopt;
  }
  Scanner scanner(**segment, SegmentHeader::kSize, entry->name.first, floor.next());
  for (;;) {
    const auto step = scanner.next(Scanner::Check::kHeader);
    if (!step || *step == Scanner::Step::kNone) {
      return std::nullopt;
    }
    if (scanner.header().sequence == floor) {
      return scanner.header().received;
    }
  }
}

void JournalStatus::collect() {
  const Snapshot now = snapshot();
  backlog_records_.set(static_cast<double>(now.backlog_records));
  backlog_bytes_.set(static_cast<double>(now.backlog_bytes));
  journal_bytes_.set(static_cast<double>(now.file_bytes));
  const auto received = oldest();
  backlog_oldest_.set(received ? std::max(0.0, std::chrono::duration<double>(parts_.clock.wall() - *received).count())
                               : 0.0);
}

}  // namespace respand::journal
