#include "journal/attribute_history.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "journal/scanner.h"

namespace respand::journal {
namespace {

// Visits the segment's records in [next, limit) that have attributes. Whether to go on behind it.
Result<bool> visit_segment_from(const Segment& segment, Sequence next, Sequence limit,
                                const std::function<bool(Sequence, std::string_view)>& visit) {
  Scanner scanner(segment, SegmentHeader::kSize, segment.first(), limit);
  for (;;) {
    auto step = scanner.next(Scanner::Check::kHeader);
    if (!step) {
      return std::move(step).error();
    }
    if (*step == Scanner::Step::kNone) {
      // Damage is passed over: the sound records behind it are still evidence for the spool.
      const auto more = scanner.expected() < limit ? scanner.resync() : Result<bool>(false);
      if (!more || !*more) {
        return true;
      }
      continue;
    }
    if (scanner.header().sequence < next || scanner.header().attributes == 0) {
      continue;
    }
    auto attributes = scanner.attributes();
    if (!attributes) {
      return std::move(attributes).error();
    }
    if (!visit(scanner.header().sequence, *attributes)) {
      return false;
    }
  }
}

}  // namespace

Status AttributeHistory::visit(const std::function<bool(Sequence, std::string_view)>& visit) const {
  const Sequence end = end_.next();
  const auto oldest = segments_.oldest();
  Sequence next = std::max(from_, oldest ? oldest->name.first : end);
  while (next < end) {
    const auto entry = segments_.find(next);
    auto segment = entry ? segments_.open(entry->name)
                         : Result<std::shared_ptr<Segment>>(error(ErrorCode::kNotFound, "a segment is missing"));
    if (!segment) {
      return std::move(segment).error();
    }
    const Sequence limit = std::min(entry->limit, end);
    auto more = visit_segment_from(**segment, next, limit, visit);
    if (!more) {
      return std::move(more).error();
    }
    if (!*more) {
      return {};
    }
    next = limit;
  }
  return {};
}

}  // namespace respand::journal
