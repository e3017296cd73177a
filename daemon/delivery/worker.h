#pragma once
// Worker: takes records from the journal, posts them, and sees each to its end: acknowledged, waiting for a retry for
// another try, or among the dead letters. step() is one turn and waits in the client only; run() is the thread
// `send-N`. All on that thread, but for set_target(), set_fresh_share(), wake(), bell(), retrying(), turns() and
// nudge().
//
// A turn: due retries and new references → POSTs; answers → verdicts; one append for all dead letters, then one
// acknowledge for all that is done. Nothing is acknowledged before it is delivered or its dead letter is synced.

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "delivery/batch_builder.h"
#include "delivery/counters.h"
#include "delivery/dead_letters.h"
#include "delivery/give_up_requests.h"
#include "delivery/lanes.h"
#include "delivery/refusal_run.h"
#include "delivery/retry_queue.h"
#include "delivery/routes.h"
#include "delivery/stuck_records.h"
#include "delivery/tap.h"
#include "delivery/upstream_gate.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/base/mutex.h"
#include "respand/base/random.h"
#include "respand/http/client.h"
#include "respand/journal/reader.h"
#include "respand/metrics/metrics.h"
#include "respand/queue/doorbell.h"

namespace respand::delivery {

class Worker {
 public:
  // Payloads in memory at once, of a worker. Large records and the others have each their own room, so that neither
  // kind waits for the other: of large ones two of the largest that the API takes. One of each is always admitted.
  static constexpr std::uint64_t kLarge = 1ULL << 20;
  static constexpr std::uint64_t kMaxLargeBytes = 40ULL << 20;
  static constexpr std::uint64_t kMaxOtherBytes = 24ULL << 20;
  // A record that could not be read so often, over so long a time, while the rest of its segment can be read, is lost:
  // else it would hold its segment, and with it room, for ever. Long enough for a disk that is away and comes back.
  static constexpr std::uint32_t kReadPatience = 10;
  static constexpr Duration kReadGrace = std::chrono::minutes{15};

  struct Settings {
    std::uint32_t index = 0;
    std::size_t max_open = 8192;  // records taken and not acknowledged: in flight, waiting for a retry
    Retry retry;
    Duration drain_timeout = std::chrono::seconds{10};
    double fresh_share = 0;  // of its attempts, for records that came in while older ones wait
  };
  // A fresh record that failed so often is none any more: its next try is one of the backlog's.
  static constexpr std::uint32_t kFreshTries = 4;
  // While fresh records get a share the others may be this many of 8 parts of max_open, so that there is room for both.
  static constexpr std::size_t kOpenParts = 7;
  // What is shared with others; borrowed for the worker's life.
  struct Surroundings {
    journal::JournalReader& journal;
    UpstreamGate& upstream;
    DeadLetters& dead_letters;
    RefusalRun& refusals;
    StuckRecords& stuck;
    GiveUpRequests& give_ups;
    metrics::Registry& registry;
    const Clock& clock;
    Batching* batching = nullptr;  // null: one POST a record
    Tap* tap = nullptr;            // null: nobody watches
    Routes* routes = nullptr;      // null: what is for other routes than that of records stays where it is
  };

  // Requires: made before threads start.
  Worker(const Settings& settings, const Surroundings& surroundings, std::unique_ptr<http::Client> client,
         std::uint64_t seed);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Whom to ring when this one has its hands full and there may be more. Before threads start; `next` outlives the
  // worker's thread.
  void pass_on_to(queue::Doorbell& next) { next_ = &next; }
  [[nodiscard]] queue::Doorbell& bell() { return bell_; }

  // Steps until a stop is asked for, then drains.
  void run(const std::stop_token& stop);
  // One turn: begins what may begin, waits for an answer, a wake-up or the next due time, deals with what came.
  void step();
  // Takes nothing new and lets what is in flight end, up to drain_timeout. What is left stays in the journal.
  void drain();

  // Any thread: the next requests go there, and waiting for a retry ones need not wait any longer.
  void set_target(const http::Target& target, const Retry& retry) EXCLUDES(inbox_mutex_);
  // Any thread: of the next attempts.
  void set_fresh_share(double share) { fresh_share_.store(share, std::memory_order_relaxed); }
  // Any thread: waiting for a retry records, as of the last turn.
  [[nodiscard]] std::size_t retrying() const { return retry_count_.load(std::memory_order_relaxed); }
  // For a watchdog: turns begun, and one more soon. Any thread.
  [[nodiscard]] std::uint64_t turns() const { return turns_.load(std::memory_order_relaxed); }
  void nudge() { client_->wake(); }

