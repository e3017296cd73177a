#pragma once
// Edge: hands what the journal holds to a NATS stream, in batches, in place of posting it. It owns the thread `edge`,
// the connection and the batches that are on their way.
//
//   Edge edge(settings, journal, dead_letter, fs, registry, clock);   // before any thread starts
//   edge.start();  …  edge.begin_stop();  …  edge.stop();
//
// Any thread, but start(), begin_stop(), stop() and reconfigure() one at a time.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "fleet/batch_source.h"
#include "fleet/edge_counters.h"
#include "fleet/kept_messages.h"
#include "fleet/message_builder.h"
#include "fleet/publisher.h"
#include "fleet/republisher.h"
#include "fleet/stream_history.h"
#include "fleet/stream_watch.h"
#include "respand/base/clock.h"
#include "respand/base/mutex.h"
#include "respand/fleet/edge_state.h"
#include "respand/fs/file_system.h"
#include "respand/journal/reader.h"
#include "respand/metrics/metrics.h"
#include "respand/nats/client.h"
#include "respand/queue/doorbell.h"

namespace respand::fleet {

// What an edge asks of the journal beside its reader.
struct JournalView {
  std::uint64_t id = 0;                         // edge_id()
  std::function<bool(Sequence)> is_open;        // whether a record is not acknowledged; the start only
  std::function<std::uint64_t()> open_records;  // how many are not; any thread
};
// By what the stream and relays tell the records of an edge from those of others: the journal's id, and the host and
// the file (its inode) in which it is. So the numbers in a copied or restored journal, which begin again where the copy
// was made, are not taken for those of the first one.
[[nodiscard]] std::uint64_t edge_id(std::uint64_t journal, std::string_view host, std::uint64_t inode);

using MakeNatsClient = std::function<std::unique_ptr<nats::Client>(const nats::Target&, const Clock&, nats::Handler&)>;

class Edge final : private nats::Handler {
 public:
  struct Settings {
    nats::Target target;
    std::string stream;
    std::string subject;
    std::string host;
    BatchSource::Settings batch{};
    bool compress = true;
    std::size_t max_in_flight = 8;
    Requirements require{};
    bool strict = false;
    Duration drain_timeout = std::chrono::seconds{10};
    KeptMessages::Limits keep{};
    std::string folder;  // where the file of borders is
  };

  // All but the settings borrowed for the object's life. Requires: no threads yet. The reader keeps the bell, and may
  // ring it until its own threads have ended: destroy this only after that.
  Edge(const Settings& settings, journal::JournalReader& journal, const JournalView& view, DeadLetterWriter dead_letter,
       fs::FileSystem& fs, metrics::Registry& registry, const Clock& clock,
       const MakeNatsClient& make_client = nats::make_client);
  ~Edge() override;

  void start();
  // From now on batches go out as they are, and the drain time runs. Returns at once. Idempotent.
  void begin_stop();
  // begin_stop(), then publishes what is left until the drain time is over, and waits for the end. Requires: nobody
  // hands records to the journal any more. Idempotent.
  void stop();
  // On a reload: makes the connection anew where the target differs, tries at once, and confirms a loss of the stream.
  void reconfigure(const nats::Target& target);
  [[nodiscard]] EdgeState state() const;
  // For a watchdog.
  [[nodiscard]] std::uint64_t turns() const { return turns_.load(std::memory_order_relaxed); }
  void nudge() { client_->wake(); }

  // One turn; returns after the wait of poll(), at the latest at `most`. Tests call it instead of start().
  void step(MonoTime most = MonoTime::max());

 private:
  void link_changed(nats::Link link) override;
  void reply(const nats::Reply& reply) override;

  void run(const std::stop_token& stop);
  void drain();
  [[nodiscard]] bool may_publish() const;
  [[nodiscard]] bool may_wait();
  void take_orders();
  void look_at_stream();
  void tell_state();
  [[nodiscard]] EdgeCondition condition(std::string& why) const;

  const Settings settings_;
  const JournalView journal_;
  const Clock& clock_;
  const std::unique_ptr<nats::Client> client_;
  queue::Doorbell bell_;
  EdgeCounters counters_;
  StreamHistory history_;
  KeptMessages kept_;
  StreamWatch watch_;
  BatchSource source_;
  MessageBuilder builder_;
  StoredBatches stored_;
  Publisher publisher_;
  Republisher republisher_;
  std::string unmet_;  // as it was said last

  struct Orders {
    std::optional<nats::Target> target;
    bool confirm_loss = false;
  };
  LockGuarded<Orders> orders_;                           // for the edge's thread
  const std::shared_ptr<LockGuarded<EdgeState>> state_;  // shared with the gauges' collector
  std::atomic<std::uint64_t> turns_ = 0;                 // the edge's thread writes; a sign of life, hence relaxed
  std::atomic<MonoTime::rep> drain_until_ = MonoTime::max().time_since_epoch().count();  // begin_stop() writes
  std::jthread thread_;  // last, so that it is joined first
};

}  // namespace respand::fleet
