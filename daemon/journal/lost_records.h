#pragma once
// LostRecords: what becomes of records whose bytes on disk are not what was written. They are acknowledged, so that
// nobody waits for them, counted as dropped, and logged; what is left of their bytes is kept aside. Any thread.

#include <cstdint>
#include <memory>
#include <string_view>

#include "journal/acknowledgements.h"
#include "journal/backlog.h"
#include "journal/quarantine.h"
#include "respand/metrics/metrics.h"

namespace respand::journal {

class LostRecords {
 public:
  // `counter`: of records dropped as damaged. `acknowledgements` is borrowed.
  LostRecords(Acknowledgements& acknowledgements, std::unique_ptr<Quarantine> quarantine, metrics::Counter counter)
      : acknowledgements_(acknowledgements), quarantine_(std::move(quarantine)), counter_(counter) {}

  // Gives up [first, end), of which `place` says where they were and `why` what is wrong. `bytes`: their attributes and
  // payloads, 0 where that is not known.
  void lose(Sequence first, Sequence end, std::uint64_t bytes, const Place& place, std::string_view why);
  // Copies the bytes [offset, end) of a segment's file to the quarantine.
  void keep_aside(SegmentId segment, const fs::File& file, std::uint64_t offset, std::uint64_t end) {
    quarantine_->keep(segment, file, offset, end);
  }

 private:
  Acknowledgements& acknowledgements_;
  const std::unique_ptr<Quarantine> quarantine_;
  metrics::Counter counter_;
};

}  // namespace respand::journal
