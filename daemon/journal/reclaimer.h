#pragma once
// Reclaimer: gives up segments that nobody needs any more, when the cursor on disk says that their records are
// acknowledged. Journal thread.

#include <cstdint>

#include "journal/acknowledgements.h"
#include "journal/retention_pins.h"
#include "journal/segments.h"

namespace respand::journal {

class Reclaimer {
 public:
  // Why acknowledged segments are given up, and which of them. Where room is needed, segments go that the ledger has
  // not read.
  enum class Purpose : std::uint8_t {
    kTidiness,  // segments that nobody needs
    kOneMore,   // those, and where that gives no room, the oldest acknowledged one
    kCapacity,  // all acknowledged ones
  };

  // All is borrowed.
  Reclaimer(Segments& segments, Acknowledgements& acknowledgements, RetentionPins& pins)
      : segments_(segments), acknowledgements_(acknowledgements), pins_(pins) {}

  void recycle(Purpose purpose);
  // The sequence below which everything is acknowledged and not needed by the spool.
  [[nodiscard]] Sequence needed_from() const;

 private:
  void reclaim(Sequence floor);

  Segments& segments_;
  Acknowledgements& acknowledgements_;
  RetentionPins& pins_;
};

}  // namespace respand::journal