 private:
  // What the bodies of one request have in common, beside their way.
  struct Envelope {
    std::string query;
    std::string headers;
    bool protobuf = false;
    friend bool operator==(const Envelope&, const Envelope&) = default;
  };
  struct InFlightRequest {
    Record record;
    RecordBatch batch{};  // in place of the one record, where it is not empty
    std::uint64_t bytes = 0;
    std::uint64_t epoch = 0;
    bool half = false;
    bool open = false;
    Envelope envelope{};  // of the one record
    [[nodiscard]] const Record& first() const { return batch.empty() ? record : batch.front(); }
    [[nodiscard]] std::size_t records() const { return batch.empty() ? 1 : batch.size(); }
  };
  enum class Next : std::uint8_t {
    kStarted,
    kTaken,  // a record was dealt with, and no request began: it waits for a batch, or can't be read
    kNothing,
    kNoRoom,
  };
  // Where a lane's next record may come from.
  enum class From : std::uint8_t { kLarge, kRetry, kNew };
  // What set_target() was told.
  struct Orders {
    http::Target target;
    Retry retry;
  };
  // The payloads of one kind that are in flight.
  struct Load {
    std::uint64_t most = 0;
    std::uint64_t bytes = 0;
    std::uint32_t records = 0;
  };

  // What of one way (journal::WayId) is in this worker's hands.
  struct RouteLane {
    journal::WayId id = 0;
    RouteShare* share = nullptr;
    std::optional<BatchBuilder> builder{};  // there where its bodies may go out together
    Lane lane{};
    std::size_t flying = 0;
    bool hungry = false;  // the journal had nothing more of it
    [[nodiscard]] std::size_t open() const { return flying + lane.records() + (builder ? builder->records() : 0); }
    // When something of it is to go that waits now.
    [[nodiscard]] MonoTime due() const {
      const MonoTime retrying = lane.retry_queue.first_due();
      return builder ? std::min({retrying, builder->due(), builder->first_half_due()}) : retrying;
    }
  };
  // Other ways (worker_routes.cc).
  void meet_new_ways();
  [[nodiscard]] MonoTime fill_routes(MonoTime now);
  [[nodiscard]] MonoTime fill_route(RouteLane& route, MonoTime now);
  [[nodiscard]] static MonoTime when_to_look_again(RouteLane& route);
  [[nodiscard]] bool has_work(RouteLane& route, MonoTime now);
  [[nodiscard]] bool has_next(RouteLane& route, MonoTime now);
  [[nodiscard]] Next start_routed(RouteLane& route, const Permits& permits, MonoTime now);
  [[nodiscard]] bool take_new(RouteLane& route);
  [[nodiscard]] static Record take_next(RouteLane& route, MonoTime now);
  [[nodiscard]] bool launch_routed(Record record, const Permits& permits, MonoTime now);
  [[nodiscard]] http::Routed routed_to(const Record& record, Envelope envelope) const;
  static void unwrap(const Record& record, std::string& payload);
  void note_partial_success(const Record& record, const http::Answer& answer, bool protobuf);
  [[nodiscard]] bool routes_may_wait();
  [[nodiscard]] bool routes_are_hungry() const;
  [[nodiscard]] std::size_t routes_retrying() const;
  [[nodiscard]] std::string key_of(const Record& record) const {
    return is_routed(record) ? route_lanes_[record.ref.way - 1U].share->way.key : std::string();
  }
  [[nodiscard]] static bool is_routed(const Record& record) { return record.ref.way != 0; }
  // Of what was taken from it.
  [[nodiscard]] RouteLane& lane_of(journal::WayId way) { return route_lanes_[way - 1U]; }
  [[nodiscard]] UpstreamGate& upstream_of(const Record& record) {
    return is_routed(record) ? routes_->of(record.ref.way).upstream : upstream_;
  }
  [[nodiscard]] RefusalRun& refusals_of(const Record& record) {
    return is_routed(record) ? routes_->of(record.ref.way).refusals : refusals_;
  }
  [[nodiscard]] std::size_t& flying_of(const Record& record) {
    return is_routed(record) ? lane_of(record.ref.way).flying : flying_;
  }

