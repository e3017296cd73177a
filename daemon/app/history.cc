#include "app/history.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <functional>
#include <utility>

#include "respand/base/text.h"
#include "respand/json/writer.h"

namespace respand::app {
namespace {

constexpr std::array<std::pair<const char*, double>, 3> kPercentiles{{{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}}};
constexpr double kSecondsUnit = 1e-5;
constexpr double kDollarsUnit = 1e-6;
constexpr double kSteps = 1800;  // steps of the logarithm for each doubling
constexpr std::uint16_t kNoValue = 0xFFFF;

std::uint16_t pack(double value, double unit) {
  return value > 0 ? static_cast<std::uint16_t>(
                         std::min(std::round(std::log2(1 + value / unit) * kSteps), double{kNoValue - 1}))
                   : std::uint16_t{0};
}
double unpack(std::uint16_t packed, double unit) { return (std::exp2(packed / kSteps) - 1) * unit; }

// The percentile of counts up to each bound. As in Prometheus' histogram_quantile(), values are even within a bucket.
double percentile(const std::vector<double>& bounds, const std::vector<double>& counts, double share) {
  const double rank = share * counts.back();
  std::size_t i = 0;
  while (i < bounds.size() && counts[i] < rank) {
    ++i;
  }
  if (i == bounds.size()) {
    return bounds.empty() ? 0 : bounds.back();
  }
  const double below = i == 0 ? 0 : counts[i - 1];
  const double from = i == 0 ? 0 : bounds[i - 1];
  return counts[i] > below ? from + (bounds[i] - from) * (rank - below) / (counts[i] - below) : bounds[i];
}

// `code` is a label of respand_requests_total: a status, or the name of a failure.
Moment::Answer answer_of(std::string_view code) {
  int status = 0;
  std::from_chars(code.data(), code.data() + code.size(), status);
  if (status == 429) {
    return Moment::kRateLimited;
  }
  switch (status / 100) {
    case 2:
      return Moment::kOk;
    case 3:
    case 4:
      return Moment::kRefused;
    case 5:
      return Moment::kFailed;
    default:
      return Moment::kNone;
  }
}

// Six digits are more than a chart can show.
std::string number(double value) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}
std::string number_or_null(std::uint16_t packed, double unit) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.4g", unpack(packed, unit));
  return packed == kNoValue ? "null" : text.data();
}

}  // namespace

Moment moment_of(const metrics::Registry& metrics, const journal::Snapshot& journal,
                 const delivery::UpstreamGate::State& upstream, Duration oldest) {
  Moment moment{.received = metrics.sum("respand_records_received_total"),
                .delivered = metrics.sum("respand_records_delivered_total"),
                .backlog_records = static_cast<double>(journal.backlog_records),
                .oldest_seconds = std::chrono::duration<double>(oldest).count(),
                .in_flight = upstream.in_flight,
                .limit = upstream.limit,
                .lag = metrics.buckets("respand_delivery_lag_seconds"),
                .generation = metrics.buckets("respand_llm_generation_seconds")};
  metrics.each("respand_requests_total", {"code"}, [&](const std::vector<std::string>& values, double count) {
    moment.answers[answer_of(values[0])] += count;
  });
  metrics.each("respand_llm_cost_usd_total", {"model"}, [&](const std::vector<std::string>& values, double count) {
    moment.costs.emplace_back(values[0], count);
  });
  return moment;
}

void History::add(MonoTime now, const Moment& moment) {
  const double elapsed = std::max(std::chrono::duration<double>(now - last_).count(), 0.001);
  const auto a_second = [elapsed](double count, double& before) {
    return static_cast<float>(std::max(0.0, count - std::exchange(before, count)) / elapsed);
  };
  const auto small = [](std::uint32_t count) { return static_cast<std::uint16_t>(std::min(count, 0xFFFFU)); };
  Sample& sample = samples_[next_ % kMost];
  sample = {.at = static_cast<std::uint32_t>(std::chrono::duration<double>(now - start_).count() * 10),
            .received = a_second(moment.received, received_),
            .delivered = a_second(moment.delivered, delivered_),
            .backlog_records = static_cast<float>(moment.backlog_records),
            .oldest_seconds = static_cast<float>(moment.oldest_seconds),
            .in_flight = small(moment.in_flight),
            .limit = small(moment.limit),
            .lag = percentiles(moment.lag, lag_),
            .generation = percentiles(moment.generation, generation_)};
  for (std::size_t i = 0; i < moment.answers.size(); ++i) {
    sample.answers[i] = a_second(moment.answers[i], answers_[i]);
  }
  add_costs(sample, moment, elapsed / 60);
  ++next_;
  last_ = now;
}

// The percentiles of what came since `before`, which is then set to the current counts.
std::array<History::Packed, History::kShares> History::percentiles(const metrics::Buckets& now, Counts& before) {
  std::array<Packed, kShares> shares;
  shares.fill(kNoValue);
  const std::size_t buckets = now.counts.size();
  if (buckets == 0 || buckets > kBuckets) {
    return shares;
  }
  std::vector<double> since(buckets);
  for (std::size_t i = 0; i < buckets; ++i) {
    since[i] = now.counts[i] - std::exchange(before[i], now.counts[i]);
  }
  for (std::size_t i = 0; i < kShares && since.back() > 0; ++i) {
    shares[i] = pack(percentile(now.bounds, since, kPercentiles[i].second), kSecondsUnit);
  }
  return shares;
}

