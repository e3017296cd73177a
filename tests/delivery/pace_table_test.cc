// How much of each kind of limit is used, and how much is refused, in virtual time, row by row. RESPAND_TABLE=1 prints
// the numbers of all rows. Some rows miss their aim (docs/decisions/0011-pace-and-failures.md says which kinds): their
// number may only shrink, and no row may collapse.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "respand/base/text.h"
#include "simulation.h"
#include "tests/support/sanitized.h"

namespace respand::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Kind = sink::RateLimit::Kind;

struct Row {
  std::string name;
  Api api;
  double rate;            // requests a second that the API takes
  seconds acknowledging;  // 30 s or three holds
  double used;            // the aim: at least this share is used,
  double refused;         // and at most this share is refused
};

std::string text(double number) {
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%g", number);
  return out.data();
}

Row bucket_row(double rate, double burst, std::optional<Duration> retry_after,
               Api::Tells tells = Api::Tells::kNothing) {
  Api api = quick_api();
  api.rate = bucket(rate, burst);
  api.retry_after = retry_after;
  api.tells = tells;
  const seconds hold = std::chrono::ceil<seconds>(retry_after.value_or(Duration{0}));
  const bool slow = hold > seconds{1};
  std::string name = cat("bucket ", text(rate), "/s, burst ", text(burst), " s");
  name += hold > seconds{0} ? cat(", Retry-After ", hold.count()) : "";
  name += tells == Api::Tells::kNothing ? "" : tells == Api::Tells::kState ? ", tells what is left" : ", tells all";
  return {name, api, rate, std::max(seconds{30}, 3 * hold), slow ? 0.88 : 0.93, slow ? 0.005 : 0.01};
}

Row window_row(double rate, Kind kind, seconds per, bool tells_end, Api::Tells tells = Api::Tells::kNothing) {
  Api api = quick_api();
  api.rate = window(kind, rate, per);
  api.tells_end = tells_end;
  api.tells = tells;
  std::string name =
      cat(kind == Kind::kFixedWindow ? "window " : "sliding window ", text(rate), "/s, ", per.count(), " s");
  name += tells_end ? ", Retry-After its end" : "";
  name += tells == Api::Tells::kNothing ? "" : tells == Api::Tells::kState ? ", tells what is left" : ", tells all";
  return {name, api, rate, std::max(seconds{30}, 3 * per), 0.92, 0.01};
}

std::vector<Row> rows() {
  std::vector<Row> all;
  for (const double rate : {1.0, 3.0, 10.0, 60.0, 300.0, 1000.0, 5000.0}) {
    for (const double burst : {0.1, 1.0, 30.0}) {
      all.push_back(bucket_row(rate, burst, std::nullopt));
      all.push_back(bucket_row(rate, burst, seconds{1}));
    }
  }
  for (const double rate : {10.0, 60.0, 300.0}) {
    for (const auto hold : {seconds{5}, seconds{30}, seconds{60}}) {
      for (const double burst : {0.1, 2.0}) {
        all.push_back(bucket_row(rate, burst, hold));
      }
    }
  }
  for (const double rate : {10.0, 100.0, 1000.0}) {
    for (const auto per : {seconds{1}, seconds{10}, seconds{60}}) {
      for (const Kind kind : {Kind::kFixedWindow, Kind::kSlidingWindow}) {
        for (const bool tells : {false, true}) {
          all.push_back(window_row(rate, kind, per, tells));
        }
      }
    }
  }
  for (const auto tells : {Api::Tells::kState, Api::Tells::kPolicyToo}) {
    for (const double rate : {10.0, 300.0}) {
      all.push_back(bucket_row(rate, 0.1, std::nullopt, tells));
      all.push_back(bucket_row(rate, 2, std::nullopt, tells));
      all.push_back(window_row(rate, Kind::kFixedWindow, seconds{10}, false, tells));
      all.push_back(window_row(rate, Kind::kSlidingWindow, seconds{10}, false, tells));
    }
  }
  return all;
}

struct Figures {
  double used = 0;
  double refused = 0;
};

Figures measure(const Row& row) {
  Simulation simulation(row.api, 1);
  simulation.add();
  simulation.run_for(row.acknowledging);
  // At least a thousand requests and twenty holds, so that one refusal more or less does not matter.
  const seconds span = std::max({seconds{120}, seconds{static_cast<int>(1000 / row.rate)}, 7 * row.acknowledging});
  if (const char* const name = std::getenv("RESPAND_TRACE"); name != nullptr && row.name == name) {
    for (int i = 0; i < span.count(); ++i) {
      const auto one = simulation.run_for(seconds{1})[0];
      std::printf("%4d s: pace %.2f, good %lu, refused %lu\n", i, simulation.state().pace, one.good, one.refused);
    }
    return {};
  }
  const auto count = simulation.run_for(span)[0];
  return {static_cast<double>(count.good) / static_cast<double>(span.count()) / row.rate, count.share_refused()};
}

TEST(PaceTable, Rows) {
  const bool print = std::getenv("RESPAND_TABLE") != nullptr;
  int missed = 0;
  int all = 0;
  // A few rows under sanitizers, which look for other mistakes.
  const std::size_t step = test::kSanitized ? 12 : 1;
  const std::vector<Row> table = rows();
  for (std::size_t at = 0; at < table.size(); at += step) {
    const Row& row = table[at];
    if (!print && row.rate >= 1000) {
      continue;
    }
    const Figures found = measure(row);
    EXPECT_GE(found.used, print ? 0.82 : 0.83) << row.name;
    EXPECT_LE(found.refused, 0.021) << row.name;
    const bool good = found.used >= row.used && found.refused <= row.refused;
    missed += good ? 0 : 1;
    ++all;
    if (print) {
      std::printf("%s %5.1f %% used, %5.2f %% refused: %s\n", good ? "  " : "X ", 100 * found.used, 100 * found.refused,
                  row.name.c_str());
    }
  }
  std::printf("%d of %d rows miss the figures\n", missed, all);
  EXPECT_LE(missed, print ? 22 : 18);
}

}  // namespace
}  // namespace respand::delivery
