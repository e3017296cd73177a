#pragma once
// WorkerContext: what a worker shares with the others and with the journal. All of it is borrowed for the worker's
// life. Made by Delivery before threads start; Worker hands each of its parts what that part needs.

#include "delivery/batch_builder.h"
#include "delivery/dead_letters.h"
#include "delivery/give_up_requests.h"
#include "delivery/refusal_run.h"
#include "delivery/routes.h"
#include "delivery/stuck_records.h"
#include "delivery/tap.h"
#include "delivery/upstream_gate.h"
#include "respand/base/clock.h"
#include "respand/journal/reader.h"
#include "respand/metrics/metrics.h"

namespace respand::delivery {

struct WorkerContext {
  journal::JournalReader& journal;
  UpstreamGate& upstream;
  DeadLetters& dead_letters;
  RefusalRun& refusals;
  StuckRecords& stuck;
  GiveUpRequests& give_ups;
  metrics::Registry& registry;
  const Clock& clock;
  Batching* batching = nullptr;  // null: one POST a record
  Tap* tap = nullptr;            // null: nobody watches
  Routes* routes = nullptr;      // null: what is for other routes than that of records stays where it is
};

}  // namespace respand::delivery
