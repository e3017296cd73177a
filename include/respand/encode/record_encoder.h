#pragma once
// From a frame to a record in a journal batch: check, mask, fill in, append; one copy of the bytes. What the ledger
// counts of it goes in front as an attribute. Used by sockets and spool, each of which owns one on its thread, and by
// cli.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/base/random.h"
#include "respand/base/snapshot_cell.h"
#include "respand/encode/counters.h"
#include "respand/encode/rules_in_force.h"
#include "respand/journal/attributes.h"
#include "respand/journal/writer.h"
#include "respand/record/enricher.h"
#include "respand/record/record_parser.h"

namespace respand::encode {

// The content type of an export request that is not JSON.
inline constexpr std::string_view kProtobuf = "application/x-protobuf";

class RecordEncoder {
 public:
  // A replayed dead letter came in before: it is not accounted for again.
  enum class History : std::uint8_t { kNew, kReplayed };
  struct Settings {
    Bytes max_record = record::kMaxRecord;
    record::Additions additions;
    const SnapshotCell<record::PriceTable>* prices = nullptr;  // null: only prices that records name
    const MissingCounters* missing = nullptr;                  // null: not counted
  };

  // `clock` and what the settings point to are borrowed and must outlive the RecordEncoder.
  RecordEncoder(const Settings& settings, const Clock& clock, std::uint64_t seed)
      : parser_(settings.max_record),
        call_parser_(settings.max_record),
        max_record_(settings.max_record),
        random_(seed),
        enricher_(settings.additions, random_),
        clock_(clock),
        prices_(settings.prices),
        missing_(settings.missing) {}

  // From the next parse() on.
  void reconfigure(RulesInForce rules) {
    rules_ = std::move(rules);
    parser_.reconfigure(rules_.rules);
    call_parser_.reconfigure(rules_.rules);
  }

  // Who hands a record in, for the key that it goes out under.
  struct Sender {
    std::optional<std::string_view> key{};  // is known already; "" is the configuration's
    std::optional<std::uint32_t> uid{};     // nothing: not known
    bool local = true;                      // it came through a socket, or the spool, that has a key of its own
  };
  // The name of the key in api.keys; empty: the configuration's. Until the next reconfigure().
  [[nodiscard]] std::string_view key_for(const record::RecordFields& fields, const Sender& sender) const;

  // Judges a frame. The fields point into `bytes`, or into a copy in here where something had to be mended in it.
  [[nodiscard]] record::ParsedRecord parse(std::string_view bytes);

  // The same of an export request of OTLP, with what the rules mask in it: `bytes` are then those to append, until the
  // next check. Where rules are set and it can't be read, it is refused (kNotMaskable).
  [[nodiscard]] record::ParsedRecord check_otlp(std::string_view& bytes, bool protobuf);

  // Room that a record of this size usually needs: batch.fits(attributes, room(size)).
  [[nodiscard]] static std::size_t room(std::size_t size) { return size + record::kMaxGrowth + kAttributeRoom; }

  // Works out what append() is going to write for the record that parse() accepted last, and returns the room that it
  // needs.
  [[nodiscard]] std::size_t prepare(std::string_view bytes, const record::RecordFields& fields);
  // Appends the record. Requires: prepare() was called for it last; batch.fits(attributes.size(), what that returned);
  // attributes of at most kMaxAttributes.
  void append(journal::Batch& batch, std::string_view bytes, const record::RecordFields& fields,
              std::string_view attributes, History history = History::kNew, std::string_view key = {});

  // What is posted to another route than that of records.
  struct Routed {
    ApiRoute route = ApiRoute::kSpans;
    std::string_view content_type{};  // empty: application/json
    std::string_view query{};
    std::string_view headers{};     // that are posted with it: whole lines
    std::string_view key{};         // its name; empty: the configuration's
    std::string_view attributes{};  // a list that goes in front, at most kMaxAttributes
    History history = History::kNew;
  };
  // Works out what the ledger is to count of it, and returns the room that append_routed() needs.
  [[nodiscard]] std::size_t room_routed(std::string_view bytes, const record::RecordFields& fields,
                                        const Routed& routed);
  // Appends it as it was sent, but for what is masked: nothing is filled in. Requires: as append(), with what
  // room_routed() returned. `fields` are of parse(), or none.
  void append_routed(journal::Batch& batch, std::string_view bytes, const record::RecordFields& fields,
                     const Routed& routed);

  // Of the caller: the spool's origin.
  static constexpr std::size_t kMaxAttributes = 64;
  // Of a key's name.
  static constexpr std::size_t kMaxKey = 64;

 private:
  void reconfigure_prices();
  void account_for(std::string_view bytes, const record::RecordFields& fields, const Routed& routed);
  void add_account();
  [[nodiscard]] std::string_view mended(std::string_view bytes) const { return mended_.empty() ? bytes : mended_; }

  // Of the calls in one request: attributes are counted in 16 bits.
  static constexpr std::size_t kMaxAccounts = 48 * 1024;
  // The account, and the mark of a record that was sampled out.
  static constexpr std::size_t kAttributeRoom = 3 * journal::kAttributeHead + record::kMaxAccountSize + 1 + kMaxKey;

  RulesInForce rules_;
  record::RecordParser parser_;
  std::string mended_;  // the record that was checked last, where half surrogate pairs were replaced in it; else empty
  std::string masked_;  // the export request that was checked last, where something was masked in it
  record::RecordParser call_parser_;  // for the calls in a request
  std::string accounts_;              // of what room_routed() saw last, as attributes
  log::LogThrottle many_gate_{std::chrono::minutes{10}};
  const Bytes max_record_;
  SeededRandom random_;
  record::Enricher enricher_;
  const Clock& clock_;
  const SnapshotCell<record::PriceTable>* const prices_;
  const MissingCounters* const missing_;
  std::uint64_t prices_version_ = 0;  // of those that enricher_ uses
};

}  // namespace respand::encode
