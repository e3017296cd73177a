#pragma once
// Journal: makes records durable and remembers which need no further work. It is the buffer between writers and the
// API: producers hand batches to its intake, workers take references from its reader. One thread, `journal`, owns the
// open segment, takes all that waits as one group, writes it, syncs once, publishes and acknowledges. Tests call step()
// instead.

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "journal/backlog.h"
#include "journal/compactor.h"
#include "journal/end_mark.h"
#include "journal/quarantine.h"
#include "journal/recovery.h"
#include "journal/route_backlog.h"
#include "journal/segment_tailer.h"
#include "journal/segments.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/base/mutex.h"
#include "respand/base/random.h"
#include "respand/journal/reader.h"
#include "respand/journal/retention_pin.h"
#include "respand/journal/snapshot.h"
#include "respand/journal/tailer.h"
#include "respand/journal/writer.h"
#include "respand/metrics/metrics.h"
#include "respand/queue/doorbell.h"
#include "respand/queue/ring.h"

namespace respand::journal {

enum class Sync : std::uint8_t { kAlways, kInterval, kNever };
enum class WhenFull : std::uint8_t { kBlock, kReject, kDropOldest };

struct Settings {
  std::string directory;
  Bytes max_size = gibibytes(4);
  Bytes segment_size = mebibytes(64);
  Sync sync = Sync::kAlways;
  Duration sync_interval = std::chrono::milliseconds{100};
  Duration sync_delay{0};  // under kAlways: how long the sync of batches that nobody waits for may gather
  WhenFull when_full = WhenFull::kBlock;
  // At hand for the workers, in order and before older ones each: a power of two.
  std::size_t references = Backlog::kRingCapacity;
};

class Journal final : public JournalWriter,
                      public RetentionPin,
                      public JournalReader,
                      public AttributeScan,
                      public JournalTailer {
 public:
  // A group is at most this much in one write: enough that the sync's cost is spread, short enough that its first
  // record does not wait long for the last one. A larger batch makes a group of its own.
  static constexpr std::size_t kMaxGroup = 8U << 20;
  // Of batches that nobody waits for so many, or so many bytes, are synced without waiting for more: their producers go
  // on to fill others meanwhile.
  static constexpr std::size_t kMostGathered = JournalWriter::kMaxOutstanding / 2;
  static constexpr std::size_t kMostGatheredBytes = 1U << 20;
  // The cursor reaches the disk this long after the first acknowledge that it does not hold.
  static constexpr Duration kCursorDelay = std::chrono::seconds{1};
  // After a failed write the group is tried again at this interval, or when room appears.
  static constexpr Duration kRetryInterval = std::chrono::seconds{1};
  // So often it looks whether its files' names still lead to them. That they were removed it sees with each group.
  static constexpr Duration kLookInterval = std::chrono::seconds{1};
  // The segments hold at most twice the open bytes and four segments. Compaction begins at two: one may be filled, and
  // one written anew, before it has done.
  static constexpr std::uint64_t kSlackSegments = 2;
  // What the ledger has not read goes for it at three only: it may be a moment behind.
  static constexpr std::uint64_t kLedgerSlackSegments = 3;
  // Bytes of old segments that one turn looks at, so that a group waits for it a few milliseconds at most.
  static constexpr std::uint64_t kCompactionTurn = 1U << 20;

  // Recovers the journal in the folder (made where missing). kExists: another process uses it; kUnsupported: a newer
  // format; anything else: the disk. `fs`, `registry`, `clock` are borrowed and must outlive the journal.
  [[nodiscard]] static Result<std::unique_ptr<Journal>> open(const Settings& settings, fs::FileSystem& fs,
                                                             metrics::Registry& registry, const Clock& clock,
                                                             Random& random);
  ~Journal() override;

  // Starts the journal's thread.
  void start();
  // Takes what producers have handed over, saves the cursor and ends the thread. Batches that can't be written any more
  // are acknowledged as kStopped. Requires: producers and workers have stopped. Idempotent.
  void stop();

  // One turn of the thread's loop; returns when it wants to run again if nothing wakes it.
  [[nodiscard]] MonoTime step();
  // For a watchdog: turns that the thread has begun, and one more soon. Any thread.
  [[nodiscard]] std::uint64_t turns() const { return turns_.load(std::memory_order_relaxed); }
  void nudge() { sleeper_.wake(); }

  // JournalWriter
  [[nodiscard]] bool offer(std::unique_ptr<Batch>& batch) noexcept override;
  [[nodiscard]] bool accepting() const noexcept override { return accepting_.load(std::memory_order_relaxed); }
  [[nodiscard]] Sequence durable_end() const noexcept override {
    return Sequence{durable_end_.load(std::memory_order_acquire)};
  }
  // RetentionPin
  void keep_from(Sequence floor) noexcept override;
  Sequence hold() noexcept override;
  // JournalReader
  void add_reader(queue::Doorbell& bell) override { backlog_.add_reader(bell); }
  [[nodiscard]] bool take(Ref& out) noexcept override { return backlog_.take(out); }
  [[nodiscard]] bool take_fresh(Ref& out) noexcept override { return backlog_.take_fresh(out); }
  [[nodiscard]] double fresh_demand() const noexcept override { return backlog_.demand(); }
  void give_fresh(bool wanted) noexcept override { fresh_wanted_.store(wanted, std::memory_order_relaxed); }
  [[nodiscard]] bool take_routed(WayId way, Ref& out) noexcept override { return routes_.take(way, out); }
  [[nodiscard]] std::size_t ways() const noexcept override { return routes_.ways(); }
  [[nodiscard]] Way way(WayId way) const override { return way == 0 ? Way{} : routes_.way(way); }
  [[nodiscard]] Status read(const Ref& ref, std::string& payload) const override;
  [[nodiscard]] Status append_request(const Ref& ref, std::string& attributes, std::string& text) const override;
  [[nodiscard]] Status append(const Ref& ref, std::string& text) const override;
  [[nodiscard]] bool rest_is_readable(const Ref& ref) const override;
  std::uint64_t acknowledge(std::span<const Ack> done) override;
  void lost(const Ref& ref, std::string_view why) override;
  // History
  Status visit(const std::function<bool(Sequence, std::string_view attributes)>& visit) const override;
  // JournalTailer
  [[nodiscard]] std::uint64_t journal() const noexcept override { return id_; }
  void attach_tailer(queue::Doorbell& durable, queue::Doorbell& filled) override;
  Sequence begin(Sequence from) override;
  Status read_on(std::size_t most, const std::function<void(const TailedRecord&)>& visit, TailProgress& turn) override {
    return tailer_.read_on(durable_end(), most, visit, turn);
  }
  std::uint64_t skip_segment() override { return tailer_.skip_segment(durable_end()); }
  void unpin(Sequence floor) noexcept override;

  // Any thread.
  [[nodiscard]] Snapshot snapshot() const;
  // Those of [first, end) that are not acknowledged: the first `most` ranges. Any thread.
  [[nodiscard]] std::vector<SequenceRange> open_among(Sequence first, Sequence end, std::size_t most) const;
  // Time of receipt of the oldest record that is not acknowledged; none where there is none. Reads up to a segment's
  // headers.
  [[nodiscard]] std::optional<WallTime> oldest() const;

 private:
  struct Progress {
    CursorState state;
    Cursor cursor;
    log::LogThrottle failures;
  };
  // Why acknowledged segments go; in need of room the tailer must give way.
  enum class ReclaimPurpose : std::uint8_t {
    kTidiness,  // what nobody needs
    kOneMore,   // that, and where it gives no room the oldest acknowledged one
    kCapacity,  // all that is acknowledged
  };
  enum class Commit : std::uint8_t { kDone, kNoCapacity, kFailed };
  // Up to where the open segment was synced, under journal.sync: interval.
  struct Synced {
    std::uint64_t offset = 0;
    Sequence next;               // of the first record behind
    std::uint64_t appended = 0;  // bytes of all before that
  };
  // What keeps it from taking records, as snapshot() tells it.
  struct Issue {
    Condition condition = Condition::kNone;
    std::string text;
  };
  // Durable records that may not be on the disk: those of a segment behind `from`.
  struct UnsyncedTail {
    std::shared_ptr<Segment> segment;
    Synced from;
    std::uint32_t tries = 0;
  };

  Journal(const Settings& settings, fs::FileSystem& fs, std::unique_ptr<fs::Lock> lock,
          std::unique_ptr<Quarantine> quarantine, Recovered recovered, metrics::Registry& registry, const Clock& clock);
  [[nodiscard]] Backlog::Hooks backlog_hooks();
  [[nodiscard]] RouteBacklog::Hooks route_hooks();
  void run(const std::stop_token& stop);

  // Journal thread.
  [[nodiscard]] bool pop(std::unique_ptr<Batch>& batch);
  void collect(MonoTime now);
  // group_commit.cc
  [[nodiscard]] bool gathers(MonoTime now) const;
  [[nodiscard]] bool write_ahead();
  [[nodiscard]] Commit commit();
  void seal_group();
  [[nodiscard]] Status write_group(std::size_t batches);
  [[nodiscard]] Status sync_group();
  void publish_group(std::size_t batches);
  void note_end();
  void complete_group(std::size_t batches, CommitResult outcome);
  void refuse_all(CommitResult outcome);
  void leave_segment(bool failed);
  // unsynced_tail.cc
  void sync_if_due(MonoTime now);
  [[nodiscard]] bool sync_segment();
  void note_synced();
  [[nodiscard]] Commit rewrite();
  // file_presence.cc
  [[nodiscard]] bool files_are_there() const;
  [[nodiscard]] Status find_files();
  void look_after_files(MonoTime now);
  [[nodiscard]] bool make_files_anew();
  [[nodiscard]] Status renew_lock();
  [[nodiscard]] Status rescue_segments();
  [[nodiscard]] Status renew_state();
  // acknowledging.cc
  void acknowledge_passed_over();
  void save_cursor(MonoTime now);
  void persist_cursor();
  bool persist_acks_below(Sequence end);
  void recycle(ReclaimPurpose purpose);
  [[nodiscard]] Sequence needed_from() const;
  void reclaim(Sequence floor);
  void say_ledger_lost(Sequence oldest);
  // compaction.cc
  [[nodiscard]] Compactor::Hooks compactor_hooks();
  [[nodiscard]] std::optional<std::vector<SequenceRange>> open_on_disk(Sequence first, Sequence end);
  // More than twice the open bytes and so many segments.
  [[nodiscard]] bool holds_too_much(std::uint64_t segments) const;
  [[nodiscard]] SegmentReaders segment_readers() const;
  bool compact(MonoTime now, std::uint64_t appended);
  [[nodiscard]] bool compact_for_capacity(bool ledger_gives_way);
  [[nodiscard]] Compactor::Turn compaction_turn(std::uint64_t bytes, const Compactor::Scope& scope);
  void note_compacted();
  // capacity.cc
  [[nodiscard]] Commit open_segment();
  [[nodiscard]] Commit make_capacity_for_segment();
  [[nodiscard]] bool capacity_came() const;
  [[nodiscard]] bool crowded() const;
  void on_no_capacity(MonoTime now);
  void on_failure(MonoTime now);
  [[nodiscard]] bool may_accept_again(MonoTime now);
  [[nodiscard]] bool drop_oldest();
  void fail_with(const Error& error);
  void fail_with(Condition condition, const Error& error);
  void set_issue(Condition condition, std::string text);
  void clear_issue();
  // Any thread. acknowledging.cc, record_reads.cc
  [[nodiscard]] Issue issue() const;
  [[nodiscard]] std::uint64_t open_bytes() const;
  [[nodiscard]] std::uint64_t open_bytes(const Progress& progress) const;
  [[nodiscard]] std::uint64_t backlog_records(const Progress& progress) const;
  [[nodiscard]] Sequence keep_to_persist() const;
  void lose(Sequence first, Sequence end, std::uint64_t bytes, const Place& place, std::string_view why);
  void note_acked_before(Sequence first, Sequence end);
  void note_progress();
  struct RecordPlace {
    std::shared_ptr<const Segment> segment;
    std::shared_ptr<const fs::File> file;
    std::uint64_t offset = 0;
  };
  [[nodiscard]] Result<RecordPlace> place_of(const Ref& ref) const;
  [[nodiscard]] static Result<RecordPlace> place_in(const std::shared_ptr<Segment>& segment,
                                                    const Segments::Entry& entry, Sequence sequence);
  [[nodiscard]] Status append_behind(const Ref& ref, std::string& text, std::string* attributes) const;
  [[nodiscard]] Status read_behind(std::size_t front, const Ref& ref, std::string& text, std::string* attributes) const;
  void collect_gauges();

  const Settings settings_;
  fs::FileSystem& fs_;
  const Clock& clock_;
  std::unique_ptr<fs::Lock> lock_;  // journal thread once it runs
  const std::uint64_t id_;
  const std::unique_ptr<Quarantine> quarantine_;
  const Sequence recovered_end_;  // sequences from here on were given by this process

  // Their own synchronisation.
  queue::Ring<std::unique_ptr<Batch>> ring_{JournalWriter::kRingCapacity};
  queue::Sleeper sleeper_;
  queue::Doorbell bell_;
  Segments segments_;
  Backlog backlog_;
  RouteBacklog routes_;
  SegmentTailer tailer_;  // its own thread's, but for the table of segments
  mutable LockGuarded<Progress> progress_;
  LockGuarded<Issue> issue_;
  std::atomic<bool> accepting_ = true;
  std::atomic<std::uint64_t> turns_ = 0;          // journal writes; a sign of life and no more, hence relaxed
  std::atomic<std::uint64_t> dropped_below_ = 0;  // sequence; journal writes, readers may be late: hence relaxed
  std::atomic<bool> fresh_wanted_ = false;        // delivery writes; a wish that may be late, hence relaxed
  std::atomic<bool> wants_capacity_ =
      false;  // journal sets, acknowledge() clears: wake the journal, something was acknowledged
  std::atomic<bool> cursor_changed_ = false;      // acknowledge() sets, journal clears when it saves
  std::atomic<std::uint64_t> durable_end_;        // one past the last durable sequence; journal writes
  std::atomic<std::uint64_t> appended_;           // bytes of all durable records; journal writes
  const Sequence history_from_;                   // the floor that the last run left behind
  std::atomic<std::uint64_t> keep_from_;          // the spool's thread writes, others read
  std::atomic<std::uint64_t> tail_from_ = ~0ULL;  // the tailer's thread writes, journal reads; ~0: nobody follows
  queue::Doorbell* durable_bell_ = nullptr;       // constant once threads run
  queue::Doorbell* filled_bell_ = nullptr;

  metrics::Histogram commit_seconds_;
  metrics::Counter dropped_full_;
  metrics::Counter dropped_damaged_;
  metrics::Counter dropped_sampled_out_;
  metrics::Gauge backlog_records_;
  metrics::Gauge backlog_bytes_;
  metrics::Gauge backlog_oldest_;
  metrics::Gauge journal_bytes_;

  // Journal thread only.
  EndMarkFile end_;
  std::vector<std::unique_ptr<Batch>> group_;
  std::size_t group_size_ = 0;
  MonoTime group_since_{};       // its first batch came
  std::size_t written_ = 0;      // batches of it that are in segment_, behind offset_, and not synced
  bool waits_for_more_ = false;  // it waits for others, not for room
  bool closing_ = false;         // nothing waits for others any more
  std::unique_ptr<Batch> held_;  // does not fit behind the group: the next one
  std::shared_ptr<Segment> segment_;
  std::uint64_t offset_ = 0;  // end of the last good group in segment_
  std::vector<fs::ConstBytes> parts_;
  MonoTime retry_at_{};
  MonoTime reopen_at_{};    // while not accepting: not before
  bool disk_full_ = false;  // of the last failure
  bool pressed_ = false;    // a group waits for room or for the disk
  MonoTime save_at_ = MonoTime::max();
  Synced synced_;
  std::optional<UnsyncedTail> unsynced_;  // then no segment is open
  MonoTime unsynced_retry_at_{};          // not before
  MonoTime sync_at_ = MonoTime::max();    // another time only while segment_ has groups that are not synced
  log::LogThrottle cursor_gate_;
  log::LogThrottle tail_throttle_;
  log::LogThrottle full_gate_;
  bool issue_said_ = false;
  log::LogThrottle drop_gate_;
  std::uint64_t dropped_unsaid_ = 0;
  std::optional<EndMark> mark_;  // of what this run wrote
  log::LogThrottle end_gate_;
  bool save_failed_ = false;
  AckedSet saved_{Sequence{0}};  // all that the cursor on disk says is acknowledged
  Compactor compactor_;
  MonoTime compact_at_{};               // not before
  std::shared_ptr<Segment> last_open_;  // while removed_: nobody else may hold it open
  bool removed_ = false;                // files of the journal are gone, and not made anew yet
  log::LogThrottle removed_gate_;
  MonoTime look_at_{};  // when to look for them by their names
  log::LogThrottle compaction_gate_;
  MonoTime refill_at_{};  // where the backlog could not be read
  log::LogThrottle unknown_gate_;

  bool stopped_ = false;  // main thread
  std::jthread thread_;
};

}  // namespace respand::journal
