#include "journal/format.h"

#include <xxhash.h>

#include <algorithm>
#include <charconv>

namespace respand::journal {
namespace {

constexpr std::string_view kSegmentMagic = "RSPNDSEG";
constexpr std::string_view kNamePrefix = "seg-";
constexpr std::size_t kHexDigits = 16;

WallTime to_time(std::int64_t micros) { return WallTime{Duration{micros}}; }

void put_hex(std::string& out, std::uint64_t value) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4) {
    out.push_back(kDigits[(value >> shift) & 15]);
  }
}

bool take_hex(std::string_view text, std::uint64_t& value) {
  const bool lower = std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'F'; });
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return lower && failure == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::uint64_t checksum(ConstBytes bytes) noexcept { return XXH3_64bits(bytes.data(), bytes.size()); }

RunningChecksum::RunningChecksum() : state_(XXH3_createState()) { XXH3_64bits_reset(state_); }
RunningChecksum::~RunningChecksum() { XXH3_freeState(state_); }
void RunningChecksum::add(ConstBytes bytes) noexcept { XXH3_64bits_update(state_, bytes.data(), bytes.size()); }
std::uint64_t RunningChecksum::value() const noexcept { return XXH3_64bits_digest(state_); }

std::uint32_t stamp_of(std::uint64_t journal, SegmentId id) noexcept {
  const std::array<std::uint64_t, 2> seed{journal, id.value};
  // Never 0, so that zeroed disk is never taken for a record.
  return static_cast<std::uint32_t>(checksum(std::as_bytes(std::span(seed)))) | 1U;
}

void encode(const SegmentHeader& header, std::span<std::byte, SegmentHeader::kSize> out) {
  std::byte* const p = out.data();
  std::memcpy(p, kSegmentMagic.data(), kSegmentMagic.size());
  store(p + 8, header.version);
  store(p + 12, static_cast<std::uint32_t>(SegmentHeader::kSize));
  store(p + 16, header.journal);
  store(p + 24, header.id.value);
  store(p + 32, header.first.value);
  store(p + 40, std::int64_t{header.created.time_since_epoch().count()});
  store(p + 48, header.appended);
  store(p + 56, checksum(out.first<56>()));
}

HeaderState decode(std::span<const std::byte, SegmentHeader::kSize> in, SegmentHeader& header) {
  const std::byte* const p = in.data();
  if (std::memcmp(p, kSegmentMagic.data(), kSegmentMagic.size()) != 0 ||
      load<std::uint64_t>(p + 56) != checksum(in.first<56>())) {
    return HeaderState::kBad;
  }
  header.version = load<std::uint32_t>(p + 8);
  header.journal = load<std::uint64_t>(p + 16);
  header.id = SegmentId{load<std::uint64_t>(p + 24)};
  header.first = Sequence{load<std::uint64_t>(p + 32)};
  header.created = to_time(load<std::int64_t>(p + 40));
  header.appended = load<std::uint64_t>(p + 48);
  return header.version == kFormatVersion ? HeaderState::kGood : HeaderState::kNewer;
}

void encode(const RecordHeader& header, std::byte* out) noexcept {
  store(out, header.checksum);
  store(out + 8, header.stamp);
  store(out + 12, header.length);
  store(out + 16, header.sequence.value);
  store(out + 24, std::int64_t{header.received.time_since_epoch().count()});
  store(out + 32, header.kind);
  store(out + 33, header.flags);
  store(out + 34, header.attributes);
  store(out + 36, static_cast<std::uint8_t>(header.route));
  store(out + 37, header.keyed);
  store(out + 38, std::uint16_t{0});
}

RecordHeader decode_record(const std::byte* in) noexcept {
  return RecordHeader{.checksum = load<std::uint64_t>(in),
                      .stamp = load<std::uint32_t>(in + 8),
                      .length = load<std::uint32_t>(in + 12),
                      .sequence = Sequence{load<std::uint64_t>(in + 16)},
                      .received = to_time(load<std::int64_t>(in + 24)),
                      .kind = load<std::uint8_t>(in + 32),
                      .flags = load<std::uint8_t>(in + 33),
                      .attributes = load<std::uint16_t>(in + 34),
                      .route = static_cast<ApiRoute>(load<std::uint8_t>(in + 36)),
                      .keyed = load<std::uint8_t>(in + 37)};
}

namespace {

std::uint64_t record_checksum(const std::byte* record) noexcept {
  const std::size_t covered = RecordHeader::kSize - RecordHeader::kChecksumEnd + load<std::uint32_t>(record + 12);
  return checksum(ConstBytes(record + RecordHeader::kChecksumEnd, covered));
}

}  // namespace

void seal(std::byte* record, std::uint32_t stamp, Sequence sequence) noexcept {
  store(record + 8, stamp);
  store(record + 16, sequence.value);
  store(record, record_checksum(record));
}

bool intact(const std::byte* record) noexcept { return load<std::uint64_t>(record) == record_checksum(record); }

std::string segment_name(const SegmentName& name) {
  std::string out(kNamePrefix);
  put_hex(out, name.id.value);
  out.push_back('-');
  put_hex(out, name.first.value);
  return out;
}

std::optional<SegmentName> parse_segment_name(std::string_view text) {
  SegmentName name;
  if (text.size() != kNamePrefix.size() + 2 * kHexDigits + 1 || !text.starts_with(kNamePrefix) ||
      text[kNamePrefix.size() + kHexDigits] != '-' ||
      !take_hex(text.substr(kNamePrefix.size(), kHexDigits), name.id.value) ||
      !take_hex(text.substr(kNamePrefix.size() + kHexDigits + 1), name.first.value)) {
    return std::nullopt;
  }
  return name;
}

}  // namespace respand::journal
