#pragma once
// Pipeline: the parts that a record passes (listeners and spool, journal, delivery), and the ledger beside them. It
// opens, starts, reconfigures and stops them in the one order that keeps the promises: no writer is let in before
// everything behind the listeners runs, and no part ends before those that still hand records to it. Main thread, apart
// from stop_behind_the_listeners().

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/descriptors.h"
#include "app/fleet_link.h"
#include "app/inherited.h"
#include "app/live_reads.h"
#include "delivery/delivery.h"
#include "journal/journal.h"
#include "ledger/ledger.h"
#include "respand/base/random.h"
#include "respand/base/result.h"
#include "respand/base/snapshot_cell.h"
#include "respand/config/config.h"
#include "respand/config/prices.h"
#include "respand/encode/counters.h"
#include "respand/metrics/metrics.h"
#include "respand/record/prices.h"
#include "sockets/socket_intake.h"
#include "spool/spool.h"

namespace respand::app {

class Pipeline {
 public:
  // `loop` and `registry` are borrowed for its life.
  Pipeline(boost::asio::io_context& loop, metrics::Registry& registry, const Descriptors& descriptors);
  // Stops what runs, even after a start that failed half-way.
  ~Pipeline() { stop_behind_the_listeners(); }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Opens the journal and makes what comes after it; no thread runs yet. kInvalid: a price list has a mistake; other
  // errors are the journal's.
  [[nodiscard]] Status open(const config::Config& config);
  // Starts the threads, then lets writers in. `readiness` is what they hear at /readyz. An error where a listener can't
  // be opened; what runs then is stopped by the destructor. Requires: open().
  [[nodiscard]] Status start(const config::Config& config, Inherited inherited,
                             std::function<sockets::Readiness(bool intake_only)> readiness);

  // Each part takes the new settings over between two records. Any time after start().
  void reconfigure(const config::Config& config);
  void set_prices(const std::vector<config::PriceList>& lists);

  // Nothing new is taken in or sent from now on. `stopped` is called once the last connection is closed, or is in
  // `handoff` if that is not null. The drain time of delivery runs from here on: a slow writer does not prolong it.
  void stop_listeners(std::function<void()> stopped, sockets::ConnectionHandoff* handoff);
  // Ends spool, delivery, journal, ledger, and waits for each. Any thread, once the listeners have stopped. Idempotent.
  void stop_behind_the_listeners();

  // Requires: open().
  [[nodiscard]] journal::Journal& journal() const { return *journal_; }
  [[nodiscard]] delivery::Delivery& delivery() const { return *delivery_; }
  [[nodiscard]] const ledger::Ledger& ledger() const { return *ledger_; }
  [[nodiscard]] const FleetLink& fleet() const { return fleet_; }
  // Null before start().
  [[nodiscard]] sockets::SocketIntake* sockets() const { return sockets_.get(); }
  // Null before start(), and where there is no spool.
  [[nodiscard]] const spool::Spool* spool() const { return spool_.get(); }

 private:
  [[nodiscard]] Status load_prices(const config::Config& config);
  [[nodiscard]] Status open_journal(const config::Config& config);
  void make_ledger(const config::Config& config);
  [[nodiscard]] Status open_sockets(const config::Config& config, Inherited inherited,
                                    std::function<sockets::Readiness(bool intake_only)> readiness);
  [[nodiscard]] Status open_spool(const config::Config& config);

  boost::asio::io_context& loop_;
  metrics::Registry& registry_;
  const Descriptors descriptors_;
  SeededRandom random_{entropy()};
  SnapshotCell<record::PriceTable> prices_;  // set at start and reload
  encode::MissingCounters missing_{registry_};
  // In the order in which they are built. They are destroyed in the opposite one, so that none outlives what it
  // borrows.
  LiveReads live_reads_{loop_};
  std::unique_ptr<sockets::SocketIntake> sockets_;
  std::unique_ptr<spool::Spool> spool_;
  FleetLink fleet_;  // the journal gives the relay's last batches back
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<ledger::Ledger> ledger_;
  std::unique_ptr<delivery::Delivery> delivery_;
};

}  // namespace respand::app
