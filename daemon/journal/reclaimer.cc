#include "journal/reclaimer.h"

#include <algorithm>

namespace respand::journal {

void Reclaimer::recycle(Purpose purpose) {
  const Sequence floor = needed_from();
  const Sequence read = pins_.ledger();
  switch (purpose) {
    case Purpose::kTidiness:
      reclaim(std::min(floor, read));
      return;
    case Purpose::kOneMore:
      reclaim(std::min(floor, read));
      if (const auto oldest = segments_.oldest(); oldest && !segments_.capacity()) {
        reclaim(std::min(floor, oldest->limit));
      }
      break;
    case Purpose::kCapacity:
      reclaim(floor);
      break;
  }
  if (const auto oldest = segments_.oldest(); oldest && read < oldest->name.first) {
    pins_.report_ledger_loss(oldest->name.first);
  }
}

Sequence Reclaimer::needed_from() const { return std::min(acknowledgements_.floor(), pins_.spool()); }

// Where the cursor can't be saved, segments stay, unless their room is needed: otherwise nobody could write any more. A
// crash then makes a start count acknowledged records as lost, which is the smaller harm.
void Reclaimer::reclaim(Sequence floor) {
  const auto oldest = segments_.oldest();
  if (oldest && oldest->limit <= floor && (acknowledgements_.save_below(floor) || !segments_.capacity())) {
    segments_.recycle(floor);
  }
}

}  // namespace respand::journal
