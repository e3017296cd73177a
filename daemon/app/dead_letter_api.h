#pragma once
// DeadLetterApi: the requests about dead letters over the control socket, while the daemon runs. They read and sync
// files, so they run on a thread of their own, `letters`, one at a time. Everything else on the io thread.

#include <string>
#include <string_view>
#include <thread>

#include "app/page_server.h"
#include "delivery/delivery.h"

namespace respand::app {

class DeadLetterApi {
 public:
  // How many letters the answer to list() shows.
  static constexpr std::size_t kLatest = 100;

  // `loop` is borrowed. `spool` is the folder that a replay puts records into.
  DeadLetterApi(boost::asio::io_context& loop, std::string directory, std::string spool)
      : loop_(loop), directory_(std::move(directory)), spool_(std::move(spool)) {}

  // JSON with the number of letters, by reason, and the latest of them without their records. With first= and last= in
  // the query it shows the letters whose sequences lie between, in order, from the lowest on.
  [[nodiscard]] Page list(std::string_view query);
  // Replays the letters that the query selects: reason=, id=, or all=true.
  [[nodiscard]] Page replay(std::string_view query, bool spool_runs);

  // Gives up the record with the sequence that the query names; `delivery` must outlive the answer.
  [[nodiscard]] Page add(std::string_view query, delivery::Delivery& delivery);

 private:
  [[nodiscard]] Page later(std::function<Page()> work);

  boost::asio::io_context& loop_;
  const std::string directory_;
  const std::string spool_;
  bool busy_ = false;
  std::jthread thread_;  // last, so that it is destroyed (joined) first
};

}  // namespace respand::app
