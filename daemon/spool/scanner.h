#pragma once
// Scanner: finds the files of the spool directory. Notices of changes are a hint, the listing is the truth. At the
// start it also finds out from the journal what was taken of those that are there. Spool thread.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "respand/journal/reader.h"
#include "spool/shared.h"

namespace respand::spool {

class Scanner {
 public:
  // Both are borrowed.
  Scanner(Shared& shared, const journal::AttributeScan& history) : shared_(shared), history_(history) {}

  // Asks the journal what it holds of the files in the directory. False where that is not known yet: to be tried again
  // at load_at(). Gives up once `cancelled` is true.
  [[nodiscard]] bool load(MonoTime now, const std::function<bool()>& cancelled);
  [[nodiscard]] MonoTime load_at() const { return load_at_; }

  // Takes in what was noticed since the last call.
  void hear(MonoTime now);
  // Looks at the next part of the directory, where its time has come; true where there is more to look at now.
  [[nodiscard]] bool scan(MonoTime now);
  // A listing has begun, and has not come to its end.
  [[nodiscard]] bool scanning() const { return scanning_; }
  void list_soon(MonoTime now) { scan_at_ = now; }
  // When the next listing is due.
  [[nodiscard]] MonoTime next_wake() const { return scanning_ ? MonoTime::max() : scan_at_; }

 private:
  using Inodes = std::optional<std::vector<std::uint64_t>>;
  [[nodiscard]] Result<Inodes> list_inodes(const std::function<bool()>& cancelled);
  void begin_scan(MonoTime now);
  void see(const std::string& name, MonoTime now);
  void end_scan();

  Shared& shared_;
  const journal::AttributeScan& history_;
  bool loaded_ = false;
  MonoTime load_at_{};
  bool scanning_ = false;
  bool looked_at_all_ = true;  // what stands behind each name of this listing is known
  MonoTime scan_at_{};
};

}  // namespace respand::spool
