#pragma once
// OpenBatches: the batches of an edge that the stream has not acknowledged. The edge's thread.

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "fleet/message_builder.h"
#include "fleet/sequence_set.h"
#include "respand/base/clock.h"

namespace respand::fleet {

class OpenBatches {
 public:
  using List = std::vector<std::unique_ptr<OpenBatch>>;

  // In the order of their first records, as far as possible; those without records are stored or dropped.
  [[nodiscard]] const List& all() const { return all_; }
  OpenBatch& add(OpenBatch batch) { return *all_.emplace_back(std::make_unique<OpenBatch>(std::move(batch))); }
  // A part of a batch that was too large: it joins the others with take_parts(), while nobody goes through them.
  void add_part(OpenBatch batch) { parts_.push_back(std::make_unique<OpenBatch>(std::move(batch))); }
  [[nodiscard]] bool has_parts() const { return !parts_.empty(); }
  void take_parts() {
    std::move(parts_.begin(), parts_.end(), std::back_inserter(all_));
    parts_.clear();
  }
  void remove_empty() {
    std::erase_if(all_, [](const auto& batch) { return batch->records.empty(); });
  }

  [[nodiscard]] std::size_t in_flight() const {
    return count([](const OpenBatch& batch) { return batch.in_flight; });
  }
  // Those that are not on their way, but for their next try or for room.
  [[nodiscard]] std::size_t waiting() const { return parts_.size() + count(waits); }
  // When the first of those is to be tried; MonoTime::max(): there is none.
  [[nodiscard]] MonoTime next_try() const {
    MonoTime due = MonoTime::max();
    for (const auto& batch : all_) {
      due = waits(*batch) ? std::min(due, batch->due) : due;
    }
    return due;
  }
  // Nothing where none is on its way under that number.
  [[nodiscard]] OpenBatch* of_request(std::uint64_t request) const {
    const auto found = std::find_if(all_.begin(), all_.end(), [request](const auto& batch) {
      return batch->in_flight && batch->request == request;
    });
    return found == all_.end() ? nullptr : found->get();
  }
  [[nodiscard]] std::vector<SequenceSet> borders() const {
    std::vector<SequenceSet> open;
    for (const auto& batch : all_) {
      if (!batch->records.empty()) {
        open.push_back(batch->sequences);
      }
    }
    return open;
  }

 private:
  [[nodiscard]] static bool waits(const OpenBatch& batch) { return !batch.in_flight && !batch.records.empty(); }
  template <typename Which>
  [[nodiscard]] std::size_t count(Which which) const {
    return static_cast<std::size_t>(
        std::count_if(all_.begin(), all_.end(), [&which](const auto& batch) { return which(*batch); }));
  }

  List all_;
  List parts_;
};

}  // namespace respand::fleet
