#pragma once
// Relay: takes batches of records from a NATS stream into the journal. A message is acknowledged (+ACK, confirmed) only
// when all its records are durable in the journal, or were before. It owns the thread `relay` and the connection.
//
//   Relay relay(settings, writer, history, pin, fs, registry, clock);   // before any thread starts
//   relay.start();  …  relay.begin_stop();  …  relay.stop();
//
// Any thread, but start(), begin_stop(), stop() and reconfigure() one at a time.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "fleet/consumer_watch.h"
#include "fleet/edge.h"
#include "fleet/edge_lags.h"
#include "fleet/message_intake.h"
#include "fleet/puller.h"
#include "fleet/relay_counters.h"
#include "fleet/relay_peers.h"
#include "fleet/shared_pins.h"
#include "fleet/stream_watch.h"
#include "respand/base/clock.h"
#include "respand/base/mutex.h"
#include "respand/fleet/relay_state.h"
#include "respand/fs/file_system.h"
#include "respand/journal/reader.h"
#include "respand/journal/retention_pin.h"
#include "respand/journal/writer.h"
#include "respand/metrics/metrics.h"
#include "respand/nats/client.h"

namespace respand::fleet {

class Relay final : private nats::Handler {
 public:
  // delivery.rate_limit, as far as relays share it.
  struct SharedLimit {
    bool shared = false;
    std::uint32_t limit = 0;  // requests a second of all of them together
  };
  struct Settings {
    nats::Target target;
    std::string stream;
    std::string consumer;
    Requirements require{};
    std::size_t max_record = std::size_t{20} << 20;  // bytes of a payload
    std::string folder;                              // where its files are
    SharedLimit rate_limit{};
    RelayPeers::Use use_share{};  // told what part of the limit is this relay's, on its thread, the first time at once
  };
  // How long a stop waits for what is being written and acknowledged.
  static constexpr Duration kStopPatience = std::chrono::seconds{2};

  // All but the settings borrowed for the object's life. The journal gives the last batches back at its end: destroy
  // this after that. Requires: no threads yet.
  Relay(const Settings& settings, journal::JournalWriter& writer, const journal::AttributeScan& history,
        journal::RetentionPin& pin, fs::FileSystem& fs, metrics::Registry& registry, const Clock& clock,
        const MakeNatsClient& make_client = nats::make_client);
  ~Relay() override;

  void start();
  // Asks for no more messages. Returns at once. Idempotent.
  void begin_stop();
  // begin_stop(), then waits until what was taken is durable and acknowledged, up to kStopPatience. Idempotent.
  void stop();
  // On a reload: makes the connection anew where the target differs, and shares the limit or no longer.
  void reconfigure(const nats::Target& target, const SharedLimit& rate_limit);
  [[nodiscard]] RelayState state() const;
  // The journal's pin for its other user, the spool, which goes through this one's from now on.
  [[nodiscard]] journal::RetentionPin& spool_pin() { return pins_.first(); }
  // For a watchdog.
  [[nodiscard]] std::uint64_t turns() const { return turns_.load(std::memory_order_relaxed); }
  void nudge() { client_->wake(); }

  // One turn; returns after the wait of poll(), at the latest at `most`. Tests call it instead of start().
  void step(MonoTime most = MonoTime::max());

 private:
  void link_changed(nats::Link link) override;
  void message(const nats::Message& message) override;
  void reply(const nats::Reply& reply) override;

  void run(const std::stop_token& stop);
  void take_orders();
  void look_at_requirements();
  [[nodiscard]] RelayCondition condition(std::string& why) const;
  void tell_state();
  void register_gauges(metrics::Registry& registry) const;

  const Settings settings_;
  const Clock& clock_;
  const std::unique_ptr<nats::Client> client_;
  journal::JournalWriter& writer_;
  SharedPins pins_;
  RelayCounters counters_;
  StreamWatch watch_;
  ConsumerWatch consumer_;
  Puller puller_;
  RelayPeers peers_;
  const std::shared_ptr<LockGuarded<EdgeLags>> lags_;  // shared with the gauges' collector
  MessageIntake intake_;
  bool recovered_ = false;
  std::string unmet_;  // as it was said last
  RelayCondition pull_condition_ = RelayCondition::kNone;
  std::string pull_why_;

  struct Orders {
    std::optional<nats::Target> target;
    std::optional<SharedLimit> rate_limit;
  };
  LockGuarded<Orders> orders_;                            // for the relay's thread
  const std::shared_ptr<LockGuarded<RelayState>> state_;  // shared with the gauges' collector
  std::atomic<std::uint64_t> turns_ = 0;                  // the relay's thread writes; a sign of life, hence relaxed
  std::atomic<bool> stopping_ = false;                    // begin_stop() writes
  std::jthread thread_;                                   // last, so that it is joined first
};

}  // namespace respand::fleet
