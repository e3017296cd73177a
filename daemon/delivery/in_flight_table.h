#pragma once
// InFlightTable: the requests of one worker that are on their way, by id, with the records that travel in each. It
// counts the payload bytes that they hold in memory, by size class, and their records by route. Its worker's thread.

#include <cstdint>
#include <vector>

#include "delivery/batch_builder.h"
#include "delivery/request_body.h"
#include "delivery/retry_queue.h"
#include "respand/base/units.h"
#include "respand/journal/reader.h"

namespace respand::delivery {

struct InFlightRequest {
  Record record;             // where `batch` is empty
  RecordBatch batch{};       // the records that travel together
  std::uint64_t bytes = 0;   // of payload in memory
  std::uint64_t ticket = 0;  // of its permits (upstream_gate.h)
  bool bisected = false;     // half of a batch that was refused
  Envelope envelope{};       // of the one record
  [[nodiscard]] const Record& first() const { return batch.empty() ? record : batch.front(); }
  [[nodiscard]] std::size_t records() const { return batch.empty() ? 1 : batch.size(); }
};

class InFlightTable {
 public:
  // Payloads in memory at once. Large records and the others have each their own room, so that neither class waits for
  // the other: of large ones two of the largest that the API takes. One of each class is always admitted.
  static constexpr std::uint64_t kLarge = 1ULL << 20;
  static constexpr std::uint64_t kMaxLargeBytes = 40ULL << 20;
  static constexpr std::uint64_t kMaxSmallBytes = 24ULL << 20;
  [[nodiscard]] static constexpr bool is_large(std::uint64_t length) { return length >= kLarge; }

  // Makes room for two batches of so many bytes, however large they are. May be called again: a reload changes them.
  void reserve_batches(std::uint64_t bytes);
  // Whether a record of this length may be read into memory, where `gathered` bytes wait for their batch to be full.
  [[nodiscard]] bool fits(std::uint64_t length, std::uint64_t gathered) const;

  // The id of the request: the smallest ids are used again.
  [[nodiscard]] std::uint32_t open(InFlightRequest request);
  // Takes out the request that was answered. Requires: it is open.
  [[nodiscard]] InFlightRequest close(std::uint64_t id);
  // Marks the record with this sequence as given up by hand. False: it is not in flight. Looks at each.
  [[nodiscard]] bool give_up(Sequence sequence);

  [[nodiscard]] std::size_t requests() const { return requests_.size() - free_.size(); }
  // Of one route.
  [[nodiscard]] std::size_t records(journal::WayId way) const {
    return way < records_by_way_.size() ? records_by_way_[way] : 0;
  }

 private:
  // The payloads of one size class.
  struct Load {
    std::uint64_t most = 0;
    std::uint64_t bytes = 0;
    std::size_t records = 0;
  };
  struct Slot {
    InFlightRequest request;
    bool open = false;
  };
  [[nodiscard]] Load& load_of(const InFlightRequest& request);

  std::vector<Slot> requests_;       // by id
  std::vector<std::uint32_t> free_;  // ids not in use
  std::vector<std::size_t> records_by_way_;
  Load large_{kMaxLargeBytes};
  Load small_{kMaxSmallBytes};
};

}  // namespace respand::delivery
