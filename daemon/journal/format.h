#pragma once
// The journal's form on disk, in constants and plain structs. FORMAT.md says the same in words with a worked example,
// and tests/journal/format_test.cc in golden bytes. All integers are little-endian. Pure functions, any thread.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "respand/base/units.h"
#include "respand/journal/writer.h"

struct XXH3_state_s;

namespace respand::journal {

static_assert(std::endian::native == std::endian::little, "the format is read and written with plain copies");

using ConstBytes = std::span<const std::byte>;

inline constexpr std::uint32_t kFormatVersion = 1;

// A segment file: one header, then records one after the other, each padded with zeros to 8 bytes.
struct SegmentHeader {
  static constexpr std::size_t kSize = 64;
  std::uint32_t version = kFormatVersion;
  std::uint64_t journal = 0;  // random, drawn when the journal was made; the same in all its segments
  SegmentId id{};
  Sequence first{};  // of the first record
  WallTime created{};
  std::uint64_t appended =
      0;  // bytes (attributes and payload) of all records before this segment, since the journal was made
};

// What stands in front of each record's attributes and payload.
struct RecordHeader {
  static constexpr std::size_t kSize = 40;
  static constexpr std::size_t kChecksumEnd =
      8;  // the checksum covers all behind itself, payload included, padding not
  std::uint64_t checksum = 0;
  std::uint32_t stamp = 0;   // stamp_of(journal, segment): tells this segment's records from what a recycled file held
  std::uint32_t length = 0;  // of attributes and payload
  Sequence sequence{};
  WallTime received{};
  std::uint8_t kind = 0;
  std::uint8_t flags = 0;               // of kKnownFlags; the others are 0 and passed over
  std::uint16_t attributes = 0;         // bytes of attributes in front of the payload
  ApiRoute route = ApiRoute::kRecords;  // where it is posted to
  std::uint8_t keyed = 0;               // 1: an attribute names the key that it goes out under
};

// Whether it is for another route than that of records, or under another key.
[[nodiscard]] constexpr bool is_routed(const RecordHeader& header) {
  return header.kind != static_cast<std::uint8_t>(Kind::kCompletion);
}
// Whether this version knows what to do with a record of that kind, for that route.
[[nodiscard]] constexpr bool known(const RecordHeader& header) {
  if (header.keyed > 1) {
    return false;
  }
  switch (static_cast<Kind>(header.kind)) {
    case Kind::kCompletion:
      return header.route == ApiRoute::kRecords && header.keyed == 0;
    case Kind::kKeyed:
      return header.route == ApiRoute::kRecords && header.keyed == 1;
    case Kind::kSpan:
      return index_of(header.route) < kApiRoutes.size() && is_spans(header.route);
    case Kind::kRequest:
      return index_of(header.route) < kApiRoutes.size() && is_otlp(header.route);
  }
  return false;
}

// A flag in RecordHeader::flags: the record is acknowledged without being delivered, and an attribute says why. It is
// in the header so that no reader has to look at the attributes for it.
inline constexpr std::uint8_t kNotForDelivery = 1;
// A flag in a compacted segment (compactor.h): the records between this one and the one before it in the file, or the
// segment's beginning, are missing because they were acknowledged. A gap without this flag is damage.
inline constexpr std::uint8_t kGapAcked = 2;
// A flag: the record was acknowledged, and only its attributes are left, for the spool and the ledger.
inline constexpr std::uint8_t kPayloadGone = 4;
// A flag beside kPayloadGone: the ledger's part of the attributes is not left either.
inline constexpr std::uint8_t kAccountGone = 8;
inline constexpr std::uint8_t kKnownFlags = kNotForDelivery | kGapAcked | kPayloadGone | kAccountGone;

// The longest record that a reader believes: 20 MiB with additions, and room. A longer length is damage.
inline constexpr std::uint32_t kMaxLength = 32U << 20;
inline constexpr std::size_t kAlignment = 8;

[[nodiscard]] constexpr std::size_t padded(std::size_t size) { return (size + kAlignment - 1) & ~(kAlignment - 1); }
// Bytes from one record's header to the next one's.
[[nodiscard]] constexpr std::size_t record_extent(std::size_t length) { return padded(RecordHeader::kSize + length); }

enum class HeaderState : std::uint8_t { kGood, kNewer, kBad };  // kNewer: a sound header of a later format version

void encode(const SegmentHeader& header, std::span<std::byte, SegmentHeader::kSize> out);
[[nodiscard]] HeaderState decode(std::span<const std::byte, SegmentHeader::kSize> in, SegmentHeader& header);

void encode(const RecordHeader& header, std::byte* out) noexcept;
[[nodiscard]] RecordHeader decode_record(const std::byte* in) noexcept;

[[nodiscard]] std::uint32_t stamp_of(std::uint64_t journal, SegmentId id) noexcept;
[[nodiscard]] std::uint64_t checksum(ConstBytes bytes) noexcept;  // XXH3, 64 bits

// The same, fed in pieces.
class RunningChecksum {
 public:
  RunningChecksum();
  ~RunningChecksum();
  RunningChecksum(const RunningChecksum&) = delete;
  RunningChecksum& operator=(const RunningChecksum&) = delete;
  void add(ConstBytes bytes) noexcept;
  [[nodiscard]] std::uint64_t value() const noexcept;

 private:
  XXH3_state_s* const state_;  // xxHash's own
};

// Completes a record that a Batch encoded: stamp, sequence, checksum. `record` begins at its header.
void seal(std::byte* record, std::uint32_t stamp, Sequence sequence) noexcept;
// Whether a whole record (header, attributes, payload) is as it was written.
[[nodiscard]] bool intact(const std::byte* record) noexcept;

// "seg-<id>-<first sequence>", each 16 hexadecimal digits, and back.
struct SegmentName {
  SegmentId id;
  Sequence first;
};
[[nodiscard]] std::string segment_name(const SegmentName& name);
[[nodiscard]] std::optional<SegmentName> parse_segment_name(std::string_view text);

// Unaligned little-endian access.
template <typename T>
void store(std::byte* out, T value) noexcept {
  std::memcpy(out, &value, sizeof value);
}
template <typename T>
[[nodiscard]] T load(const std::byte* in) noexcept {
  T value;
  std::memcpy(&value, in, sizeof value);
  return value;
}

}  // namespace respand::journal
