#pragma once
// Spool: takes the files of the spool directory into the journal, each exactly once, and removes them (contract,
// section 4). App makes one and starts it; it runs on its own thread, `spool`, because it reads whole files, unpacks
// and syncs a directory. That thread waits only in poll(), for the directory, for committed batches, for stop().
//
// Exactly once: every record carries its file's identity and its number in the file (spool_origin.h). A file is removed
// when all its records are durable and what was refused is kept; the journal keeps the evidence (RetentionPin)
// until the removal is synced. A start reads the evidence back and takes only what is missing. A writer that only
// appends loses nothing and nothing is taken twice: a file that changed while it was read stays, what was taken of it
// is remembered by number, and it is read on when it is ready again. One that was rewritten in place is noticed
// (SpoolTaken::sum) and taken anew.
//
// Finished: a file that somebody has open for writing is not, however long he pauses. The kernel says so where it can
// (writers_of()), else the notices do for files that were made while they were listened to; of others it is only known
// whether they have lain untouched for `commit`. It is asked before a file is read and again before it is removed.

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "ingest/counters.h"
#include "ingest/record_encoder.h"
#include "ingest/spool_check.h"
#include "ingest/spool_directory.h"
#include "ingest/spool_fault.h"
#include "ingest/spool_file.h"
#include "ingest/spool_queue.h"
#include "ingest/spool_waiting.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/base/mutex.h"
#include "respand/base/random.h"
#include "respand/journal/reader.h"
#include "respand/journal/retention_pin.h"
#include "respand/journal/writer.h"
#include "respand/metrics/metrics.h"

namespace respand::ingest {

class Spool final : public journal::Producer {
 public:
  // Files open at once: enough that small ones share a commit, few enough for the usual limit of 1,024 descriptors.
  static constexpr std::size_t kMaxOpenFiles = 256;
  // Encoded bytes on their way to the journal; one record may go over it.
  static constexpr std::size_t kMaxBytes = 8U << 20;
  // Work of one step, in bytes read: a stop waits no longer than this takes.
  static constexpr std::uint64_t kStepBytes = 1U << 20;
  // Bytes read of a file before others have a turn.
  static constexpr std::uint64_t kTurn = 1U << 20;
  // Files that are being read beside the one whose turn it is: each may need the memory of a record, and of a window.
  static constexpr std::size_t kMaxLarge = 3;
  // What the notices miss (another host's writes on a network file system) is found this late.
  static constexpr Duration kScanInterval = std::chrono::seconds{30};
  // After kFull, a full ring or a failed sync.
  static constexpr Duration kRetryInterval = std::chrono::seconds{1};
  // After a file could not be taken to its end for a reason that only somebody's hand ends: it is read anew each time.
  static constexpr Duration kLongInterval = std::chrono::minutes{5};
  // After a file could not be read, or its rejects could not be written.
  static constexpr Duration kIssueInterval = std::chrono::seconds{30};
  // After the directory could not be opened.
  static constexpr Duration kOpenInterval = std::chrono::seconds{5};
  // A directory that can't be opened for so long is given up for now: the journal can't keep the evidence of what was
  // taken from it for ever. Of files that a kill had left half taken, records may then be taken twice when it is back.
  static constexpr Duration kEvidenceWait = std::chrono::minutes{10};

  struct Settings {
    std::string directory;
    Duration quiet_period = std::chrono::seconds{1};
    Bytes rejected_max_size = mebibytes(256);
    RecordEncoder::Settings encoder;
    std::shared_ptr<const record::Rules> rules = nullptr;  // null: records stay as they are
    std::string key{};  // the name of that under which its records go out; empty: the configuration's
    SpoolCalls calls = kernel_calls();
  };

  // All but `settings` is borrowed and must outlive the Spool.
  Spool(Settings settings, journal::JournalWriter& intake, journal::RetentionPin& evidence,
        const journal::AttributeScan& history, metrics::Registry& registry, const Clock& clock);
  // Stops. Requires: every batch is committed, or the journal will commit none any more.
  ~Spool() override;

