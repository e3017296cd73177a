#pragma once
// RecordEncoder: makes a record in a journal batch from a frame. It checks the frame, masks and fills in, and appends
// the result; the bytes are copied once. What the ledger counts of the record goes in front as an attribute. Used by
// sockets and spool, each of which owns one on its thread, and by cli.

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

// Encodes one record after the other: parse(), prepare() and append(), or check_otlp(), room_routed() and
// append_routed(). One thread.
class RecordEncoder {
 public:
  // Whether a record comes in for the first time. A replayed dead letter is not accounted for again.
  enum class History : std::uint8_t { kNew, kReplayed };
  // What stays the same for an encoder's life.
  struct Settings {
    Bytes max_record = record::kMaxRecord;                     // a larger record is refused
    record::Additions additions;                               // fields that may be filled in
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

  // These rules count from the next parse() on.
  void reconfigure(RulesInForce rules) {
    rules_ = std::move(rules);
    parser_.reconfigure(rules_.rules);
    call_parser_.reconfigure(rules_.rules);
  }

  // Who hands a record in, which may decide the key that it goes out under.
  struct Sender {
    std::optional<std::string_view> key{};  // the key's name where it is known already; "": the configuration's key
    std::optional<std::uint32_t> uid{};     // nothing: not known
    bool local = true;                      // it came through a Unix socket or the spool: socket.key, spool.key count
    bool completed = false;                 // another respand sends it, which has filled in what it could
  };
  // The name in api.keys of the key that a record goes out under; empty: the configuration's key. The view holds until
  // the next reconfigure().
  [[nodiscard]] std::string_view key_for(const record::RecordFields& fields, const Sender& sender) const;

  // Judges a frame. The fields point into `bytes`, or into a copy in here where half surrogate pairs were replaced.
  [[nodiscard]] record::ParsedRecord parse(std::string_view bytes);

  // Judges an export request of OTLP, and masks in it what the rules name: `bytes` then views the text to append, until
  // the next check. A request that can't be read where something is to be masked is refused (kNotMaskable).
  [[nodiscard]] record::ParsedRecord check_otlp(std::string_view& bytes, bool protobuf);

  // The room that a record of this size usually needs in a batch: batch.fits(attributes, room(size)).
  [[nodiscard]] static std::size_t room(std::size_t size) { return size + record::kMaxGrowth + kAttributeRoom; }

  // Works out what append() writes for the record that parse() accepted last, and returns the room that it needs.
  // `completed`: by another respand, so that the timestamp may be the time of receipt there, and is no end of the call.
  [[nodiscard]] std::size_t prepare(std::string_view bytes, const record::RecordFields& fields, bool completed = false);
  // Appends the record. Requires: prepare() was called for it last; batch.fits(attributes.size(), what that returned);
  // attributes of at most kMaxAttributes.
  void append(journal::Batch& batch, std::string_view bytes, const record::RecordFields& fields,
              std::string_view attributes, History history = History::kNew, std::string_view key = {});

  // A body for another route than that of records, apart from its bytes.
  struct Routed {
    ApiRoute route = ApiRoute::kSpans;  // where it is posted
    std::string_view content_type{};    // empty: application/json
    std::string_view query{};           // what stood behind the question mark of the route
    std::string_view headers{};         // posted with it: whole lines, each with its "\r\n"
    std::string_view key{};             // the key's name; empty: the configuration's key
    std::string_view attributes{};      // a list that goes in front, at most kMaxAttributes
    History history = History::kNew;    // a replayed one is not accounted for
  };
  // Works out what the ledger is to count of the body, and returns the room that append_routed() needs.
  [[nodiscard]] std::size_t room_routed(std::string_view bytes, const record::RecordFields& fields,
                                        const Routed& routed);
  // Appends the body as it was sent, but for what is masked: nothing is filled in. `fields` are what parse() found, or
  // empty. Requires: as append(), with what room_routed() returned.
  void append_routed(journal::Batch& batch, std::string_view bytes, const record::RecordFields& fields,
                     const Routed& routed);

  // The most bytes of attributes that a caller gives: the spool's origin.
  static constexpr std::size_t kMaxAttributes = 64;
  // The most bytes of a key's name.
  static constexpr std::size_t kMaxKey = 64;

 private:
  void reconfigure_prices();
  void account_for(std::string_view bytes, const record::RecordFields& fields, const Routed& routed);
  void add_account();
  [[nodiscard]] std::string_view mended(std::string_view bytes) const { return mended_.empty() ? bytes : mended_; }

  // The most bytes of accounts for the calls in one request: a record's attributes are counted in 16 bits.
  static constexpr std::size_t kMaxAccounts = 48 * 1024;
  // Room for the account, the mark of a record that was sampled out, and the key's name.
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
