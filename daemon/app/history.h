#pragma once
// History: the last hour of the daemon's own metrics, for the charts of the status page. Every five seconds a sample
// goes into a ring of fixed size. With the names of models it takes less than 64 KiB, however many models and customers
// there are. Times are monotonic, so that a clock that is set back does no harm. io thread.

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "delivery/upstream_gate.h"
#include "journal/journal.h"
#include "respand/base/units.h"
#include "respand/metrics/metrics.h"

namespace respand::app {

// The metrics at one moment. Counts are since the start.
struct Moment {
  enum Answer : std::uint8_t { kOk, kRateLimited, kRefused, kFailed, kNone };
  static constexpr std::array<std::string_view, 5> kAnswers{"ok", "rate_limited", "refused", "failed", "none"};

  double received = 0;
  double delivered = 0;
  double backlog_records = 0;
  double oldest_seconds = 0;
  std::uint32_t in_flight = 0;
  std::uint32_t limit = 0;
  std::array<double, kAnswers.size()> answers{};  // 2xx, 429, other 3xx and 4xx, 5xx, requests without an answer
  metrics::Buckets lag{};                         // seconds
  metrics::Buckets generation{};
  std::vector<std::pair<std::string, double>> costs{};  // US dollars, by model
};
// Reads the counters, without rendering the metrics page.
[[nodiscard]] Moment moment_of(const metrics::Registry& metrics, const journal::Snapshot& journal,
                               const delivery::UpstreamGate::State& upstream, Duration oldest);

class History {
 public:
  static constexpr Duration kInterval = std::chrono::seconds{5};
  static constexpr std::size_t kMost = 720;
  // How many models have a line of their own; all others share one. A model that cost nothing for an hour gives way.
  static constexpr std::size_t kModels = 11;
  static constexpr std::size_t kLongestName = 200;
  static constexpr std::size_t kBound = std::size_t{64} << 10;

  // `start`, `wall`: when the daemon started. Counts began with 0 then.
  History(MonoTime start, WallTime wall) : run_(wall.time_since_epoch().count()), start_(start), last_(start) {}

  void add(MonoTime now, const Moment& moment);
  // The samples from number `since` on, in columns; all samples where there is no such number yet. `now` and `wall` are
  // the present time.
  [[nodiscard]] std::string json(std::uint64_t since, MonoTime now, WallTime wall) const;
  // How much memory it takes, names included.
  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] std::uint64_t next() const { return next_; }

 private:
  static constexpr std::size_t kBuckets = 24;  // the most that a histogram may have
  static constexpr std::size_t kShares = 3;    // percentiles

  // A number as a logarithm, exact to 0.04 %, from a unit to 2^36 units. One value means that there is no number.
  using Packed = std::uint16_t;
  struct Sample {
    std::uint32_t at = 0;  // tenths of a second since the start
    float received = 0;    // a second
    float delivered = 0;
    float backlog_records = 0;
    float oldest_seconds = 0;
    std::array<float, Moment::kAnswers.size()> answers{};  // a second
    std::uint16_t in_flight = 0;
    std::uint16_t limit = 0;
    std::array<Packed, kShares> lag{};
    std::array<Packed, kShares> generation{};
    std::array<Packed, kModels + 1> costs{};  // dollars a minute; the last one is all other models
  };
  static_assert(sizeof(Sample) == 80);
  // What a model had cost at the last sample; with cost 0 the place is free.
  struct Known {
    std::size_t name = 0;  // its hash
    double cost = 0;
  };
  static constexpr std::size_t kMostKnown = 64;
  using Counts = std::array<double, kBuckets>;

  [[nodiscard]] static std::array<Packed, kShares> percentiles(const metrics::Buckets& now, Counts& before);
  void add_costs(Sample& sample, const Moment& moment, double minutes);
  [[nodiscard]] double more_of(const std::string& model, double cost);
  [[nodiscard]] std::size_t place_of(const std::string& model);
  template <typename Value>
  [[nodiscard]] std::string column(std::uint64_t from, const Value& value) const;
  [[nodiscard]] std::string percentiles(std::uint64_t from, std::array<Packed, kShares> Sample::*which) const;
  [[nodiscard]] std::string costs(std::uint64_t from) const;

  std::array<Sample, kMost> samples_;
  std::uint64_t next_ = 0;  // number of the next sample
  const std::int64_t run_;  // tells this run of the daemon from others
  const MonoTime start_;
  MonoTime last_;
  double received_ = 0;
  double delivered_ = 0;
  std::array<double, Moment::kAnswers.size()> answers_{};
  Counts lag_{};
  Counts generation_{};
  std::array<std::string, kModels> models_;
  std::size_t places_ = 0;  // how many places of models_ were ever taken
  std::array<Known, kMostKnown> known_{};
};
static_assert(sizeof(History) + History::kModels * (History::kLongestName + 8) <= History::kBound);

}  // namespace respand::app