  // Opens the directory: a clear error where it is missing, not writable or in use. The thread does it too, again and
  // again until it succeeds.
  [[nodiscard]] Status open();
  // Starts the thread. An error where the system gives no descriptor for it.
  [[nodiscard]] Status start();
  // From the next turn on records are changed by these. Any thread.
  void reconfigure(std::shared_ptr<const record::Rules> rules, std::string key);
  // What it could not do for want of the disk, a little while ago. Any thread.
  [[nodiscard]] SpoolIssue current_issue() const;
  // What is wrong with the directory, and which files wait in it. Any thread.
  struct State {
    std::vector<SpoolProblem> problems{};
    SpoolWaiters waiting{};
    std::uint64_t rejects_removed = 0;  // files in rejected/ that went for the sake of newer ones
  };
  [[nodiscard]] State state() const {
    return state_.with([](const State& state) { return state; });
  }
  // Ends the thread, soon even amid a huge file: what was not taken yet is taken after the next start. Idempotent.
  void stop();

  // One turn of the thread's loop; returns when it wants to run again if nothing wakes it. Tests call it instead of
  // start().
  [[nodiscard]] MonoTime step();

  // The journal's thread.
  void committed(std::unique_ptr<journal::Batch> batch, journal::CommitResult outcome) noexcept override;

 private:
  struct Entry {
    SpoolFile* file;
    std::uint64_t ordinal;
    std::uint32_t crc;
    std::uint32_t size;
  };
  struct InFlightBatch {                    // a batch and what is in it
    std::unique_ptr<journal::Batch> batch;  // null while the journal has it
    std::vector<Entry> entries{};
    std::size_t bytes = 0;
  };
  struct CommittedBatch {
    std::unique_ptr<journal::Batch> batch;
    journal::CommitResult outcome;
  };
  // What a line stands for.
  struct Replayed {
    std::string_view body{};  // until the next one
    ApiRoute route = ApiRoute::kRecords;
    std::optional<std::string_view> key{};  // its name; nothing: by the rules
    std::string_view content_type{};
    std::string query{};
    std::string headers{};
  };

  // spool.cc: the loop, the directory
  void run(const std::stop_token& stop);
  void wait(MonoTime until);
  [[nodiscard]] MonoTime next_wake() const;
  [[nodiscard]] bool load(MonoTime now);
  void hear(MonoTime now);
  [[nodiscard]] bool scan(MonoTime now);
  void begin_scan(MonoTime now);
  void see(const std::string& name, MonoTime now);
  void end_scan(MonoTime now, bool whole);
  [[nodiscard]] Duration age(const SpoolStamp& stamp) const;
  [[nodiscard]] bool open_again(MonoTime now);

  // spool_report.cc: what status, metrics and the log say
  void look_for_problems();
  void note(const std::string& name, const SpoolLook& look);
  [[nodiscard]] WallTime since(const SpoolStamp& stamp) const;
  void tell(MonoTime now);
  void issue(SpoolFault fault, std::string_view name, const Error& error, MonoTime now);

  // spool_ingest.cc: from files to batches
  [[nodiscard]] bool take(MonoTime now);
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] bool next_turn(MonoTime now);
  void end_turn();
  void call_put_off(MonoTime now);
  [[nodiscard]] bool open_next(MonoTime now);
  [[nodiscard]] bool begin_file(const SpoolQueue::Due& due, SpoolOpened opened, MonoTime now);
  void read_from_start(SpoolFile& file);
  [[nodiscard]] std::uint64_t advance(MonoTime now);
  void take_event(SpoolFile& file, SpoolReader::Event event, MonoTime now);
  void prove_event(SpoolFile& file, SpoolReader::Event event, MonoTime now);
  void take_record(SpoolFile& file, MonoTime now);
  [[nodiscard]] Replayed replayed_in(const SpoolFile& file);
  void append(SpoolFile& file, const Replayed& line, const record::RecordFields& fields);
  void refuse(SpoolFile& file, const record::Refusal& refusal, MonoTime now);
  void keep_raw(SpoolFile& file, const SpoolReader::Raw& raw, MonoTime now);
  void cant_keep(SpoolFile& file, const Error& error, MonoTime now);
  void end_file(SpoolFile& file, MonoTime now);
  void failed(SpoolFile& file, int os_error_number, MonoTime now);
  void again(SpoolFile& file, Duration delay);

  // spool_commit.cc: from committed batches to finished files
  void offer(MonoTime now);
  void send(InFlightBatch flight, MonoTime now);
  void offer_refused(MonoTime now);
  void take_committed(MonoTime now);
  void durable(InFlightBatch& flight, Sequence first);
  void finish(MonoTime now);
  void count_refused(const SpoolFile& file);
  void put_back(SpoolFile& file, MonoTime now);
  void release(SpoolFile& file);
  void forget(SpoolFile& file);
  void raise_floor();

