#pragma once
// Which of a range of records are still open, for who waits until his are delivered. Any thread.

#include <string_view>

#include "app/page_server.h"
#include "journal/journal.h"

namespace respand::app {

// At most so many ranges are told at once.
inline constexpr std::size_t kMostOpenRanges = 1000;

// {"open":[[first,last],…],"through":N} for first= and last= of the query: what is not named up to N is acknowledged
// (delivered, dead-lettered or dropped).
[[nodiscard]] Page open_records_page(const journal::Journal& journal, std::string_view query);

}  // namespace respand::app
