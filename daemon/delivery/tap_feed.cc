#include "delivery/tap_feed.h"

#include <algorithm>
#include <vector>

namespace respand::delivery {

void TapFeed::show(const Record& record, TapOutcome outcome, const http::Answer& answer, std::string_view payload) {
  if (!parser_) {
    parser_.emplace();
  }
  tap_->show({outcome, record.ref.sequence, record.attempts, answer, payload, path_of(record.ref.route),
              lanes_.of(record).key()},
             *parser_);
}

void TapFeed::show_retried(const RecordBatch& records, const http::Answer& answer) {
  const std::vector<std::string_view> payloads = records_in(answer.payload);
  for (std::size_t i = 0; i < std::min(records.size(), payloads.size()); ++i) {
    show(records[i], TapOutcome::kRetried, answer, payloads[i]);
  }
}

}  // namespace respand::delivery