// What a model has cost since the last sample. The ledger keeps fewer models than there are places.
double History::more_of(const std::string& model, double cost) {
  const std::size_t name = std::hash<std::string>{}(model);
  for (Known& known : known_) {
    if (known.cost == 0 || known.name == name) {
      known.name = name;
      return std::max(0.0, cost - std::exchange(known.cost, cost));
    }
  }
  return 0;
}

// The place of a model in the table; kModels where it has none.
std::size_t History::place_of(const std::string& model) {
  const std::string name = model.substr(0, kLongestName);
  for (std::size_t place = 0; place < places_; ++place) {
    if (models_[place] == name) {
      return place;
    }
  }
  std::size_t place = places_;
  if (places_ < kModels) {
    ++places_;
  } else {
    const auto is_idle = [&](std::size_t one) {
      return std::all_of(samples_.begin(), samples_.end(), [&](const Sample& at) { return at.costs[one] == 0; });
    };
    for (place = 0; place < kModels && !is_idle(place); ++place) {
    }
  }
  if (place < kModels) {
    models_[place] = name;
  }
  return place;
}

void History::add_costs(Sample& sample, const Moment& moment, double minutes) {
  double others = 0;
  for (const auto& [model, cost] : moment.costs) {
    if (const double more = more_of(model, cost); more > 0) {
      const std::size_t place = place_of(model);
      if (place < kModels) {
        sample.costs[place] = pack(more / minutes, kDollarsUnit);
      } else {
        others += more;
      }
    }
  }
  sample.costs[kModels] = pack(others / minutes, kDollarsUnit);
}

std::size_t History::bytes() const {
  std::size_t names = 0;
  for (const std::string& model : models_) {
    names += model.capacity() + 1;
  }
  return sizeof *this + names;
}

template <typename Value>
std::string History::column(std::uint64_t from, const Value& value) const {
  json::Array values;
  for (std::uint64_t number = from; number < next_; ++number) {
    values.element(value(samples_[number % kMost]));
  }
  return values.text();
}

std::string History::percentiles(std::uint64_t from, std::array<Packed, kShares> Sample::*which) const {
  json::Object shares;
  for (std::size_t i = 0; i < kShares; ++i) {
    shares.value(kPercentiles[i].first,
                 column(from, [&](const Sample& sample) { return number_or_null((sample.*which)[i], kSecondsUnit); }));
  }
  return shares.text();
}

// For each model that has a place, and last for all others together.
std::string History::costs(std::uint64_t from) const {
  json::Array all;
  for (std::size_t place = 0; place <= kModels; ++place) {
    if (place >= places_ && place < kModels) {
      continue;
    }
    json::Object one;
    if (place < kModels) {
      one.member("model", models_[place]);
    }
    one.value("usd", column(from, [place](const Sample& sample) {
                return number_or_null(sample.costs[place], kDollarsUnit);
              }));
    all.element(one);
  }
  return all.text();
}

std::string History::json(std::uint64_t since, MonoTime now, WallTime wall) const {
  const std::uint64_t oldest = next_ - std::min<std::uint64_t>(next_, kMost);
  const std::uint64_t from = since > next_ ? oldest : std::max(since, oldest);
  const double start = std::chrono::duration<double>((wall - (now - start_)).time_since_epoch()).count();
  const auto of = [&](float Sample::*value) {
    return column(from, [value](const Sample& sample) { return number(sample.*value); });
  };
  json::Object answers;
  for (std::size_t i = 0; i < Moment::kAnswers.size(); ++i) {
    answers.value(Moment::kAnswers[i], column(from, [i](const Sample& sample) { return number(sample.answers[i]); }));
  }
  return json::Object()
             .member("run", std::to_string(run_))
             .member("interval_seconds", kInterval / std::chrono::seconds{1})
             .fraction("start_unix_seconds", start)
             .member("first", from)
             .member("next", next_)
             .value("at_seconds", column(from, [](const Sample& sample) { return number(sample.at / 10.0); }))
             .value("received_per_second", of(&Sample::received))
             .value("delivered_per_second", of(&Sample::delivered))
             .value("backlog_records", of(&Sample::backlog_records))
             .value("backlog_oldest_seconds", of(&Sample::oldest_seconds))
             .value("in_flight", column(from, [](const Sample& sample) { return std::to_string(sample.in_flight); }))
             .value("limit", column(from, [](const Sample& sample) { return std::to_string(sample.limit); }))
             .object("answers_per_second", answers)
             .value("lag_seconds", percentiles(from, &Sample::lag))
             .value("generation_seconds", percentiles(from, &Sample::generation))
             .value("cost_usd_per_minute", costs(from))
             .text() +
         "\n";
}

}  // namespace respand::app
