#pragma once
// Dispatch: the journal's side for delivery (JournalReader). It gives out references to durable records: in order
// (backlog.h), fresh ones first where that is wanted (fresh_lane.h), and for other ways apart from the rest
// (route_backlog.h). It reads records back, and takes acknowledgements. The functions of JournalReader may be called on
// the threads that it names; all others are the journal thread's.

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "journal/acknowledgements.h"
#include "journal/backlog.h"
#include "journal/lost_records.h"
#include "journal/reader_bells.h"
#include "journal/record_reader.h"
#include "journal/route_backlog.h"
#include "journal/segments.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/journal/reader.h"
#include "respand/metrics/metrics.h"

namespace respand::journal {

class Dispatch final : public JournalReader {
 public:
  // What it works with, all borrowed.
  struct Parts {
    const Segments& segments;
    Acknowledgements& acknowledgements;
    LostRecords& lost;
    const RecordReader& records;
    ProgressSignal& progress;
    const Clock& clock;
  };
  // `floor`: the lowest open record. `end`: the first sequence that this process gives. `references`:
  // Settings::references. `sampled_out` counts records that are not for delivery.
  Dispatch(const Parts& parts, Sequence floor, Sequence end, std::size_t references, metrics::Counter sampled_out);

  // JournalReader
  void add_reader(queue::Doorbell& records, queue::Doorbell& routed) override {
    record_bells_.add(records);
    routed_bells_.add(routed);
  }
  [[nodiscard]] bool take(Ref& out) noexcept override { return backlog_.take(out); }
  [[nodiscard]] bool take_fresh(Ref& out) noexcept override { return backlog_.take_fresh(out); }
  [[nodiscard]] double fresh_demand() const noexcept override { return backlog_.demand(); }
  void give_fresh(bool wanted) noexcept override { fresh_wanted_.store(wanted, std::memory_order_relaxed); }
  [[nodiscard]] bool take_routed(WayId way, Ref& out) noexcept override { return routes_.take(way, out); }
  [[nodiscard]] std::size_t ways() const noexcept override { return routes_.ways(); }
  [[nodiscard]] Way way(WayId way) const override { return way == 0 ? Way{} : routes_.way(way); }
  [[nodiscard]] Status append_request(const Ref& ref, std::string& attributes, std::string& text) const override;
  [[nodiscard]] Status append(const Ref& ref, std::string& text) const override;
  [[nodiscard]] Status append_request_through(ReadWindow& window, const Ref& ref, std::string& attributes,
                                              std::string& text) const override;
  [[nodiscard]] Status append_through(ReadWindow& window, const Ref& ref, std::string& text) const override;
  [[nodiscard]] bool rest_is_readable(const Ref& ref) const override { return parts_.records.rest_is_readable(ref); }
  std::uint64_t acknowledge(std::span<const Ack> done) override { return parts_.acknowledgements.acknowledge(done); }
  void lost(const Ref& ref, std::string_view why) override;

  // A group became durable: `end` is one past its last record; `routed` of its records are for another way than 0. Its
  // references follow in offer() calls.
  void extend(Sequence end, std::uint64_t routed);
  // Offers a record of that group, at `offset` of the segment. `record` is encoded: header, attributes, payload.
  void offer(const std::shared_ptr<const Segment>& segment, std::uint64_t offset, const RecordHeader& header,
             std::span<const std::byte> record) {
    backlog_.offer(segment, offset, header);
    if (is_routed(header) && known(header)) {
      offer_routed(segment, offset, header, record);
    }
  }
  // Reads references back while there is room for them, wakes workers for what was published, and acknowledges what is
  // not for delivery. Returns whether there may be more to do at once.
  bool publish(MonoTime now);
  // When publish() is to be called again though nothing happened; MonoTime::max(): no need.
  [[nodiscard]] MonoTime retry_at() const;
  // Closes these segments: their records are about to be moved.
  void leave(std::span<const SegmentId> segments);
  // Records below `floor` were dropped, and are not published any more.
  void skip_to(Sequence floor);

 private:
  [[nodiscard]] Backlog::Hooks backlog_hooks();
  [[nodiscard]] RouteBacklog::Hooks route_hooks();
  [[nodiscard]] bool acked_before_start(Sequence sequence) const;
  void offer_routed(const std::shared_ptr<const Segment>& segment, std::uint64_t offset, const RecordHeader& header,
                    std::span<const std::byte> record);
  void say_unknown(const RecordHeader& header, const Place& place);
  [[nodiscard]] bool crowded() const;
  [[nodiscard]] bool stalled() const { return backlog_.stalled() || routes_.stalled(); }

  const Parts parts_;
  const Sequence start_;  // sequences from here on were given by this process

  // Their own synchronisation.
  Backlog backlog_;
  RouteBacklog routes_;
  ReaderBells record_bells_;                // journal thread; workers arm theirs
  ReaderBells routed_bells_;                // the same
  std::atomic<bool> fresh_wanted_ = false;  // delivery writes; a wish that may be late, hence relaxed

  // Journal thread.
  metrics::Counter sampled_out_;
  MonoTime retry_at_{};  // where the segments could not be read: they are not read before this
  log::LogThrottle unknown_kinds_;
};

}  // namespace respand::journal
