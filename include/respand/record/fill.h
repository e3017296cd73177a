#pragma once
// Adds to a record what is missing and can be known: timestamp, custom_identifier and generation_time (contract,
// section 6). The bytes of the application stay as they are; additions go in before the closing brace. A Filler belongs
// to one thread.

#include <cstddef>
#include <string_view>

#include "respand/base/random.h"
#include "respand/base/units.h"
#include "respand/record/check.h"

namespace respand::record {

// Which fields may be added (records.add).
struct Additions {
  bool timestamp = true;
  bool custom_identifier = true;
  bool generation_time = true;
};

// The most bytes that fill() adds to a record: all members, with their commas.
inline constexpr std::size_t kMaxGrowth = 140;

class Filler {
 public:
  // `random` is borrowed and must outlive the Filler; seed it from entropy().
  Filler(Additions additions, Random& random) : additions_(additions), random_(random) {}

  // Writes the record with its additions to `out` and returns its length. `received` becomes the timestamp and the time
  // part of the identifier. A field that is present, whatever its value (null included), is not added. generation_time
  // needs both times from the application: a timestamp that is added here says when the record came, not when the model
  // was done. Requires: `facts` is what check(record) found, `out` has room for record.size() +
  // facts.growth + kMaxGrowth bytes.
  std::size_t fill(std::string_view record, const Facts& facts, WallTime received, char* out);

 private:
  Additions additions_;
  Random& random_;
};

// Writes a UUIDv7 (RFC 9562: 48 bits of Unix milliseconds, 74 random bits), 36 characters, to `out`.
inline constexpr std::size_t kUuidSize = 36;
void put_uuid_v7(WallTime time, Random& random, char* out);

}  // namespace respand::record
