#include "sink/tally.h"

#include <gtest/gtest.h>

namespace respand::sink {
namespace {

record::RecordFields facts_of(std::string_view identifier, std::string_view cost) {
  record::RecordFields fields;
  fields.custom_identifier = identifier;
  fields.cost = cost;
  return fields;
}

TEST(Tally, CountsWhatWasTakenIn) {
  Tally tally;
  tally.judged({.status = 200}, facts_of("\"a\"", "0.001"));
  tally.judged({.status = 200}, facts_of("\"a\"", "0.002"));
  tally.judged({.status = 200}, facts_of("", ""));
  tally.judged({.status = 200}, facts_of("", ""));
  tally.judged({.status = 503}, facts_of("\"b\"", "5"));
  tally.judged({.fault = Fault::kHalf}, facts_of("\"b\"", "1e-3"));
  const Stats stats = tally.stats();
  EXPECT_EQ(stats.requests, 6U);
  EXPECT_EQ(stats.records, 5U);
  EXPECT_EQ(stats.duplicates, 1U);
  EXPECT_DOUBLE_EQ(stats.cost, 0.004);
  EXPECT_EQ(stats.by_status, (std::map<std::string, std::uint64_t>{{"200", 4}, {"503", 1}, {"half", 1}}));
  EXPECT_EQ(to_json(stats),
            R"({"requests":6,"records":5,"duplicates":1,"cost":0.004,"by_status":{"200":4,"503":1,"half":1}})");
  EXPECT_EQ(summary(stats), "5 records (1 duplicates), cost 0.004 USD, 6 requests\n  200  4\n  503  1\n  half  1\n");
}

TEST(Tally, AddsNoCostThatIsNoNumber) {
  Tally tally;
  for (const char* cost : {"\"0.5\"", "null", "true", "{}", "1e999", "1e-999"}) {
    tally.judged({.status = 200}, facts_of("", cost));
  }
  EXPECT_EQ(tally.stats().cost, 0);
  EXPECT_EQ(to_json(Tally().stats()), R"({"requests":0,"records":0,"duplicates":0,"cost":0,"by_status":{}})");
}

TEST(Tally, KnowsTheMostRequestsAtOnce) {
  Tally tally;
  EXPECT_EQ(tally.began(), 1U);
  EXPECT_EQ(tally.began(), 2U);
  tally.ended(2);
  EXPECT_EQ(tally.began(), 1U);
  EXPECT_EQ(tally.stats().in_flight, 1U);
  EXPECT_EQ(tally.stats().peak_in_flight, 2U);
}

}  // namespace
}  // namespace respand::sink
