#include "fleet/stored_batches.h"

#include <utility>

namespace respand::fleet {

void StoredBatches::add(OpenBatch& batch, std::uint64_t sequence, bool late) {
  for (const journal::Ref& ref : batch.records) {
    acks_.push_back({ref.sequence, ref.length});
  }
  counters_.stored(batch.records.size(), batch.message.size());
  ++batches_;
  records_ += batch.records.size();
  stored_.push_back({std::move(batch.id), std::move(batch.message), sequence, late});
  batch.records.clear();
}

void StoredBatches::finish() {
  put_off_ = false;
  for (const Stored& one : stored_) {
    kept_.append({one.id, one.message}, one.sequence, one.late);
  }
  stored_.clear();
  if (!acks_.empty()) {
    journal_.acknowledge(acks_);
    acks_.clear();
  }
}

void StoredBatches::finish_unless(bool urgent) {
  if (urgent && !put_off_) {
    put_off_ = true;
    return;
  }
  finish();
}

}  // namespace respand::fleet
