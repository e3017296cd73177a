#include "fleet/relay_counters.h"

namespace respand::fleet {

RelayCounters::RelayCounters(metrics::Registry& registry)
    : messages_(registry.counter("respand_nats_messages_total", "Messages that came from the NATS stream")),
      bytes_(registry.counter("respand_nats_message_bytes_total", "Bytes of messages to or from the NATS stream")),
      redelivered_(
          registry.counter("respand_nats_redelivered_total", "Messages that came from the NATS stream another time")),
      received_(registry.counter("respand_records_received_total", "Records that came in, accepted or not",
                                 {{"input", "nats"}})),
      received_bytes_(registry.counter("respand_bytes_received_total", "Bytes read from writers", {{"input", "nats"}})),
      too_large_(registry.counter("respand_records_rejected_total", "Records refused at the door",
                                  {{"input", "nats"}, {"reason", "too_large"}})),
      duplicates_(registry.counter("respand_nats_duplicates_total",
                                   "Records of the NATS stream that this relay had already, and dropped")),
      refused_(registry.counter("respand_nats_refused_total",
                                "Messages that were given back to the NATS stream, to come again later")),
      aside_(registry.counter("respand_nats_aside_total",
                              "Messages of the NATS stream that could not be read, and were kept aside as files")),
      unconfirmed_(registry.counter("respand_nats_unconfirmed_total",
                                    "Acknowledgements that the NATS stream did not confirm")) {}

}  // namespace respand::fleet
