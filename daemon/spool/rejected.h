#pragma once
// SpoolRejected: the folder rejected/ inside the spool directory, opened so that nothing but respand's own is ever
// written to, and kept within spool.rejected_max_size: the oldest of what lies there goes, counted and said. What is
// being written counts too. Spool thread.

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "respand/base/fd.h"
#include "respand/base/log.h"
#include "respand/base/result.h"
#include "respand/metrics/metrics.h"
#include "spool/directory.h"

namespace respand::spool {

class SpoolRejected {
 public:
  // `directory` is borrowed.
  SpoolRejected(const SpoolDirectory& directory, Bytes max_size, metrics::Registry& registry, const Clock& clock);

  enum class Make : std::uint8_t { kNo, kYes };
  // The folder, made (0700) where asked for. A link in its place, or somebody else's folder, is not used: what was
  // refused may be confidential.
  [[nodiscard]] Result<UniqueFd> open(Make make) const;

  // Room for so many bytes more; kInvalid where even an empty folder has none, kNoSpace where it has none now.
  [[nodiscard]] Status reserve(std::uint64_t bytes);
  // So many of them are not needed, or not any more.
  void give_back(std::uint64_t bytes) { used_ -= bytes < used_ ? bytes : used_; }

  [[nodiscard]] Bytes max_size() const { return max_size_; }
  // Files that went for the sake of newer ones, since the start.
  [[nodiscard]] std::uint64_t removed() const { return removed_; }
  // Removes hidden files that a killed process left behind. Requires: nothing is being written.
  void sweep() const;

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
  std::uint64_t removed_ = 0;
  log::LogThrottle gate_{std::chrono::minutes{1}};
};

// More than spool.rejected_max_size, in words: kInvalid.
[[nodiscard]] Error too_much(Bytes max_size);

// What a file takes on the disk: at least its size, and whole blocks.
[[nodiscard]] std::uint64_t room_of(const struct stat& info);

}  // namespace respand::spool
