#pragma once
// Delivery: the module as `app` sees it. It owns the workers and their threads, the state of the upstream and the dead
// letters. It takes records from the journal's reader and posts each until it is delivered or among the dead letters.
//
//   Delivery delivery(settings, journal, fs::posix(), registry, system_clock());   // before any thread starts
//   delivery.start();  …  delivery.resume(target);  …  delivery.stop();
//
// Any thread, but start(), stop() and resume() one at a time.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "delivery/backoff.h"
#include "delivery/dead_letters.h"
#include "delivery/give_up_requests.h"
#include "delivery/pace_file.h"
#include "delivery/refusal_run.h"
#include "delivery/routes.h"
#include "delivery/stuck_records.h"
#include "delivery/tap.h"
#include "delivery/upstream_gate.h"
#include "delivery/worker.h"
#include "respand/base/clock.h"
#include "respand/base/mutex.h"
#include "respand/fs/file_system.h"
#include "respand/http/client.h"
#include "respand/journal/reader.h"
#include "respand/metrics/metrics.h"

namespace respand::delivery {

// How many records all workers together may have taken from the journal and not acknowledged. They take about 2 MiB of
// memory; retries at their longest interval still come to 270 a second, and the journal's set of acknowledged records
// above its cursor stays small. A larger number would speed up nothing: a record that has failed waits either way.
inline constexpr std::size_t kMaxOpenRecords = 16384;

// The part of rate_limit that is this process's, where others share it.
struct RateShare {
  double part = 1;          // above 0, at most 1
  MonoTime until = kNever;  // so long
  double after = 1;         // the part from then on
};

struct Settings {
  bool posts = true;    // false: another part takes the records from the journal. There are no workers then
  http::Target target;  // its max_connections is for all workers together
  std::uint32_t workers = 2;
  std::uint32_t max_in_flight = 256;
  std::uint32_t rate_limit = 0;  // requests a second, of all who share it; 0: none
  Retry retry;
  Duration drain_timeout = std::chrono::seconds{10};
  double fresh_share = 0.5;  // the share of attempts for records that come in while a backlog drains; 0: none
  DeadLetters::Settings dead_letters;
  std::string pace_file;     // what is learned of the API's rate, for the next start; empty: it is not kept
  Batching::Settings batch;  // in force where the target has a batch_url
};

struct State {
  UpstreamGate::State upstream;
  DeadLetters::State dead_letters;
  StuckRecords::State stuck;
  std::size_t retrying = 0;  // records that wait for another try
  // A route, or a key of api.keys on it, on which something is wrong. The route of records with the configuration's key
  // is `upstream`.
  struct Route {
    journal::Way way;
    UpstreamGate::State upstream;
    std::uint64_t rejected_spans = 0;  // since the start
    WallTime rejected_at{};            // when the last of them were rejected
    bool keyless = false;              // something waits for a key that the configuration does not have any more
  };
  std::vector<Route> routes{};
  // What was delivered on the other routes and keys since the start.
  struct Delivered {
    journal::Way way;
    std::uint64_t deliveries = 0;
  };
  std::vector<Delivered> delivered{};
};

class Delivery {
 public:
  using MakeClient = std::function<std::unique_ptr<http::Client>(const http::Target&, const Clock&)>;

  // All borrowed for the object's life. Requires: no threads yet. The reader keeps the workers' bells, and may ring
  // them until its own threads have ended: destroy this only after that.
  Delivery(const Settings& settings, journal::JournalReader& journal, fs::FileSystem& fs, metrics::Registry& registry,
           const Clock& clock, const MakeClient& make_client = http::make_client);
  ~Delivery();

  void start();
  // Takes nothing new from now on and lets requests in flight end, up to drain_timeout from now. Returns at once.
  // Idempotent.
  void begin_stop();
  // begin_stop(), then waits for the end: what was answered is acknowledged, and the threads are gone. Idempotent.
  void stop();
  // On a reload: from now on requests go to the new target; a pause ends, and records that wait for another try go at
  // once. Applies all of `settings` but workers, drain_timeout and the folder of dead letters, which stay as they are.
  void resume(const Settings& settings);
  // Another part of the rate limit is ours from now on. Any thread.
  void set_rate_share(const RateShare& share);
  // Puts one record that has been tried among the dead letters, as `by_hand`; waits for it up to `patience`. A thread
  // of its own, one at a time.
  [[nodiscard]] GiveUpRequests::End give_up(Sequence sequence, Duration patience);
  // Puts a record among the dead letters that another part has given up. Any thread.
  [[nodiscard]] Status add_dead_letter(DeadLetter letter);
  [[nodiscard]] State state() const;
  // What becomes of each record, for those who watch.
  [[nodiscard]] Tap& tap() { return tap_; }
  // For a watchdog: `send-N` counts from 0.
  [[nodiscard]] std::uint32_t workers() const { return static_cast<std::uint32_t>(workers_.size()); }
  [[nodiscard]] std::uint64_t turns(std::uint32_t worker) const { return workers_[worker]->turns(); }
  void nudge(std::uint32_t worker) { workers_[worker]->nudge(); }

 private:
  // The rate limit as it is configured, and our part of it.
  struct Rate {
    std::uint32_t limit = 0;
    RateShare share;
    [[nodiscard]] RateLimit own() const { return {limit * share.part, share.until, limit * share.after}; }
  };
  void register_gauges(metrics::Registry& registry) const;

  const Clock& clock_;
  journal::JournalReader& journal_;
  const std::uint32_t workers_count_;  // at least 1, even where none is made
  const bool posts_;
  http::Target target_;
  const std::shared_ptr<UpstreamGate> upstream_;  // shared with the gauges' collector
  PaceFile pace_file_;
  const std::shared_ptr<Routes> routes_;  // the same
  DeadLetters dead_letters_;
  RefusalRun refusals_;
  std::shared_ptr<StuckRecords> stuck_;  // shared with the gauges' collector
  GiveUpRequests give_ups_;
  Batching batching_;
  Mutex rate_mutex_;  // held while the gates hear of a change, so that the newer one comes last
  Rate rate_ GUARDED_BY(rate_mutex_);
  Tap tap_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::jthread> threads_;  // last, so that it is destroyed (joined) first
};

}  // namespace respand::delivery
