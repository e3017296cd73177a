#include "app/open_records.h"

#include "app/query.h"
#include "respand/base/text.h"
#include "respand/json/writer.h"

namespace respand::app {

Page open_records_page(const journal::Journal& journal, std::string_view query) {
  const auto first = query_number(query, "first");
  const auto last = query_number(query, "last");
  if (!first || !last || *first > *last) {
    return {.status = 400, .body = "which? first=N&last=M\n"};
  }
  // A record that was not handed over yet counts as open.
  const std::uint64_t end = std::min(*last + 1, journal.durable_end().value);
  const auto open = journal.open_among(Sequence{*first}, Sequence{std::max(*first, end)}, kMostOpenRanges + 1);
  json::Array ranges;
  for (std::size_t i = 0; i < std::min(open.size(), kMostOpenRanges); ++i) {
    ranges.element(cat("[", open[i].first.value, ",", open[i].end.value - 1, "]"));
  }
  const std::uint64_t through = open.size() > kMostOpenRanges ? open[kMostOpenRanges].first.value : end;
  const std::string body =
      json::Object().value("open", ranges.text()).member("through", through == 0 ? 0 : through - 1).text();
  return {.type = "application/json", .body = body + "\n"};
}

}  // namespace respand::app
