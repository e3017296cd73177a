#pragma once
// What a sink has counted: requests, records, duplicates, cost. Written by the sink's thread, read from any.

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "respand/base/mutex.h"
#include "respand/record/record_parser.h"
#include "sink/identifier_set.h"
#include "sink/script.h"

namespace respand::sink {

struct Stats {
  std::uint64_t requests = 0;                      // to any path but /stats
  std::uint64_t records = 0;                       // taken in, duplicates included
  std::uint64_t duplicates = 0;                    // records whose custom_identifier had been taken in before
  double cost = 0;                                 // US dollars: of all records, duplicates included
  std::map<std::string, std::uint64_t> by_status;  // "200", "503", "reset" …
  std::uint64_t in_flight = 0;                     // requests read and not answered
  std::uint64_t peak_in_flight = 0;                // the most there were
  std::uint64_t connections = 0;                   // accepted so far
};

// {"requests":…,"records":…,"duplicates":…,"cost":…,"by_status":{…}}
[[nodiscard]] std::string to_json(const Stats& stats);
// The same for people, a few lines.
[[nodiscard]] std::string summary(const Stats& stats);

class Tally {
 public:
  // A request was read whole; returns how many are in flight, this one included.
  std::uint64_t began();
  void ended(std::uint64_t requests);
  void connected();
  // A request got its verdict. The records count only where the verdict takes them.
  void judged(const Verdict& verdict, std::span<const record::RecordFields> records);
  void judged(const Verdict& verdict, const record::RecordFields& record) { judged(verdict, {&record, 1}); }
  [[nodiscard]] Stats stats() const;

 private:
  struct State {
    Stats stats;  // but by_status
    std::array<std::uint64_t, 600> by_status{};
    std::array<std::uint64_t, 5> by_fault{};
    IdentifierSet identifiers;
  };
  LockGuarded<State> state_;
};

}  // namespace respand::sink
