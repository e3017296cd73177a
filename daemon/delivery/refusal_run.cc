#include "delivery/refusal_run.h"

#include "respand/base/log.h"

namespace respand::delivery {

Verdict RefusalRun::judge(Fault fault, const http::Answer& answer) {
  if (fault != Fault::kDoubtful) {
    return verdict_of(fault);
  }
  const std::uint32_t before = refused_.load(std::memory_order_relaxed);
  if (before > kMost) {
    return Verdict::kUpstreamWrong;  // The run is known and was logged.
  }
  const std::uint32_t earlier = refused_.fetch_add(1, std::memory_order_relaxed);
  if (earlier < kMost) {
    return Verdict::kRecordWrong;
  }
  if (earlier == kMost) {
    log::error("too many records in a row were refused and none was delivered between: taken for a wrong destination",
               {{"refused", kMost}, {"why", describe(answer)}});
  }
  return Verdict::kUpstreamWrong;
}

}  // namespace respand::delivery
