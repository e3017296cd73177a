#pragma once
// The journal's interface for consumers (delivery): references to durable records in order, their bytes on request, and
// the place to say that one needs no further work. The journal, not a queue in memory, holds the backlog.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "respand/base/api_route.h"
#include "respand/base/result.h"
#include "respand/base/units.h"
#include "respand/queue/doorbell.h"

namespace respand::journal {

class Segment;

// Where a body is posted, and under which key. Numbered by the reader: 0 is the route of records with the API key of
// the configuration; 1 to 6 are the other routes with that key, by ApiRoute; then come those with keys of api.keys, as
// they are met.
using WayId = std::uint16_t;
struct Way {
  ApiRoute route = ApiRoute::kRecords;
  std::string key{};  // its name in api.keys; empty: the API key of the configuration
};
[[nodiscard]] constexpr WayId way_of(ApiRoute route) { return static_cast<WayId>(index_of(route)); }
// More are not given out: 64 keys over all routes, and as many again that were replaced.
inline constexpr std::size_t kMostWays = 1024;

// A record on disk. Holds its segment's file open, so that it can be read even where the segment was dropped meanwhile.
struct Ref {
  std::shared_ptr<const Segment> segment;
  std::uint64_t offset = 0;  // of the record's header in the segment
  std::uint32_t length = 0;  // of attributes and payload
  Sequence sequence;
  WallTime received;
  ApiRoute route = ApiRoute::kRecords;
  WayId way = 0;
};

// A record that needs no further work: delivered, or safe among the dead letters.
struct Ack {
  Sequence sequence;
  std::uint32_t length = 0;
};

class JournalReader {
 public:
  virtual ~JournalReader() = default;
  // Readers whose bells are armed are woken when records become available: one for one record, all for more. A reader
  // arms its bell only while it could take a record. Requires: called before threads start; `bell` outlives the
  // reader's use.
  virtual void add_reader(queue::Doorbell& bell) = 0;
  // Moves the next undelivered reference to `out`. False where none is at hand: arm the bell, look once more, wait.
  // Any thread; a record is given to one caller only.
  [[nodiscard]] virtual bool take(Ref& out) noexcept = 0;
  // The same for records that came in while older ones wait, which take() gives in order: of these the newest ones, as
  // far as give_fresh() wants that and they are taken soon. A record is given by one of the two, to one caller. Any
  // thread.
  [[nodiscard]] virtual bool take_fresh(Ref& out) noexcept {
    static_cast<void>(out);
    return false;
  }
  // The same for what goes another way than the first, in order; take() and take_fresh() give none of it. Any thread.
  // Requires: 0 < way < ways().
  [[nodiscard]] virtual bool take_routed(WayId way, Ref& out) noexcept {
    static_cast<void>(way);
    static_cast<void>(out);
    return false;
  }
  // Ways that are known; more come while it runs, and none goes. Any thread.
  [[nodiscard]] virtual std::size_t ways() const noexcept { return kApiRoutes.size(); }
  // Requires: way < ways(). Lives as long as the reader.
  [[nodiscard]] virtual Way way(WayId way) const { return {static_cast<ApiRoute>(way), {}}; }
  // How many records come in for each that is taken, in the last seconds; 0: not known. Any thread.
  [[nodiscard]] virtual double fresh_demand() const noexcept { return 0; }
  // Whether take_fresh() is to get any; not where this was never called. Any thread.
  virtual void give_fresh(bool wanted) noexcept { static_cast<void>(wanted); }
  // Reads the payload into `payload` (replacing it) and verifies the checksum. kCorrupt: the bytes on disk are not what
  // was written; say so with lost(). kNotFound: it was dropped meanwhile and needs nothing more. Any thread.
  [[nodiscard]] virtual Status read(const Ref& ref, std::string& payload) const = 0;
  // The same as read(), behind what is in `text`; after a failure that is unchanged.
  [[nodiscard]] virtual Status append(const Ref& ref, std::string& text) const {
    std::string payload;
    Status read_in = read(ref, payload);
    text += read_in ? payload : std::string();
    return read_in;
  }
  // The same as append(), and the attributes that stand in front of the payload (attributes.h), replacing them.
  [[nodiscard]] virtual Status append_request(const Ref& ref, std::string& attributes, std::string& text) const {
    attributes.clear();
    return append(ref, text);
  }
  // Acknowledges records; the cursor is on its way to the page cache when this returns (a kill -9 does not undo it),
  // and on the disk within a second. Returns how many were not acknowledged before (drop_oldest may have been quicker).
  // Any thread.
  virtual std::uint64_t acknowledge(std::span<const Ack> done) = 0;
  // After a read that failed for another reason: whether the disk lets the rest of the record's segment be read, so
  // that it is this record's place that is bad. Any thread.
  [[nodiscard]] virtual bool rest_is_readable(const Ref& ref) const = 0;
  // Acknowledges a record whose bytes can't be read any more; counted as dropped, kept aside and logged by the journal.
  virtual void lost(const Ref& ref, std::string_view why) = 0;
};

// Attributes of records behind a sequence, for producers that must find out what they had handed over before a crash.
class AttributeScan {
 public:
  virtual ~AttributeScan() = default;
  // Calls `visit(sequence, attributes)` for each record on disk from the persisted keep_from() floor on, in order,
  // until it returns false. Any thread; meant for the start.
  virtual Status visit(const std::function<bool(Sequence, std::string_view attributes)>& visit) const = 0;
};

}  // namespace respand::journal
