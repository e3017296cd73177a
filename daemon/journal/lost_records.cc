#include "journal/lost_records.h"

#include "respand/base/log.h"

namespace respand::journal {

void LostRecords::lose(Sequence first, Sequence end, std::uint64_t bytes, const Place& place, std::string_view why) {
  const std::uint64_t lost = acknowledgements_.add_range(first, end, bytes);
  if (lost == 0) {
    return;
  }
  counter_.add(static_cast<double>(lost));
  log::error("records of the journal can't be read any more; what is left of them is in its quarantine folder",
             {{"first_sequence", first.value},
              {"records", lost},
              {"segment", place.segment.value},
              {"offset", place.offset},
              {"why", why}});
}

}  // namespace respand::journal
