#pragma once
// Worker: takes records from the journal, posts them, and follows each until it is acknowledged or among the dead
// letters. step() is one turn and waits in the client only; run() is the thread `send-N`. Everything runs on that
// thread, apart from set_target(), set_fresh_share(), retrying(), turns() and nudge().
//
// The parts of a turn:
//   GiveUpHandler                       what an operator gives up by hand
//   RecordDispatcher, RouteDispatcher   due retries and new references → requests (RequestSender), as many as the
//                                       upstream gates permit (WorkerPermits)
//   InFlightTable                       the requests on their way, and the memory that they hold
//   AnswerHandler                       answers → verdicts → RecordOutcomes: one append for all dead letters, one
//                                       acknowledge for all that was delivered

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "delivery/answer_handler.h"
#include "delivery/backoff.h"
#include "delivery/counters.h"
#include "delivery/give_up_handler.h"
#include "delivery/in_flight_table.h"
#include "delivery/payload_pool.h"
#include "delivery/record_dispatcher.h"
#include "delivery/record_outcomes.h"
#include "delivery/request_sender.h"
#include "delivery/route_dispatcher.h"
#include "delivery/route_lanes.h"
#include "delivery/target_inbox.h"
#include "delivery/worker_context.h"
#include "delivery/worker_permits.h"
#include "respand/base/clock.h"
#include "respand/http/client.h"
#include "respand/queue/doorbell.h"

namespace respand::delivery {

class Worker {
 public:
  struct Settings {
    std::uint32_t index = 0;
    std::size_t max_open = 8192;  // records taken and not acknowledged: in flight, waiting for another try
    Retry retry;
    Duration drain_timeout = std::chrono::seconds{10};
    double fresh_share = 0;  // of its attempts, for records that came in while older ones wait
  };

  // Requires: made before threads start. `seed`: of the jitter.
  Worker(const Settings& settings, const WorkerContext& context, std::unique_ptr<http::Client> client,
         std::uint64_t seed);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Sets the worker to wake when this one has used all its permits and there may be more records. Before threads start;
  // `next` outlives the worker's thread.
  void pass_on_to(Worker& next) { next_ = &next; }

  // Steps until a stop is asked for, then drains.
  void run(const std::stop_token& stop);
  // One turn: begins what may begin, waits for an answer, a wake-up or the next due time, deals with what came.
  void step();
  // Takes nothing new and lets what is in flight end, up to drain_timeout. What is left stays in the journal.
  void drain();

  // Any thread: the next requests go to this target, and records that wait for another try need not wait any longer.
  void set_target(const http::Target& target, const Retry& retry) { inbox_.put(target, retry); }
  // Any thread: the share of the next attempts.
  void set_fresh_share(double share) { records_.set_fresh_share(share); }
  // Any thread: how many records waited for another try at the last turn.
  [[nodiscard]] std::size_t retrying() const { return retry_count_.load(std::memory_order_relaxed); }
  // For a watchdog, any thread: how many turns have begun; nudge() makes the worker begin another one soon.
  [[nodiscard]] std::uint64_t turns() const { return turns_.load(std::memory_order_relaxed); }
  void nudge() { client_->wake(); }

 private:
  [[nodiscard]] MonoTime dispatch(MonoTime now);
  [[nodiscard]] MonoTime noted(const DispatchResult& result);
  [[nodiscard]] bool may_wait();
  void ring();
  void handle_answers(MonoTime now);

  const Settings settings_;
  const Clock& clock_;
  const std::unique_ptr<http::Client> client_;
  const std::function<bool()> before_wait_;
  // Rung by the journal and by another worker: for records of the route of records, and for those of other routes.
  queue::Doorbell bell_;
  queue::Doorbell routed_bell_;
  Worker* next_ = nullptr;  // constant once threads run

  // This thread's; each borrows from those above it.
  Counters counters_;
  PayloadPool payloads_;
  InFlightTable in_flight_;
  RouteLanes lanes_;
  RecordOutcomes outcomes_;
  TargetInbox inbox_;
  WorkerPermits permits_;
  RequestSender sender_;
  RecordDispatcher records_;
  RouteDispatcher routes_;
  AnswerHandler answer_handler_;
  GiveUpHandler give_ups_;
  bool routes_first_ = false;  // flips each turn, so that neither dispatcher always takes the client's room first
  std::optional<MonoTime> drain_until_;
  std::vector<http::Answer> answers_;

  std::atomic<std::size_t> retry_count_ = 0;  // written here, read on any thread; a statistic, hence relaxed
  std::atomic<std::uint64_t> turns_ = 0;      // the same
};

}  // namespace respand::delivery
