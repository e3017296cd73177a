#pragma once
// The journal's interface for consumers (delivery). It gives out references to durable records in order and their bytes
// on request, and is told which records need no further work. The backlog is in the journal, not in a queue in memory.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "respand/base/api_route.h"
#include "respand/base/result.h"
#include "respand/base/units.h"
#include "respand/journal/read_window.h"
#include "respand/queue/doorbell.h"

namespace respand::journal {

class Segment;

// The number that a reader gives a way: 0 is the route of records with the API key of the configuration; then come the
// other routes with that key, by ApiRoute; then those with keys of api.keys, in the order in which they turn up.
using WayId = std::uint16_t;
// A way of delivery: where a body is posted, and under which key. No way waits for another one.
struct Way {
  ApiRoute route = ApiRoute::kRecords;  // where
  std::string key{};                    // the key's name in api.keys; empty: the API key of the configuration
};
// The way of a route with the API key of the configuration.
[[nodiscard]] constexpr WayId way_of(ApiRoute route) { return static_cast<WayId>(index_of(route)); }
// The most ways of a reader: 64 keys over all routes, and as many again that were replaced.
inline constexpr std::size_t kMostWays = 1024;

// A reference to a record on disk. It holds the segment's file open, and the file is not written over meanwhile, unless
// the record itself was dropped.
struct Ref {
  std::shared_ptr<const Segment> segment;  // private to the journal
  std::uint64_t offset = 0;                // of the record's header in the segment
  std::uint32_t length = 0;                // of attributes and payload, in bytes
  // What the record's header says, and the way that the reader has for it.
  Sequence sequence;
  WallTime received;
  ApiRoute route = ApiRoute::kRecords;
  WayId way = 0;
};

// A record that needs no further work: delivered, or safe among the dead letters.
struct Ack {
  // As in the record's Ref.
  Sequence sequence;
  std::uint32_t length = 0;
};

// The interface. The journal outlives its readers' use of it.
class JournalReader {
 public:
  virtual ~JournalReader() = default;
  // Adds the bells of a reader, which may be the same one. They are rung when records become available that take() and
  // take_fresh() give, and those that take_routed() gives: one armed bell for a few records, more for many. A reader
  // arms a bell only while it could take such a record. Requires: called before threads start; the bells outlive the
  // journal's use.
  virtual void add_reader(queue::Doorbell& records, queue::Doorbell& routed) = 0;
  // Moves the next undelivered reference to `out`. False where none is at hand: the caller arms its bell, looks once
  // more, and waits. A record is given to one caller only. Any thread.
  [[nodiscard]] virtual bool take(Ref& out) noexcept = 0;
  // Moves a reference to a fresh record to `out`: one that came in while older records, which take() gives, still wait.
  // There are such references only while give_fresh() wants them and they are taken soon. A record is given by one of
  // the two functions, to one caller. Any thread.
  [[nodiscard]] virtual bool take_fresh(Ref& out) noexcept {
    static_cast<void>(out);
    return false;
  }
  // Moves the next reference of this way to `out`, in order. take() and take_fresh() give the way 0 only. Any thread.
  // Requires: 0 < way < ways().
  [[nodiscard]] virtual bool take_routed(WayId way, Ref& out) noexcept {
    static_cast<void>(way);
    static_cast<void>(out);
    return false;
  }
  // The number of ways. It grows while the journal runs, and never falls. Any thread.
  [[nodiscard]] virtual std::size_t ways() const noexcept { return kApiRoutes.size(); }
  // The way of that number. Requires: way < ways(). Any thread.
  [[nodiscard]] virtual Way way(WayId way) const { return {static_cast<ApiRoute>(way), {}}; }
  // How many records came in for each that was taken, in the last seconds; 0: not known. Any thread.
  [[nodiscard]] virtual double fresh_demand() const noexcept { return 0; }
  // Says whether take_fresh() is to get records; without a call it gets none. Any thread.
  virtual void give_fresh(bool wanted) noexcept { static_cast<void>(wanted); }
  // Appends the payload to `text`, which is unchanged after a failure, and verifies the checksum. kCorrupt: the bytes
  // on disk are not what was written; say so with lost(). kNotFound: it was dropped meanwhile and needs nothing more.
  // Any thread.
  [[nodiscard]] virtual Status append(const Ref& ref, std::string& text) const = 0;
  // The same, but in place of what is in `payload`.
  [[nodiscard]] Status read(const Ref& ref, std::string& payload) const {
    payload.clear();
    return append(ref, payload);
  }
  // The same as append(), through a window of the caller's.
  [[nodiscard]] virtual Status append_through(ReadWindow& window, const Ref& ref, std::string& text) const {
    static_cast<void>(window);
    return append(ref, text);
  }
  // The same as append(), and puts the record's attributes (attributes.h) into `attributes`, replacing what is there.
  [[nodiscard]] virtual Status append_request(const Ref& ref, std::string& attributes, std::string& text) const {
    attributes.clear();
    return append(ref, text);
  }
  // The same as append_request(), through a window of the caller's.
  [[nodiscard]] virtual Status append_request_through(ReadWindow& window, const Ref& ref, std::string& attributes,
                                                      std::string& text) const {
    static_cast<void>(window);
    return append_request(ref, attributes, text);
  }
  // Acknowledges records. When it returns, the cursor is in the page cache, where it could be written, and a kill -9
  // does not undo it; it is on the disk about a second later. Returns how many were not acknowledged before
  // (drop_oldest may have been quicker). Any thread.
  virtual std::uint64_t acknowledge(std::span<const Ack> done) = 0;
  // After a read that failed for another reason than the two above: whether the rest of the record's segment can be
  // read, so that only the record's own place on the disk is bad. Any thread.
  [[nodiscard]] virtual bool rest_is_readable(const Ref& ref) const = 0;
  // Acknowledges a record whose bytes can't be read any more. The journal counts it as dropped, keeps aside what is
  // left of it, and logs it. Any thread.
  virtual void lost(const Ref& ref, std::string_view why) = 0;
};

// The journal's interface for producers that must find out what they had handed over before a crash.
class AttributeScan {
 public:
  virtual ~AttributeScan() = default;
  // Calls `visit(sequence, attributes)` in order for each record on disk that has attributes, from the floor on that
  // RetentionPin::keep_from() had left behind, until a call returns false. Any thread; meant for the start.
  virtual Status visit(const std::function<bool(Sequence, std::string_view attributes)>& visit) const = 0;
};

}  // namespace respand::journal
