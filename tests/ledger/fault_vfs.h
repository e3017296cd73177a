#pragma once
// A SQLite VFS over the system's whose calls fail at their turn, once or for good: the disk of the ledger's fault
// tests. One at a time; register it for as long as it is used.

#include <sqlite3.h>

#include <cstdint>
#include <string>

namespace respand::ledger {

class FaultVfs {
 public:
  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;
  [[nodiscard]] static std::string name() { return "fault"; }

  // The nth call from now (1: the next) fails with this SQLite code, and every later one where `for_good`.
  void fail_at(std::uint64_t nth, int code, bool for_good);
  void clear_faults();
  [[nodiscard]] std::uint64_t faults_hit() const;
};

}  // namespace respand::ledger
