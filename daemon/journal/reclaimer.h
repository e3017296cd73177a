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
  // Why acknowledged segments go; in need of room the ledger must give way.
  enum class Purpose : std::uint8_t {
    kTidiness,  // what nobody needs
    kOneMore,   // that, and where it gives no room the oldest acknowledged one
    kCapacity,  // all that is acknowledged
  };

  // All is borrowed.
  Reclaimer(Segments& segments, Acknowledgements& acknowledgements, RetentionPins& pins)
      : segments_(segments), acknowledgements_(acknowledgements), pins_(pins) {}

  void recycle(Purpose purpose);
  // Everything below is acknowledged, and the spool does not look back to it.
  [[nodiscard]] Sequence needed_from() const;

 private:
  void reclaim(Sequence floor);

  Segments& segments_;
  Acknowledgements& acknowledgements_;
  RetentionPins& pins_;
};

}  // namespace respand::journal
