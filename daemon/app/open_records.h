#pragma once
// Which records of a range are still open, for a client that waits until its records are delivered. Any thread.

#include <string_view>

#include "app/page_server.h"
#include "journal/journal.h"

namespace respand::app {

// How many ranges one answer has at most.
inline constexpr std::size_t kMostOpenRanges = 1000;

// {"open":[[first,last],…],"through":N} for first= and last= of the query. Every record up to N that is in none of the
// ranges is acknowledged (delivered, dead-lettered or dropped).
[[nodiscard]] Page open_records_page(const journal::Journal& journal, std::string_view query);

}  // namespace respand::app
