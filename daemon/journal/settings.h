#pragma once
// The journal's settings, and what several of its parts share. Values only.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "respand/base/units.h"

namespace respand::journal {

// References to records at hand for the workers: enough that a refill (one read of 256 KiB holds about 180 usual
// records) is rare, few enough that they cost 256 KiB.
inline constexpr std::size_t kReferencesAtHand = 4096;

enum class Sync : std::uint8_t { kAlways, kInterval, kNever };
enum class WhenFull : std::uint8_t { kBlock, kReject, kDropOldest };

struct Settings {
  std::string directory;
  Bytes max_size = gibibytes(4);
  Bytes segment_size = mebibytes(64);
  Sync sync = Sync::kAlways;
  Duration sync_interval = std::chrono::milliseconds{100};
  Duration sync_delay{0};  // under kAlways: how long the sync of batches that nobody waits for may gather
  WhenFull when_full = WhenFull::kBlock;
  // At hand for the workers, in order and before older ones each: a power of two.
  std::size_t references = kReferencesAtHand;
};

// The interval at which work is tried again that failed because of the disk.
inline constexpr Duration kRetryInterval = std::chrono::seconds{1};

}  // namespace respand::journal