  // Beginning.
  [[nodiscard]] MonoTime fill_records(MonoTime now);
  [[nodiscard]] MonoTime fill(MonoTime now);
  [[nodiscard]] MonoTime use(const Permits& permits, MonoTime now);
  [[nodiscard]] Next start_next(const Permits& permits, MonoTime now);
  [[nodiscard]] Next start_one(const Permits& permits, MonoTime now);
  [[nodiscard]] Next start_from(LaneName lane, From from, const Permits& permits, MonoTime now);
  [[nodiscard]] Next start_retry(LaneName lane, const Permits& permits, MonoTime now);
  [[nodiscard]] Next start_large(LaneName lane, const Permits& permits, MonoTime now);
  [[nodiscard]] Next start_new(LaneName lane, const Permits& permits, MonoTime now);
  [[nodiscard]] bool take_new(LaneName lane);
  [[nodiscard]] bool may_take(LaneName lane) const;
  [[nodiscard]] Load& load(std::uint64_t length) { return length >= kLarge ? large_ : others_; }
  [[nodiscard]] bool fits(const journal::Ref& ref, const std::optional<BatchBuilder>& builder);
  [[nodiscard]] Next begin(Record record, const Permits& permits, MonoTime now);
  [[nodiscard]] bool launch(Record record, const Permits& permits, MonoTime now);
  [[nodiscard]] std::uint32_t open_request(InFlightRequest flight);
  void unreadable(Record record, const Error& error, MonoTime now);
  [[nodiscard]] bool may_wait();
  void read_inbox(MonoTime now) EXCLUDES(inbox_mutex_);
  void apply_batching();
  [[nodiscard]] std::size_t open_records() const {
    return flying_ + builder_records() + lanes_[0].records() + lanes_[1].records();
  }
  [[nodiscard]] Lane& lane(LaneName name) { return lanes_[static_cast<std::size_t>(name)]; }
  [[nodiscard]] Lane& lane(const Record& record) {
    return is_routed(record) ? lane_of(record.ref.way).lane : lanes_[record.fresh ? 1 : 0];
  }
  [[nodiscard]] std::size_t retries_now() const {
    return lanes_[0].retry_queue.size() + lanes_[1].retry_queue.size() + routes_retrying();
  }
  [[nodiscard]] MonoTime retry_due() const {
    return std::min(lanes_[0].retry_queue.first_due(), lanes_[1].retry_queue.first_due());
  }
  [[nodiscard]] std::size_t in_flight() const { return flights_.size() - free_.size(); }

  // By hand (worker_give_up.cc).
  void give_up(const GiveUpRequests::Request& request, MonoTime now);
  [[nodiscard]] std::optional<Record> take_waiting(Sequence sequence);
  [[nodiscard]] bool mark_in_flight(Sequence sequence);
  void put_aside(Record record, MonoTime now);

  // Batches (worker_batches.cc).
  [[nodiscard]] bool joins_a_batch(const Record& record);
  // Spans always may: their routes take arrays.
  [[nodiscard]] bool batches_go() const { return batch_path_ && batching_ != nullptr && batching_->on(); }
  [[nodiscard]] bool batches_go(ApiRoute route) const { return is_spans(route) || batches_go(); }
  // Requires: it was in a batch, or has joined one.
  [[nodiscard]] Batching& batching_of(const Record& record) {
    return is_spans(record.ref.route) ? lane_of(record.ref.way).share->arrays : *batching_;
  }
  [[nodiscard]] BatchBuilder& builder_of(const Record& record) {
    return is_routed(record) ? *lane_of(record.ref.way).builder : *builder_;
  }
  [[nodiscard]] bool start_half(BatchBuilder& builder, ApiRoute route, const Permits& permits, MonoTime now);
  [[nodiscard]] bool launch_batch(RecordBatch records, bool half, const Permits& permits, MonoTime now);
  [[nodiscard]] bool launch_alone(Record record, const Permits& permits, MonoTime now) {
    return is_routed(record) ? launch_routed(std::move(record), permits, now) : launch(std::move(record), permits, now);
  }
  [[nodiscard]] Status append(const Record& record, std::string& body, Envelope& envelope);
  [[nodiscard]] Envelope envelope_read() const;
  [[nodiscard]] MonoTime builder_due() const { return builder_ ? builder_->due() : kNever; }
  [[nodiscard]] MonoTime half_due() const { return builder_ ? builder_->first_half_due() : kNever; }
  [[nodiscard]] std::size_t builder_records() const { return builder_ ? builder_->records() : 0; }
  void disband(BatchBuilder& builder, MonoTime now);
  void take_batch_answer(InFlightRequest flight, http::Answer& answer, MonoTime now);
  void take_results(RecordBatch records, const http::Answer& answer, MonoTime now);
  void retry_batch(InFlightRequest flight, const http::Answer& answer, MonoTime now);
  void split(RecordBatch records, const http::Answer& answer, MonoTime now);
  void disperse(RecordBatch records, const http::Answer& answer, MonoTime now);
  void go_alone(Record record, const http::Answer& answer, MonoTime now);

