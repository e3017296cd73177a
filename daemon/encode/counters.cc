#include "respand/encode/counters.h"

namespace respand::encode {
namespace {

metrics::Counter rejected_counter(metrics::Registry& registry, std::string_view input, std::string_view reason) {
  return registry.counter("respand_records_rejected_total", "Records refused at the door",
                          {{"input", input}, {"reason", reason}});
}

metrics::Counter rejected_counter(metrics::Registry& registry, std::string_view input, record::Reason reason) {
  return rejected_counter(registry, input, name_of(reason));
}

}  // namespace

Counters::Counters(metrics::Registry& registry, std::string_view input_label)
    : input(input_label),
      received(registry.counter("respand_records_received_total", "Records that came in, accepted or not",
                                {{"input", input}})),
      bytes(registry.counter("respand_bytes_received_total", "Bytes read from writers", {{"input", input}})),
      rejected_full(rejected_counter(registry, input, "journal_full")),
      rejected_stopped(rejected_counter(registry, input, "stopping")),
      rejected_request(rejected_counter(registry, input, "bad_request")),
      rejected_rate(rejected_counter(registry, input, "rate_limited")),
      connections(registry.gauge("respand_connections", "Open connections", {{"input", input}})),
      rejected_{rejected_counter(registry, input, record::Reason::kTooLarge),
                rejected_counter(registry, input, record::Reason::kTooDeep),
                rejected_counter(registry, input, record::Reason::kNotUtf8),
                rejected_counter(registry, input, record::Reason::kNotJson),
                rejected_counter(registry, input, record::Reason::kNotObject),
                rejected_counter(registry, input, record::Reason::kNotMaskable)} {}

MissingCounters::MissingCounters(metrics::Registry& registry) {
  for (std::size_t i = 0; i < record::kMissings; ++i) {
    counters_.push_back(registry.counter("respand_figures_missing_total",
                                         "Costs and generation times neither given rightly nor computed",
                                         {{"reason", name_of(static_cast<record::Missing>(i))}}));
  }
}

void MissingCounters::add(record::MissingSet missing) const {
  for (std::size_t i = 0; i < record::kMissings && !missing.empty(); ++i) {
    if (missing.has(static_cast<record::Missing>(i))) {
      counters_[i].add();
    }
  }
}

}  // namespace respand::encode
