#include "sockets/read_cadence.h"

namespace respand::sockets {
namespace {

// So many reads in a row show a writer that goes on; at twice as many an interval gathering is worth its timer.
constexpr unsigned kReads = 16;
constexpr unsigned kReadsEachInterval = 2;
// A read of more is large enough by itself.
constexpr std::size_t kSmall = 8 * 1024;
// A writer can have about 200 KiB on its way before it has to wait (net.core.wmem_default): well before that it is read
// from at once again.
constexpr std::size_t kMuch = 64 * 1024;
// After so many looks in vain the writer has paused.
constexpr unsigned kInVain = 4;

}  // namespace

void ReadCadence::begin(MonoTime now) {
  gathers_ = false;
  count_ = 1;
  since_ = now;
}

void ReadCadence::note_read(std::size_t bytes, bool awaited, MonoTime now) {
  if (interval_ == Duration{0}) {
    return;
  }
  if (gathers_) {
    count_ = 0;
    if (awaited || bytes >= kMuch) {
      begin(now);
    }
    return;
  }
  if (awaited || bytes >= kSmall || count_ == 0) {
    begin(now);
    return;
  }
  if (++count_ < kReads) {
    return;
  }
  const bool often = (now - since_) * kReadsEachInterval <= interval_ * kReads;
  begin(now);
  gathers_ = often;
  count_ = often ? 0 : count_;
}

void ReadCadence::note_nothing() {
  if (gathers_ && ++count_ >= kInVain) {
    gathers_ = false;
    count_ = 0;
  }
}

}  // namespace respand::sockets