  // spool_remove.cc: from finished files to removed ones
  enum class Claim : std::uint8_t {
    kOurs,     // it has a name that nobody else knows, and nobody writes to it
    kOpen,     // somebody has it open for writing
    kGone,     // somebody else removed or renamed it, or put another file in its place
    kRefused,  // the operating system does not let it be renamed
  };
  void finish_file(SpoolFile& file, MonoTime now);
  [[nodiscard]] Claim claim(SpoolFile& file, MonoTime now);
  [[nodiscard]] bool claimed(SpoolFile& file, MonoTime now);
  void remove_file(SpoolFile& file, MonoTime now);
  [[nodiscard]] bool unchanged(SpoolFile& file);
  enum class Kept : std::uint8_t { kNo, kCopied, kMoved };
  [[nodiscard]] Kept publish_rejects(SpoolFile& file, MonoTime now);
  void stay(SpoolFile& file, MonoTime now);
  void sync_removed(MonoTime now);
  void stay_a_while(SpoolFile& file, MonoTime now);
  void linger(MonoTime now);

  const Settings settings_;
  journal::JournalWriter& intake_;
  journal::RetentionPin& evidence_;
  const journal::AttributeScan& history_;
  const Clock& clock_;
  metrics::Registry& registry_;
  const Counters counters_;
  const std::vector<metrics::Gauge> waiting_gauges_;  // by SpoolWait

  // Their own synchronisation.
  LockGuarded<std::optional<RulesInForce>> new_rules_;  // reconfigure() puts in, the spool's thread takes out
  LockGuarded<std::vector<CommittedBatch>> inbox_;      // the journal's thread puts in, the spool's takes out
  std::atomic<bool> stopping_ = false;                  // stop() sets, the spool's thread reads; guards no data
  UniqueFd wake_;                                       // an eventfd

  // Spool thread only.
  RecordEncoder encoder_;
  std::string unpacked_;  // of the line at hand
  SpoolDirectory directory_;
  SpoolRejected rejected_;
  SpoolQueue queue_;
  std::map<SpoolFileId, SpoolFile> files_;  // in hand, or known from the journal; addresses hold
  std::size_t open_ = 0;                    // of files_, those with a descriptor
  SpoolFile* active_ = nullptr;             // the one whose turn it is to be read
  std::uint64_t turn_ = 0;                  // bytes read of it in this turn
  bool turn_of_large_ = false;              // it has had a turn before
  std::deque<SpoolFile*> large_;            // the others that are being read: each has had a turn
  std::set<std::string> put_off_;           // names of those that had to give way to them
  std::uint64_t new_work_ = 0;            // bytes read of files in their first turn, since the last turn of a large one
  std::optional<InFlightBatch> current_;  // being filled
  std::deque<InFlightBatch> flights_;     // with the journal, in the order of offers
  std::deque<InFlightBatch> refused_;     // to be offered again
  std::size_t bytes_ = 0;                 // of all three
  std::vector<CommittedBatch> committed_;
  std::vector<SpoolFile*> done_;  // nothing of them is on its way, and they wait for that
  std::vector<SpoolFile*> removed_;
  std::vector<SpoolFile*> lingering_;
  bool loaded_ = false;  // the journal was asked what it holds
  bool journal_stopped_ = false;
  bool scanning_ = false;
  std::uint64_t scan_ = 0;  // number of the current or last listing
  MonoTime scan_at_{};
  MonoTime load_at_{};
  MonoTime retry_at_ = MonoTime::max();
  MonoTime sync_at_ = MonoTime::max();
  Sequence bound_;     // nothing that is on its way has a sequence below
  Sequence floor_;     // given to evidence_.keep_from()
  bool holds_ = true;  // the journal keeps what it has from floor_ on; else nothing is needed
  std::uint32_t claims_ = static_cast<std::uint32_t>(entropy());  // the number in the next name of the spool's own
  MonoTime open_at_{};
  MonoTime give_up_at_ = MonoTime::max();
  SpoolWaiting waiting_;
  SpoolWaiters waiters_;      // as they were told last
  std::string waiting_said_;  // the last line of the log
  MonoTime say_at_{};
  MonoTime say_again_at_{};
  log::LogThrottle issue_throttle_{std::chrono::minutes{1}};
  struct Said {
    SpoolIssue issue;
    MonoTime until{};
  };
  LockGuarded<Said> said_;    // written by the spool's thread
  LockGuarded<State> state_;  // and so is this

  std::jthread thread_;
};

}  // namespace respand::ingest
