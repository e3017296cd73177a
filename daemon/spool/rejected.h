#pragma once
// SpoolRejected: the folder rejected/ inside the spool directory, opened so that nothing but respand's own is ever
// written to, and kept within spool.rejected_max_size: the oldest of what lies there goes, counted and said. What is
// being written counts too. Spool thread.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "respand/base/log.h"
#include "respand/base/result.h"
#include "respand/fs/directory.h"
#include "respand/metrics/metrics.h"
#include "spool/directory.h"

namespace respand::spool {

class SpoolRejected {
 public:
  // `directory` is borrowed.
  SpoolRejected(const SpoolDirectory& directory, Bytes max_size, metrics::Registry& registry, const Clock& clock);

  enum class Make : std::uint8_t { kNo, kYes };
  // The folder, made (0700) where asked for. A link in its place, or somebody else's folder, is not used: what was
  // refused may be confidential. Where it is made, its own name is durable when this returns.
  [[nodiscard]] Result<std::unique_ptr<fs::Directory>> open(Make make);
  // Makes durable what was renamed into it.
  [[nodiscard]] Status sync();

  // Room for so many bytes more; kInvalid where even an empty folder has none, kNoSpace where it has none now.
  [[nodiscard]] Status reserve(std::uint64_t bytes);
  // So many of them are not needed, or not any more.
  void give_back(std::uint64_t bytes) { used_ -= bytes < used_ ? bytes : used_; }

  [[nodiscard]] Bytes max_size() const { return max_size_; }
  // Files that went for the sake of newer ones, since the start.
  [[nodiscard]] std::uint64_t removed() const { return removed_; }
  // Removes hidden files that a killed process left behind. Requires: nothing is being written.
  void sweep();

  static constexpr std::string_view kHidden = ".respand-";
  static constexpr std::string_view kErrors = ".errors";

 private:
  [[nodiscard]] Status make_room(std::uint64_t bytes);

  const SpoolDirectory& directory_;
  const Bytes max_size_;
  const Clock& clock_;
  const metrics::Counter removed_counter_;
  std::uint64_t used_ = 0;  // on the disk, as far as is known: whoever else removes files makes it too high
  bool looked_ = false;     // used_ was found out
  bool named_ = false;      // its name in the spool directory is durable
  std::uint64_t removed_ = 0;
  log::LogThrottle gate_{std::chrono::minutes{1}};
};

// More than spool.rejected_max_size, in words: kInvalid.
[[nodiscard]] Error too_much(Bytes max_size);

}  // namespace respand::spool
