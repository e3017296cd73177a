#pragma once
// RefusedRecords: the records of one turn that go to the dead letters. All letters are appended with one call, then the
// records are acknowledged: nothing is acknowledged before its dead letter is synced. Used by RecordOutcomes, on its
// worker's thread.

#include <string>
#include <string_view>
#include <vector>

#include "delivery/counters.h"
#include "delivery/dead_letters.h"
#include "delivery/give_up_requests.h"
#include "delivery/payload_pool.h"
#include "delivery/request_body.h"
#include "delivery/retry_queue.h"
#include "delivery/stuck_records.h"
#include "delivery/worker_context.h"
#include "respand/http/client.h"
#include "respand/journal/reader.h"

namespace respand::delivery {

class RefusedRecords {
 public:
  RefusedRecords(const WorkerContext& context, Counters& counters, PayloadPool& payloads)
      : journal_(context.journal),
        dead_letters_(context.dead_letters),
        give_ups_(context.give_ups),
        stuck_(context.stuck),
        counters_(counters),
        payloads_(payloads) {}

  // A record for the next write(). `key`: the name of its key. Takes what it needs out of the answer.
  void add(Record record, DeadLetterCause cause, std::string_view key, http::Answer& answer, Envelope envelope);
  // Writes the dead letters and acknowledges their records. Returns the records that could not be written, which stay
  // unacknowledged: their bytes are in the journal only.
  [[nodiscard]] std::vector<Record> write();
  [[nodiscard]] bool empty() const { return records_.empty(); }

 private:
  void acknowledge();

  journal::JournalReader& journal_;
  DeadLetters& dead_letters_;
  GiveUpRequests& give_ups_;
  StuckRecords& stuck_;
  Counters& counters_;
  PayloadPool& payloads_;
  std::vector<Record> records_;
  std::vector<DeadLetter> letters_;  // of records_, one each
  std::vector<journal::Ack> acks_;   // memory for acknowledge()
};

}  // namespace respand::delivery
