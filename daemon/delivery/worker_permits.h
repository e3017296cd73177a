#pragma once
// WorkerPermits: one worker's side of the upstream gates: asks them how many requests may begin, and frees the slots of
// those that were answered. Its worker's thread.

#include <cstdint>
#include <utility>
#include <vector>

#include "delivery/target_inbox.h"
#include "delivery/upstream_gate.h"
#include "respand/http/client.h"

namespace respand::delivery {

class WorkerPermits {
 public:
  // `worker`: its number at the gates. The others are borrowed for the object's life.
  WorkerPermits(std::uint32_t worker, const http::Client& client, TargetInbox& inbox)
      : worker_(worker), client_(client), inbox_(inbox) {}

  // How many more requests the client can have in flight.
  [[nodiscard]] std::uint32_t room() const;
  // Permits for as many requests as there is room for. A new target is in force when this returns.
  [[nodiscard]] Permits admit(UpstreamGate& upstream, MonoTime now);
  // Frees slots of permits that were not needed after all.
  void give_back(UpstreamGate& upstream, const Permits& permits, std::uint32_t unused);
  // Tells the upstream what a request under `ticket` has come to. Its slot is taken until release().
  void answered(UpstreamGate& upstream, std::uint64_t ticket, Verdict verdict, const http::Answer& answer, MonoTime now,
                FailureSource source);
  // Frees the slots of answered requests. To be called when their records are acknowledged: a crash repeats requests
  // that are not, and there must never be more of these than may be in flight.
  void release();

 private:
  const std::uint32_t worker_;
  const http::Client& client_;
  TargetInbox& inbox_;
  std::vector<std::pair<UpstreamGate*, std::uint64_t>> answered_;  // with their tickets
  std::vector<std::uint64_t> tickets_;                             // memory for those of one upstream
};

}  // namespace respand::delivery
