#pragma once
// Copier: writes records to another segment's file, many in one write. Journal thread.

#include <cstdint>
#include <vector>

#include "journal/segment.h"

namespace respand::journal {

class Copier {
 public:
  static constexpr std::size_t kPiece = std::size_t{1} << 20;

  // `to` is borrowed. The first record goes to `offset`.
  Copier(Segment& to, std::uint64_t offset) : to_(to), offset_(offset) {}

  // Adds a sound record (header, attributes, payload), of which all stays but the stamp and the flags.
  [[nodiscard]] Status add(ConstBytes record, const RecordHeader& header, std::uint8_t flags);
  // Writes what is still in memory. Nothing is durable before the file is synced.
  [[nodiscard]] Status flush();
  [[nodiscard]] std::uint64_t end() const { return offset_ + bytes_.size(); }
  [[nodiscard]] std::uint64_t last() const { return last_; }        // where the last record begins; 0: none
  [[nodiscard]] std::uint64_t lengths() const { return lengths_; }  // attributes and payloads of all records

 private:
  Segment& to_;
  std::uint64_t offset_;  // what is in memory goes here
  std::uint64_t last_ = 0;
  std::uint64_t lengths_ = 0;
  std::vector<std::byte> bytes_;
};

}  // namespace respand::journal