  // Answers.
  void take_answers(MonoTime now);
  void take_answer(http::Answer& answer, MonoTime now);
  void delivered(const Record& record);
  [[nodiscard]] bool expired(const Record& record) const;
  // Why a record that failed is not tried again: "expired", "exhausted", "by_hand"; empty: it is.
  [[nodiscard]] std::string_view given_up(const Record& record, const http::Answer& answer) const;
  [[nodiscard]] bool watched() const { return tap_ != nullptr && tap_->watched(); }
  void show(const Record& record, Fate fate, const http::Answer& answer, std::string_view payload);
  void show_retried(const RecordBatch& records, const http::Answer& answer);
  void retry_or_give_up(Record record, http::Answer& answer, MonoTime now, Envelope envelope);
  void refuse(Record record, std::string reason, http::Answer& answer, Envelope envelope);
  void schedule_retry(Record record, MonoTime now);
  void retry_refused(Record record, MonoTime now);
  void dead_letter_refused(MonoTime now);
  void acknowledge_delivered();
  void judged(UpstreamGate& upstream, std::uint64_t ticket, Verdict verdict, const http::Answer& answer, MonoTime now,
              Suspect suspect);
  void free_slots();
  void acknowledge_refused();
  void recycle(std::string payload);
  [[nodiscard]] std::string spare_payload();

  const Settings settings_;
  journal::JournalReader& journal_;
  UpstreamGate& upstream_;
  DeadLetters& dead_letters_;
  RefusalRun& refusals_;
  StuckRecords& stuck_;
  GiveUpRequests& give_ups_;
  const Clock& clock_;
  const std::unique_ptr<http::Client> client_;
  const std::function<bool()> before_wait_;
  queue::Doorbell bell_;
  queue::Doorbell* next_ = nullptr;  // constant once threads run

  // This thread's.
  Retry retry_;
  SeededRandom random_;
  Counters counters_;
  std::array<Lane, 2> lanes_;          // by LaneName
  std::deque<RouteLane> route_lanes_;  // by WayId, from 1 on
  bool routes_first_ = false;          // in the next turn: neither keeps the other from its places
  LaneTurns turns_of_lanes_;
  Tap* const tap_;
  std::optional<record::RecordParser> tap_parser_;  // made when somebody watches
  Routes* const routes_;
  Batching* const batching_;
  std::optional<BatchBuilder> builder_;   // there where batching_ is
  bool batch_path_ = false;               // the client's target has one
  std::vector<InFlightRequest> flights_;  // by id of the request
  std::vector<std::uint32_t> free_;       // ids not in use
  std::size_t flying_ = 0;                // records in flight; of other routes see RouteLane
  Load large_{kMaxLargeBytes};
  Load others_{kMaxOtherBytes};
  std::vector<std::string> payloads_;  // memory for the next ones
  std::string body_;                   // memory for the next batch
  std::string attributes_;             // memory for those of the next record
  bool hungry_ = false;                // the journal had nothing more: its bell is to end the wait
  std::optional<MonoTime> drain_until_;
  std::vector<http::Answer> answers_;
  std::vector<journal::Ack> delivered_;
  std::vector<Record> refused_;
  std::vector<std::pair<UpstreamGate*, std::uint64_t>> freed_;  // places, with their tickets
  std::vector<std::uint64_t> tickets_;                          // of one upstream
  std::vector<DeadLetter> letters_;                             // of refused_, one each
  std::vector<journal::Ack> dead_lettered_;
  std::uint64_t give_up_seen_ = 0;
  log::LogThrottle unreadable_gate_;
  log::LogThrottle rejected_gate_{std::chrono::minutes{1}};

  std::atomic<double> fresh_share_;           // written anywhere; for the next attempts, hence relaxed
  std::atomic<std::size_t> retry_count_ = 0;  // written here, read anywhere; a statistic, hence relaxed
  std::atomic<std::uint64_t> turns_ = 0;      // the same
  Mutex inbox_mutex_;
  std::optional<Orders> inbox_ GUARDED_BY(inbox_mutex_);
};

}  // namespace respand::delivery
