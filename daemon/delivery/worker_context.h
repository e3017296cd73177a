#pragma once
// WorkerContext: what a worker shares with the other workers and with the journal, all borrowed for the worker's life.
// Made by Delivery before threads start; Worker gives each of its parts what that part needs.

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
  Batching* batching = nullptr;  // null: each record is posted alone
  Tap* tap = nullptr;            // null: nobody can watch
  Routes* routes = nullptr;      // null: only the route of records is served; other bodies stay in the journal
};

}  // namespace respand::delivery
