#pragma once
// RecordDispatcher: begins requests on the route of records with the configuration's key. It asks the upstream gate how
// many may begin, and chooses each next record: first the lane (lanes.h), and within it retries before new records. Its
// worker's thread, apart from set_fresh_share().

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "delivery/in_flight_table.h"
#include "delivery/lanes.h"
#include "delivery/request_sender.h"
#include "delivery/route_lanes.h"
#include "delivery/worker_context.h"
#include "delivery/worker_permits.h"

namespace respand::delivery {

// What a dispatcher has done in a turn.
struct DispatchResult {
  MonoTime look_again = kNever;  // when to dispatch again if nothing else happens
  bool used_all = false;         // all permits were used: more may be waiting, for which another worker may get some
};

class RecordDispatcher {
 public:
  // While fresh records get a share, the backlog may take up this many eighths of max_open, so that there is room for
  // fresh ones.
  static constexpr std::size_t kOpenParts = 7;

  // `max_open`: how many records may be taken and not acknowledged. `fresh_share`: the share of attempts for records
  // that came in while older ones wait. The others are borrowed for the object's life.
  RecordDispatcher(const WorkerContext& context, std::size_t max_open, double fresh_share, RouteLane& route,
                   const InFlightTable& in_flight, WorkerPermits& permits, RequestSender& sender);

  // Any thread: the share of the next attempts.
  void set_fresh_share(double share) { fresh_share_.store(share, std::memory_order_relaxed); }
  // Begins what may begin now.
  [[nodiscard]] DispatchResult dispatch(MonoTime now);
  // Whether the worker may sleep: the journal has nothing that it could take.
  [[nodiscard]] bool may_wait();

 private:
  enum class StartResult : std::uint8_t {
    kStarted,
    kTaken,  // a record was dealt with, and no request began: it waits for a batch, or can't be read
    kNothing,
    kNoRoom,  // for its payload, in memory
  };
  // Where a lane's next record may come from.
  enum class Source : std::uint8_t { kLarge, kRetry, kNew };

  [[nodiscard]] StartResult start_next(const Permits& permits, MonoTime now);
  [[nodiscard]] StartResult start_one(const Permits& permits, MonoTime now);
  [[nodiscard]] StartResult start_from(LaneName name, Source source, const Permits& permits, MonoTime now);
  [[nodiscard]] StartResult start_large(Lane& lane, const Permits& permits, MonoTime now);
  [[nodiscard]] StartResult start_retry(Lane& lane, const Permits& permits, MonoTime now);
  [[nodiscard]] StartResult start_new(LaneName name, const Permits& permits, MonoTime now);
  [[nodiscard]] StartResult start(Record record, const Permits& permits, MonoTime now);
  [[nodiscard]] bool take_new(LaneName name);
  [[nodiscard]] bool may_take(LaneName name) const;
  [[nodiscard]] std::size_t open_records() const { return in_flight_.records(route_.id) + route_.waiting(); }

  journal::JournalReader& journal_;
  const std::size_t max_open_;
  RouteLane& route_;
  const InFlightTable& in_flight_;
  WorkerPermits& permits_;
  RequestSender& sender_;
  LaneTurns turns_;
  std::atomic<double> fresh_share_;  // written on any thread; nothing else depends on it, hence relaxed
};

}  // namespace respand::delivery
