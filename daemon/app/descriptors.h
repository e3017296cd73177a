#pragma once
// Descriptors: shares the process's descriptors out at the start. What the journal, the spool, the ledger, delivery and
// the control socket need comes before any writer's connection, so that idle writers can't stop the daemon's own work.
// Main thread.

#include <cstdint>
#include <string>

#include "respand/base/result.h"
#include "respand/config/config.h"

namespace respand::app {

class Descriptors {
 public:
  // `limit`: RLIMIT_NOFILE; `taken`: how many below it were open before this program did anything, stdin, stdout and
  // stderr not counted. kUnsupported: there are too few to run with.
  [[nodiscard]] static Result<Descriptors> share_out(const config::Config& config, std::uint64_t limit,
                                                     std::uint64_t taken);
  // The least limit that a configuration can run with.
  [[nodiscard]] static std::uint64_t least(const config::Config& config, std::uint64_t taken);

  // The configuration with no more connections than there are descriptors for.
  [[nodiscard]] config::Config bound(config::Config config) const;
  // How many connections each of the two page servers may have.
  [[nodiscard]] std::size_t pages() const { return pages_; }
  // Which connections there can be fewer of than configured, in words; empty: none.
  [[nodiscard]] std::string shortage(const config::Config& config) const;
  // What to do about a shortage.
  [[nodiscard]] static std::string remedy();

 private:
  std::uint64_t limit_ = 0;
  std::uint32_t writers_ = 0;
  std::uint32_t delivery_ = 0;
  std::size_t pages_ = 0;
};

// How many descriptors below `limit` are open, the first three not counted.
[[nodiscard]] std::uint64_t open_descriptors(std::uint64_t limit);

}  // namespace respand::app
