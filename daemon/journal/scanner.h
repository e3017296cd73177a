#pragma once
// Scanner: walks a segment's records in order, reading in pieces of bounded size; it says where
// the sound ones end and can look for the next sound one behind damage. A Scanner belongs to one thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "journal/segment.h"
#include "respand/base/result.h"
#include "respand/fs/file_system.h"

namespace respand::journal {

class Scanner {
 public:
  // What next() verifies behind the header.
  enum class Check : std::uint8_t {
    kHeader,  // nothing
    kSum,     // the checksum, in pieces: a large record is not held in memory
    kWhole,   // the checksum; the record is in memory
  };
  enum class Step : std::uint8_t {
    kRecord,  // header(), offset() and, with Check::kWhole, bytes() describe it
    kNone,    // no sound record here: the end of what was written, or damage
  };

  // `segment` is borrowed; its file is held. Records are expected from `offset` on, with sequences in [expected, limit)
  // that grow by one, but where a record says that those before it were acknowledged (kGapAcked).
  Scanner(const Segment& segment, std::uint64_t offset, Sequence expected, Sequence limit,
          std::size_t chunk = 256 * 1024);

  // Gives the next record. Where the header of the record before it was believed without a check (Check::kHeader) and
  // no record follows, that record is verified now: its length may be what is damaged. The place is then its beginning
  // again, so that resync() finds the records that it seemed to cover.
  [[nodiscard]] Result<Step> next(Check check);
  // Whether the record that next() gave is as it was written.
  [[nodiscard]] Result<bool> verify();
  // More records were written behind those that were there: raises the limit, and forgets what was read ahead.
  void raise_limit(Sequence limit) {
    limit_ = limit;
    buffer_size_ = 0;
  }
  [[nodiscard]] Sequence limit() const { return limit_; }
  // Moves on to the next record, at or behind the current place, that is whole and in [expected, limit). Returns
  // whether there is one; next() then gives it. Where there is none, the place is the end of the file.
  [[nodiscard]] Result<bool> resync();
  // Moves on to the next page, because this one can't be read. resync() must follow.
  void skip_page();
  // Where the last trace of a record of this segment ends that the last resync() passed over: one that is damaged or
  // was never finished. 0 where there was none, but only what the file held before it was recycled.
  [[nodiscard]] std::uint64_t trace_end() const { return trace_end_; }

  [[nodiscard]] const RecordHeader& header() const { return header_; }
  [[nodiscard]] std::uint64_t offset() const { return record_offset_; }  // of the record that next() gave
  [[nodiscard]] ConstBytes bytes() const;                       // header, attributes, payload; until the next call
  [[nodiscard]] std::uint64_t place() const { return place_; }  // where the next record is expected
  [[nodiscard]] Sequence expected() const { return expected_; }
  // The attributes of the record that next() gave; reads them where they are not in memory. Holds until the next call.
  [[nodiscard]] Result<std::string_view> attributes();

 private:
  static constexpr std::uint64_t kPage = 4096;

  [[nodiscard]] Result<bool> load(std::uint64_t offset, std::size_t size);  // false: the file ends before
  [[nodiscard]] const std::byte* at(std::uint64_t offset) const { return buffer_.get() + (offset - buffer_offset_); }
  [[nodiscard]] Result<bool> sound_in_pieces(std::uint64_t offset, const RecordHeader& header);
  [[nodiscard]] bool plausible(const RecordHeader& header) const;
  [[nodiscard]] Result<Step> at_no_record();
  void note_trace();

  const Segment& segment_;
  const std::shared_ptr<fs::File> file_;
  std::size_t chunk_;
  std::uint64_t place_;
  Sequence expected_;
  Sequence limit_;
  bool exact_ = true;  // the next sequence must be expected_ itself; after a gap it may be any in [expected_, limit_)
  bool unverified_ = false;  // header_ is believed, its checksum not looked at
  RecordHeader header_;
  std::uint64_t record_offset_ = 0;
  std::uint64_t trace_end_ = 0;
  std::unique_ptr<std::byte[]> buffer_;  // NOLINT(modernize-avoid-c-arrays)
  std::size_t capacity_ = 0;
  std::uint64_t buffer_offset_ = 0;
  std::size_t buffer_size_ = 0;
};

}  // namespace respand::journal
