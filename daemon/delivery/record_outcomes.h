#pragma once
// RecordOutcomes: decides what becomes of a record after an attempt: it is acknowledged, waits for another try, or goes
// to the dead letters. flush() ends a turn: it acknowledges all that was delivered with one call and appends all dead
// letters with one. Nothing is acknowledged before it is delivered or its dead letter is synced. Its worker's thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/backoff.h"
#include "delivery/counters.h"
#include "delivery/payload_pool.h"
#include "delivery/refused_records.h"
#include "delivery/request_body.h"
#include "delivery/route_lanes.h"
#include "delivery/worker_context.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/base/random.h"
#include "respand/base/result.h"
#include "respand/http/client.h"

namespace respand::delivery {

class RecordOutcomes {
 public:
  // A record counts as lost after so many failed reads over so long a time, if the rest of its segment can be read:
  // otherwise it would keep its segment, and the room of that, for ever. The time is long enough for a disk that is
  // away and comes back.
  static constexpr std::uint32_t kReadPatience = 10;
  static constexpr Duration kReadGrace = std::chrono::minutes{15};
  // A fresh record that has failed so often goes over to the backlog with its next try.
  static constexpr std::uint32_t kFreshTries = 4;

  // All but `retry` borrowed for the object's life. `seed`: of the jitter.
  RecordOutcomes(const WorkerContext& context, RouteLanes& lanes, Counters& counters, PayloadPool& payloads,
                 const Retry& retry, std::uint64_t seed);

  // Replaces `retry` from now on.
  void reconfigure(const Retry& retry) { retry_ = retry; }
  [[nodiscard]] const StatusOverrides& statuses() const { return retry_.statuses; }

  // The API has it.
  void delivered(const Record& record);
  // An attempt has failed for a reason of the moment: the record is tried again, or given up.
  void failed(Record record, http::Answer& answer, Envelope envelope, MonoTime now);
  // The upstream is wrong, not the record: it is tried again, unless an operator has given it up.
  void upstream_wrong(Record record, http::Answer& answer, Envelope envelope, MonoTime now);
  // The record goes to the dead letters at the end of the turn.
  void refuse(Record record, DeadLetterCause cause, http::Answer& answer, Envelope envelope);
  // It could not be read from the journal: it is tried again, or counted as lost.
  void unreadable(Record record, const Error& error, MonoTime now);

  // Why a record that failed is not tried again; nothing where it is.
  [[nodiscard]] std::optional<DeadLetterCause> give_up_cause(const Record& record, const http::Answer& answer) const;
  // How long a record is left alone that has failed so often before.
  [[nodiscard]] Duration backoff(std::uint32_t step) { return full_jitter(retry_.initial, retry_.max, step, random_); }
  // Notes that a record failed and will be tried again, for the metrics and the list of stuck records.
  void note_failure(Record& record, const http::Answer& answer);

  // The end of a turn.
  void flush(MonoTime now);

 private:
  [[nodiscard]] bool expired(const Record& record) const;
  void schedule_retry(Record record, MonoTime now);
  void retry_rate_limited(Record record, MonoTime now);
  [[nodiscard]] bool is_lost(Record& record, const Error& error, MonoTime now);

  journal::JournalReader& journal_;
  StuckRecords& stuck_;
  GiveUpRequests& give_ups_;
  const Clock& clock_;
  RouteLanes& lanes_;
  Counters& counters_;
  Retry retry_;
  SeededRandom random_;
  std::vector<journal::Ack> delivered_;  // since the last flush()
  RefusedRecords refused_;
  log::LogThrottle unreadable_throttle_;
};

}  // namespace respand::delivery
