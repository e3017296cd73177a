#pragma once
// Report: what `respand costs` asks of a ledger's file, beside a running daemon or without one, read only. Any thread,
// one at a time.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ledger/row.h"
#include "ledger/sums.h"
#include "respand/base/result.h"

namespace respand::ledger {

// What rows are told apart by.
enum class By : std::uint8_t { kModel, kProvider, kCustomer, kEnvironment, kDay, kHour };
inline constexpr std::array<const char*, 6> kByWords{"model", "provider", "customer", "environment", "day", "hour"};

struct Report {
  // By the values in the order of the question: "2026-11-24" for a day, "2026-11-24T23:00:00Z" for an hour.
  std::map<std::vector<std::string>, Sums> rows;
  Sums total;
  std::uint64_t missed = 0;  // records that the ledger could not count, since it was made
};

// Adds up the hours [from, to). kNotFound: there is no ledger in the folder yet; kPermission: it may not be read;
// kCorrupt: it is none, or of another version.
[[nodiscard]] Result<Report> read_report(const std::string& directory, std::int64_t from, std::int64_t to,
                                         const std::vector<By>& by);

}  // namespace respand::ledger
