#pragma once
// Which record of which spool file: the value of the journal's attribute Tag::kSpoolOrigin. With it a start after a
// kill finds out what of a file is durable already, so that no record is taken twice and no file is left out. Pure.
//
//   tag u8 = 1 · length u16 = 36 · inode u64 · birth i64 · generation u32 · version u32 · ordinal u64 · crc u32
//   (little-endian)

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "respand/journal/attributes.h"

namespace respand::spool {

// A file, told from a later one that was given the same inode number. The device is left out: all spool files are in
// one folder, and st_dev changes over restarts of the machine (device mapper, btrfs), which would forget what was
// taken.
struct SpoolFileId {
  std::uint64_t inode = 0;
  std::int64_t birth = 0;  // nanoseconds since 1970; the time of the last change where the file system keeps no birth
  std::uint32_t generation = 0;  // of the inode, drawn anew each time it is reused; 0 where the file system has none
  friend auto operator<=>(const SpoolFileId&, const SpoolFileId&) = default;
};

struct SpoolOrigin {
  SpoolFileId file;
  std::uint32_t version = 0;  // of the file's content: one more each time it was found to be rewritten in place
  std::uint64_t ordinal = 0;  // of the record within the file, from 0; refused ones count, blank lines do not
  std::uint32_t crc = 0;      // of the record as written, white space around it left out: tells a rewritten file
};

inline constexpr std::size_t kSpoolOriginValue = 36;
inline constexpr std::size_t kSpoolOriginSize = journal::kAttributeHead + kSpoolOriginValue;

// Calls `field` with each of them, in the order in which they are stored.
template <typename Origin, typename Field>
void each_field(Origin& origin, const Field& field) {
  field(origin.file.inode);
  field(origin.file.birth);
  field(origin.file.generation);
  field(origin.version);
  field(origin.ordinal);
  field(origin.crc);
}

// A list of the one attribute.
[[nodiscard]] inline std::array<char, kSpoolOriginSize> encode(const SpoolOrigin& origin) {
  std::array<char, kSpoolOriginSize> out;
  journal::AttributeWriter list(out.data(), out.size());
  char* at = list.begin(journal::Tag::kSpoolOrigin, kSpoolOriginValue);
  each_field(origin, [&](const auto& value) {
    std::memcpy(at, &value, sizeof value);
    at += sizeof value;
  });
  list.end(kSpoolOriginValue);
  return out;
}

// The origin among a record's attributes. Nothing where it is missing or cut off.
[[nodiscard]] inline std::optional<SpoolOrigin> find_spool_origin(std::string_view attributes) {
  const std::string_view value = journal::find_attribute(attributes, journal::Tag::kSpoolOrigin);
  if (value.size() < kSpoolOriginValue) {
    return std::nullopt;
  }
  SpoolOrigin origin;
  const char* at = value.data();
  each_field(origin, [&](auto& field) {
    std::memcpy(&field, at, sizeof field);
    at += sizeof field;
  });
  return origin;
}

}  // namespace respand::spool
