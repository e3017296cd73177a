// Totals are read from the counters.

#include "app/rates.h"

#include <gtest/gtest.h>

namespace respand::app {
namespace {

TEST(Totals, AreSumsOverLabels) {
  metrics::Registry registry;
  registry.counter("respand_records_received_total", "x", {{"input", "http"}}).add(3);
  registry.counter("respand_records_received_total", "x", {{"input", "socket"}}).add(4);
  registry.counter("respand_records_received_totally", "x").add(9);
  registry.counter("respand_records_dropped_total", "x", {{"reason", "damaged"}}).add(2);
  registry.counter("respand_records_dropped_total", "x", {{"reason", "journal_full"}}).add(5);
  const Totals totals = totals_of(registry);
  EXPECT_EQ(totals.received, 7U);
  EXPECT_EQ(totals.dropped, 7U);
  EXPECT_EQ(totals.damaged, 2U);
}

}  // namespace
}  // namespace respand::app
