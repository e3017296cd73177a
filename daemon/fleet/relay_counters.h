#pragma once
// RelayCounters: what a relay counts of its messages and their records. Any thread.

#include <cstddef>
#include <cstdint>

#include "respand/metrics/metrics.h"

namespace respand::fleet {

class RelayCounters {
 public:
  explicit RelayCounters(metrics::Registry& registry);

  void message(std::size_t bytes, bool again) const {
    messages_.add();
    bytes_.add(static_cast<double>(bytes));
    redelivered_.add(again ? 1 : 0);
  }
  // Records that are durable in the journal.
  void records(std::uint64_t records, std::uint64_t bytes) const {
    received_.add(static_cast<double>(records));
    received_bytes_.add(static_cast<double>(bytes));
  }
  // A record that the journal can't hold.
  void too_large() const {
    received_.add();
    too_large_.add();
  }
  void duplicate() const { duplicates_.add(); }
  void refused() const { refused_.add(); }
  void aside() const { aside_.add(); }
  // An acknowledgement without an answer: the message comes again.
  void unconfirmed() const { unconfirmed_.add(); }

 private:
  metrics::Counter messages_;
  metrics::Counter bytes_;
  metrics::Counter redelivered_;
  metrics::Counter received_;
  metrics::Counter received_bytes_;
  metrics::Counter too_large_;
  metrics::Counter duplicates_;
  metrics::Counter refused_;
  metrics::Counter aside_;
  metrics::Counter unconfirmed_;
};

}  // namespace respand::fleet
