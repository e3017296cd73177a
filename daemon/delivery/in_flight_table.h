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
  Record record;             // the only record, where `batch` is empty
  RecordBatch batch{};       // the records that travel together
  std::uint64_t bytes = 0;   // of payload in memory
  std::uint64_t ticket = 0;  // of its permits (upstream_gate.h)
  bool bisected = false;     // `batch` is half of one that was refused
  Envelope envelope{};       // of `record`
  [[nodiscard]] const Record& first() const { return batch.empty() ? record : batch.front(); }
  [[nodiscard]] std::size_t records() const { return batch.empty() ? 1 : batch.size(); }
};

class InFlightTable {
 public:
  // How many bytes of payload may be in memory at once. Large and small records have room of their own, so that neither
  // class waits for the other. The room for large ones is that of two of the largest that the API takes. One record of
  // each class is always admitted.
  static constexpr std::uint64_t kLarge = 1ULL << 20;
  static constexpr std::uint64_t kMaxLargeBytes = 40ULL << 20;
  static constexpr std::uint64_t kMaxSmallBytes = 24ULL << 20;
  [[nodiscard]] static constexpr bool is_large(std::uint64_t length) { return length >= kLarge; }

  // Makes room for two batches of so many bytes each. May be called again: a reload changes the size.
  void reserve_batches(std::uint64_t bytes);
  // Whether a record of this length may be read into memory while `gathered` bytes wait for their batch to be full.
  [[nodiscard]] bool fits(std::uint64_t length, std::uint64_t gathered) const;

  // Returns the request's id. Ids of closed requests are used again.
  [[nodiscard]] std::uint32_t open(InFlightRequest request);
  // Takes out the request that was answered. Requires: it is open.
  [[nodiscard]] InFlightRequest close(std::uint64_t id);
  // Marks the record with this sequence as given up by hand. False: it is not in flight. Looks at each record.
  [[nodiscard]] bool give_up(Sequence sequence);

  [[nodiscard]] std::size_t requests() const { return requests_.size() - free_.size(); }
  // Records in flight on one route.
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
