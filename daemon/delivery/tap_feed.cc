#include "delivery/tap_feed.h"

#include <algorithm>
#include <vector>

namespace respand::delivery {

void TapFeed::show(const Record& record, Fate fate, const http::Answer& answer, std::string_view payload) {
  if (!parser_) {
    parser_.emplace();
  }
  tap_->show(
      {fate, record.ref.sequence, record.attempts, answer, payload, path_of(record.ref.route), lanes_.of(record).key()},
      *parser_);
}

void TapFeed::show_retried(const RecordBatch& records, const http::Answer& answer) {
  const std::vector<std::string_view> payloads = records_in(answer.payload);
  for (std::size_t i = 0; i < std::min(records.size(), payloads.size()); ++i) {
    show(records[i], Fate::kRetried, answer, payloads[i]);
  }
}

}  // namespace respand::delivery
