#pragma once
// JournalStatus: the journal's state for `respand status` and its gauges. Any thread.

#include <optional>

#include "journal/acknowledgements.h"
#include "journal/availability.h"
#include "journal/segments.h"
#include "respand/base/clock.h"
#include "respand/journal/snapshot.h"
#include "respand/metrics/metrics.h"

namespace respand::journal {

class JournalStatus {
 public:
  // What it looks at, all borrowed.
  struct Parts {
    const Segments& segments;
    const Acknowledgements& acknowledgements;
    const Availability& availability;
    const DurableEnd& end;
    const Clock& clock;
  };
  // The gauges are set whenever the registry is read, which must not happen after this object is gone.
  JournalStatus(const Parts& parts, metrics::Registry& registry);

  [[nodiscard]] Snapshot snapshot() const;
  // When the oldest record that is not acknowledged came in; nothing where there is none. It may read all headers of a
  // segment.
  [[nodiscard]] std::optional<WallTime> oldest() const;

 private:
  void collect();

  const Parts parts_;
  metrics::Gauge backlog_records_;
  metrics::Gauge backlog_bytes_;
  metrics::Gauge backlog_oldest_;
  metrics::Gauge journal_bytes_;
};

}  // namespace respand::journal
