#pragma once
// TapFeed: one worker's side of the tap (tap.h): tells the watchers what became of its records. While nobody watches it
// costs an atomic load for each answer. Its worker's thread.

#include <optional>
#include <string_view>

#include "delivery/retry_queue.h"
#include "delivery/route_lanes.h"
#include "delivery/tap.h"
#include "respand/http/client.h"
#include "respand/record/record_parser.h"

namespace respand::delivery {

class TapFeed {
 public:
  // `tap`: null where nobody can watch. Both are borrowed for the object's life.
  TapFeed(Tap* tap, RouteLanes& lanes) : tap_(tap), lanes_(lanes) {}

  [[nodiscard]] bool watched() const { return tap_ != nullptr && tap_->watched(); }
  // `payload`: JSON as it was posted. Requires: watched().
  void show(const Record& record, TapOutcome outcome, const http::Answer& answer, std::string_view payload);
  // Shows the records of a batch that is to be sent again, in whole or in parts. Requires: watched().
  void show_retried(const RecordBatch& records, const http::Answer& answer);

 private:
  Tap* const tap_;
  RouteLanes& lanes_;
  std::optional<record::RecordParser> parser_;  // made when somebody watches
};

}  // namespace respand::delivery
