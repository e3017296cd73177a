#pragma once
// DeadLetters: where records go that the API refuses for good, or that became too old. One NDJSON file a day (UTC) in
// one folder, each line an object: time, sequence, reason, status, answer, attempts, what says how it was posted,
// record. Written and synced before the record is acknowledged in the journal; so a crash in between leaves a second
// line with the same sequence, never none. Shared by the workers: one mutex, held over the write and its fdatasync,
// because lines of two workers must not mix. A program that removes or rewrites files in the folder holds the lock file
// (kLockFile) while it does; an append that finds it locked fails and is tried again.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "respand/base/api_route.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/base/mutex.h"
#include "respand/base/result.h"
#include "respand/base/units.h"
#include "respand/fs/file_system.h"

namespace respand::delivery {

// Why a record is not tried any more.
enum class DeadLetterCause : std::uint8_t {
  kRefused,    // by the API, with its status
  kExpired,    // it is older than delivery.retry.max_age
  kExhausted,  // it failed delivery.retry.max_attempts times
  kByHand,     // an operator has given it up
  kTooLarge,   // no message to the NATS cluster can carry it
};
// How files, metrics and answers name it: the status of a refusal, or "expired", "exhausted", "by_hand", "too_large".
[[nodiscard]] std::string reason_of(DeadLetterCause cause, int status);

struct DeadLetter {
  Sequence sequence;
  DeadLetterCause cause = DeadLetterCause::kRefused;
  int status = 0;      // 0: the last attempt brought no answer
  std::string answer;  // the API's words, or what failed; kept up to kMaxAnswer
  std::uint32_t attempts = 0;
  std::string record;                   // JSON as it was posted
  std::string message = {};             // what is wrong, in the API's own words, where the answer says it
  ApiRoute route = ApiRoute::kRecords;  // where it was posted
  bool protobuf = false;                // `record` is no JSON: kept as {"base64":"…"}
  std::string key = {};                 // the name of the key that it was posted with; empty: the configuration's
  std::string query = {};               // what stood behind the question mark of the route
  std::string headers = {};             // that were posted with it: whole lines in UTF-8, each with its "\r\n"
};

class DeadLetters {
 public:
  static constexpr std::string_view kLockFile = ".lock";
  // Bytes of the API's answer that are kept: it says what is wrong in its first line.
  static constexpr std::size_t kMaxAnswer = 4096;

  // So many reasons are counted apart; all others count as "other".
  static constexpr std::size_t kMostReasons = 32;

  // The letters of one reason since the start.
  struct Reason {
    std::string reason;  // as reason_of() writes it, or "other"
    std::uint64_t letters = 0;
    std::string message{};  // of the last of them, in the API's words; may be empty
    WallTime last{};
  };
  struct Settings {
    std::string directory;
    Bytes max_size = gibibytes(1);  // all files together
  };
  // Why the last append failed.
  enum class Condition : std::uint8_t {
    kNone,      // it succeeded
    kFull,      // dead_letters.max_size is reached
    kDiskFull,  // the disk or a quota has no room
    kNoInodes,  // the disk has room, but not for another file
    kFailed,    // anything else
  };
  struct State {
    Condition condition = Condition::kNone;
    std::string issue;          // the condition in words; empty: none
    Bytes size;                 // as far as known: measured at the first append and when the limit is met
    std::uint64_t letters = 0;  // written since the start
    std::string last_reason;    // of the last of them: "422: Validation error"
    WallTime last_time{};
    std::vector<Reason> reasons;  // those written since the start, most first
  };

  // `fs` and `clock` are borrowed for the object's life.
  DeadLetters(Settings settings, fs::FileSystem& fs, const Clock& clock);

  // Makes the folder. A failure need not keep the daemon from starting: each append tries it again.
  [[nodiscard]] Status prepare() EXCLUDES(mutex_);
  // When it returns success, all letters are on the disk and found after a power cut. After a failure none counts as
  // written, though a line may be there. Blanks raw line ends in `record`, which JSON does not need. Requires: letters
  // not empty.
  [[nodiscard]] Status append(std::span<DeadLetter> letters) EXCLUDES(mutex_);
  [[nodiscard]] State state() const EXCLUDES(mutex_);
  // Replaces Settings::max_size from now on.
  void set_most(Bytes max_size) EXCLUDES(mutex_);

 private:
  [[nodiscard]] Status make_folder() REQUIRES(mutex_);
  [[nodiscard]] Status write(std::span<DeadLetter> letters) REQUIRES(mutex_);
  [[nodiscard]] Status write_lines(const std::string& path, const std::vector<std::string>& heads,
                                   std::span<const DeadLetter> letters) REQUIRES(mutex_);
  [[nodiscard]] Status sync(fs::File& file, const std::string& path, bool fresh) REQUIRES(mutex_);
  [[nodiscard]] Status make_room(std::uint64_t bytes) REQUIRES(mutex_);
  [[nodiscard]] Result<std::uint64_t> measure() REQUIRES(mutex_);
  [[nodiscard]] bool waits_for_its_turn(const Error& failure) REQUIRES(mutex_);
  void note(std::span<const DeadLetter> letters) REQUIRES(mutex_);
  void count_reason(const DeadLetter& letter) REQUIRES(mutex_);

  const Settings settings_;
  fs::FileSystem& fs_;
  const Clock& clock_;

  mutable Mutex mutex_;
  Bytes most_ GUARDED_BY(mutex_);
  bool folder_made_ GUARDED_BY(mutex_) = false;
  bool measured_ GUARDED_BY(mutex_) = false;
  std::uint64_t size_ GUARDED_BY(mutex_) = 0;
  std::string named_ GUARDED_BY(mutex_);    // the file whose directory entry is known to be durable
  bool untidy_ GUARDED_BY(mutex_) = false;  // a failed append may have left something at the end of the file
  Condition condition_ GUARDED_BY(mutex_) = Condition::kNone;
  std::string issue_ GUARDED_BY(mutex_);
  MonoTime locked_since_ GUARDED_BY(mutex_){};  // by another process; 0: not
  log::LogThrottle gate_ GUARDED_BY(mutex_);
  std::uint64_t letters_ GUARDED_BY(mutex_) = 0;
  std::uint64_t said_ GUARDED_BY(mutex_) = 0;  // of these, those that the log has heard of
  std::string last_reason_ GUARDED_BY(mutex_);
  WallTime last_time_ GUARDED_BY(mutex_){};
  std::vector<Reason> reasons_ GUARDED_BY(mutex_);
  log::LogThrottle news_gate_ GUARDED_BY(mutex_);
};

}  // namespace respand::delivery
