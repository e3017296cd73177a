#pragma once
// What can be done with the dead letters over the control socket while the daemon runs. Files are read and synced for
// it, so that is done on a thread of its own, `letters`, one thing at a time. io thread, but for that.

#include <string>
#include <string_view>
#include <thread>

#include "app/page_server.h"
#include "delivery/delivery.h"

namespace respand::app {

class DeadLetterApi {
 public:
  // Of the answer to list().
  static constexpr std::size_t kLatest = 100;

  // `loop` is borrowed. `spool` is where a replay puts them.
  DeadLetterApi(boost::asio::io_context& loop, std::string directory, std::string spool)
      : loop_(loop), directory_(std::move(directory)), spool_(std::move(spool)) {}

  // How many there are, by reason, and the latest of them without their records, as JSON; with first= and last= in the
  // query the first of those whose sequences lie between, in order.
  [[nodiscard]] Page list(std::string_view query);
  // Another try for those that the query selects: reason=, id=, or all=true.
  [[nodiscard]] Page replay(std::string_view query, bool spool_runs);

  // Gives up the record with the sequence that the query names; `delivery` must outlive the answer.
  [[nodiscard]] Page add(std::string_view query, delivery::Delivery& delivery);

 private:
  [[nodiscard]] Page later(std::function<Page()> work);

  boost::asio::io_context& loop_;
  const std::string directory_;
  const std::string spool_;
  bool busy_ = false;
  std::jthread thread_;  // goes first
};

}  // namespace respand::app
