#pragma once
// Enricher: adds to a record what is missing and can be known: timestamp, custom_identifier, generation_time and cost
// (docs/records.md). The bytes of the application stay as they are; additions go in before the closing brace. An
// Enricher belongs to one thread.

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "respand/base/random.h"
#include "respand/base/units.h"
#include "respand/record/missing_usage.h"
#include "respand/record/prices.h"
#include "respand/record/record_parser.h"
#include "respand/record/rules.h"
#include "respand/record/usage_summary.h"

namespace respand::record {

struct CallUsage;
class UsageCollector;

// Which fields may be added (records.add).
struct Additions {
  // Whether the field of that name may be added.
  bool timestamp = true;
  bool custom_identifier = true;
  bool generation_time = true;
  bool cost = true;
};

// The most bytes that fill() adds to a record, apart from what it takes out of an SDK's request and response: all
// members, with their commas.
inline constexpr std::size_t kMaxGrowth = 168;

// Characters of a UUID.
inline constexpr std::size_t kUuidSize = 36;

// What is going to be added to a record, and what the ledger counts of it.
struct Enrichment {
  UsageSummary summary;  // its texts point into the record or the Enricher
  // The values of members that are added: seconds, and US dollars.
  std::optional<Decimal> generation_time;
  std::optional<Decimal> cost;
  MissingSet missing;      // why values that the record could have had are not known
  std::size_t growth = 0;  // the most bytes that fill() adds
};

// For a caller that does not know when a record came. It is far in the future, so that the latest prices count.
inline constexpr WallTime kAnyTime{std::chrono::sys_days{std::chrono::year{2200} / 1 / 1} + std::chrono::hours{12}};

// Plans what to add to a record, and then writes the record with it.
class Enricher {
 public:
  // `random` is borrowed and must outlive the Enricher; seed it from entropy().
  Enricher(Additions additions, Random& random);
  ~Enricher();
  // Computes costs with these prices, from the next record on. Null: only with prices that records name themselves.
  void use(std::shared_ptr<const PriceTable> prices);

  // Works out what can be known of a record. A field that is present is not added; a cost, generation_time or latency
  // that is null counts as missing, and is replaced. generation_time needs both times from the application, because a
  // timestamp that is added says when the record came, not when the model was done. The cost comes from token counts
  // and prices, as COST.md says; the prices are those of the record's own time, or else of `received`. The result holds
  // until the next call. Requires: `fields` is what RecordParser::parse() found.
  const Enrichment& enrichment(const RecordFields& fields, WallTime received = kAnyTime);
  // What the last call returned.
  [[nodiscard]] const Enrichment& enrichment() const { return plan_; }

  // The identifier that fill() gives the record of the last enrichment() if it has none. It is drawn here, or by fill()
  // where this is not called. The view holds until the next record.
  std::string_view draw_identifier(WallTime received);
  // Writes the record with its additions to `out` and returns its length. `received` becomes the timestamp and the time
  // part of the identifier. Requires: enrichment(fields) was called last with these fields; `out` has room for
  // record.size() + enrichment().growth bytes.
  std::size_t fill(std::string_view record, const RecordFields& fields, WallTime received, char* out);

 private:
  Additions additions_;
  Random& random_;
  const Enrichment& plan_derived(const RecordFields& fields);
  [[nodiscard]] static RecordFields with_answer(RecordFields fields);
  void plan_extras(const RecordFields& fields, const Rules::Compiled& rules);
  void plan_time(const RecordFields& fields, const std::optional<Decimal>& told);
  void plan_cost(const RecordFields& fields, const CallUsage& call);
  [[nodiscard]] bool compute_cost(const RecordFields& fields, const CallUsage& call);
  [[nodiscard]] const PriceEntry* entry_of(const ModelReference& names);
  char* put_changed(std::string_view record, const RecordFields& fields, char* out);

  Enrichment plan_;
  std::shared_ptr<const PriceTable> prices_;
  struct LookUp {
    std::string names;         // provider, model, the answer's model
    std::size_t provider = 0;  // their lengths
    std::size_t model = 0;
    bool any = false;
    const PriceEntry* entry = nullptr;
  };
  std::array<LookUp, 64> look_ups_;
  WallTime received_{};
  bool extracts_ = false;  // whether fields come out of the planned record's SDK request and response
  bool drawn_ = false;
  std::array<char, kUuidSize> identifier_;                  // drawn for the planned record
  std::array<char, (5 + kDimensions) * kMaxName> scratch_;  // names of the summary that are written with escapes
  std::unique_ptr<UsageCollector> collector_;
};

// Writes a UUIDv7 (RFC 9562: 48 bits of Unix milliseconds, 74 random bits), kUuidSize characters, to `out`.
void put_uuid_v7(WallTime time, Random& random, char* out);

}  // namespace respand::record
