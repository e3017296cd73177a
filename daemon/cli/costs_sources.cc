#include "cli/costs_sources.h"

#include <algorithm>

#include "ledger/report.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

constexpr std::size_t kMostShown = 200;

std::string shown(const CostsSource& source) {
  const std::string file = printable(source.file, kMostShown);
  return source.host.empty() ? file : cat(file, " (", printable(source.host, kMostShown), ")");
}

bool overlap(const CostsSource& a, const CostsSource& b) { return a.since < b.until && b.since < a.until; }

// Records that came in on the ledger's own host.
std::int64_t own_records(const CostsSource& source) {
  std::int64_t own = source.records;
  for (const auto& [host, records] : source.relayed) {
    own -= records;
  }
  return own;
}

// A relay counts what hosts have sent through it, and each of these hosts counts it, too.
void find_relayed_twice(const CostsSource& relay, const std::vector<CostsSource>& sources,
                        std::vector<std::string>& found) {
  const auto is_unknown = [](const std::string& host) { return host.empty() || host == ledger::kOther; };
  bool others = false;
  for (const CostsSource& one : sources) {
    if (&one == &relay || !overlap(one, relay) || own_records(one) <= 0) {
      continue;
    }
    others = true;
    if (!is_unknown(one.host) && relay.relayed.contains(one.host)) {
      found.push_back(cat("records of ", printable(one.host, kMostShown), " are counted twice: in ", shown(one),
                          ", by its own respand, and in ", shown(relay),
                          ", by the relay that they went through. Leave one of the two out"));
    }
  }
  for (const auto& [host, records] : relay.relayed) {
    if (others && is_unknown(host)) {
      found.push_back(cat(shown(relay), " counts ", records,
                          " records that other hosts' respand has sent through it. If one of the other files is of "
                          "such a host, they are counted twice (costs.dimensions: [host] at the relay shows whose "
                          "they are)"));
    }
  }
}

}  // namespace

std::vector<std::string> find_double_counts(const std::vector<CostsSource>& sources) {
  std::vector<std::string> found;
  for (auto second = sources.begin(); second != sources.end(); ++second) {
    for (auto first = sources.begin(); first != second; ++first) {
      if (second->ledger != 0 && first->ledger == second->ledger && overlap(*first, *second)) {
        found.push_back(cat(shown(*first), " and ", shown(*second),
                            " are of the same ledger, for hours that overlap: what they share is counted twice"));
      }
    }
  }
  for (const CostsSource& source : sources) {
    find_relayed_twice(source, sources, found);
  }
  return found;
}

}  // namespace respand::cli
