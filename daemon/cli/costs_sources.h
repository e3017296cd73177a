#pragma once
// Sources: the ledgers whose records a report of costs counts; and what is counted twice where those of many hosts are
// added up: a ledger that comes twice, and a host's own beside that of the relay which its records went through. Pure.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "respand/base/units.h"

namespace respand::cli {

struct CostsSource {
  std::string file{};                           // where it was read; for messages only
  std::uint64_t ledger = 0;                     // the number of the ledger; 0: not known
  std::string host{};                           // the host of that ledger; empty: not known
  std::int64_t records = 0;                     // that it counts
  std::map<std::string, std::int64_t> relayed;  // those of them that other hosts' respand counts too, by host if known
  std::uint64_t missed = 0;                     // records that the ledger could not count, since it was made
  WallTime since{};                             // the time that is counted
  WallTime until{};
};

// What is or may be counted twice where these are added up, a sentence each.
[[nodiscard]] std::vector<std::string> find_double_counts(const std::vector<CostsSource>& sources);

}  // namespace respand::cli
