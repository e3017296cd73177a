#pragma once
// Adds to a record what is missing and can be known: timestamp, custom_identifier, generation_time and cost
// (contract, section 6). The bytes of the application stay as they are; additions go in before the closing brace. A
// Filler belongs to one thread.

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "respand/base/random.h"
#include "respand/base/units.h"
#include "respand/record/account.h"
#include "respand/record/check.h"
#include "respand/record/missing.h"
#include "respand/record/prices.h"

namespace respand::record {

// Which fields may be added (records.add).
struct Additions {
  bool timestamp = true;
  bool custom_identifier = true;
  bool generation_time = true;
  bool cost = true;
};

// The most bytes that fill() adds to a record but for what is extracted from a raw call: all members, with their
// commas.
inline constexpr std::size_t kMaxGrowth = 168;

inline constexpr std::size_t kUuidSize = 36;

// What is going to be added to a record, and what the ledger counts of it.
struct Plan {
  Account account;  // its texts point into the record or the Filler
  std::optional<Decimal> generation_time;
  std::optional<Decimal> cost;
  MissingSet missing;      // what could have been known and is not
  std::size_t growth = 0;  // the most bytes that fill() adds
};

class Filler {
 public:
  // `random` is borrowed and must outlive the Filler; seed it from entropy().
  Filler(Additions additions, Random& random) : additions_(additions), random_(random) {}
  // From the next record on, costs are computed with these prices. Null: only with those that records name.
  void use(std::shared_ptr<const PriceTable> prices);

  // Works out what can be known of a record. A field that is present, whatever its value (null included), is not added.
  // generation_time needs both times from the application: a timestamp that is added says when the record came, not
  // when the model was done. The cost comes from token counts and prices, as COST.md has it. The plan holds until the
  // next call. Requires: `facts` is what check(record) found.
  const Plan& plan(const Facts& facts);
  // The last one.
  [[nodiscard]] const Plan& plan() const { return plan_; }

  // The identifier that fill() gives the planned record if it has none: drawn now, or on the way. Holds until the next
  // call.
  std::string_view draw_identifier(WallTime received);
  // Writes the record with its additions to `out` and returns its length. `received` becomes the timestamp and the time
  // part of the identifier. Requires: plan(facts) was the last call of it, `out` has room for record.size() +
  // plan().growth bytes.
  std::size_t fill(std::string_view record, const Facts& facts, WallTime received, char* out);

 private:
  Additions additions_;
  Random& random_;
  const Plan& plan_figures(const Facts& facts);
  const Plan& plan_cost(const Facts& facts);
  [[nodiscard]] const Price* price_of(const Account& account);

  Plan plan_;
  std::shared_ptr<const PriceTable> prices_;
  // The last look-ups: a host calls few models. A place is found by the names' lengths and last letters.
  struct LookUp {
    std::string names;         // provider, model
    std::size_t provider = 0;  // its length
    const Price* price = nullptr;
  };
  std::array<LookUp, 64> look_ups_;
  bool extracts_ = false;  // fields of the planned record's raw call
  bool drawn_ = false;
  std::array<char, kUuidSize> identifier_;  // drawn for the planned record
  std::array<char, 4 * kMaxName> scratch_;  // names of the account that are written with escapes
};

// Writes a UUIDv7 (RFC 9562: 48 bits of Unix milliseconds, 74 random bits), kUuidSize characters, to `out`.
void put_uuid_v7(WallTime time, Random& random, char* out);

}  // namespace respand::record
