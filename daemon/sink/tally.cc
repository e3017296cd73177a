#include "sink/tally.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "respand/base/text.h"
#include "respand/json/writer.h"

namespace respand::sink {
namespace {

// A cost as written, or 0 where it is not a number.
double amount(std::string_view text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc{} && end == text.data() + text.size() && std::isfinite(value) ? value : 0;
}

std::string number(double value) {
  std::array<char, 64> buffer{};
  // 12 digits hide the rounding errors of a sum of a million doubles.
  const auto [end, code] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::general, 12);
  return {buffer.data(), end};
}

}  // namespace

std::uint64_t Tally::began() {
  return state_.with([](State& state) {
    Stats& stats = state.stats;
    stats.peak_in_flight = std::max(stats.peak_in_flight, ++stats.in_flight);
    return stats.in_flight;
  });
}

void Tally::ended(std::uint64_t requests) {
  state_.with([&](State& state) { state.stats.in_flight -= requests; });
}

void Tally::connected() {
  state_.with([](State& state) { ++state.stats.connections; });
}

void Tally::judged(const Verdict& verdict, std::span<const record::RecordFields> records) {
  state_.with([&](State& state) {
    ++state.stats.requests;
    if (verdict.fault == Fault::kNone) {
      ++state.by_status.at(static_cast<std::size_t>(verdict.status));
    } else {
      ++state.by_fault.at(static_cast<std::size_t>(verdict.fault));
    }
    if (!verdict.takes_record()) {
      return;
    }
    for (const record::RecordFields& fields : records) {
      ++state.stats.records;
      state.stats.cost += amount(fields.cost);
      if (!fields.custom_identifier.empty() && !state.identifiers.insert(fields.custom_identifier)) {
        ++state.stats.duplicates;
      }
    }
  });
}

Stats Tally::stats() const {
  return state_.with([](const State& state) {
    Stats stats = state.stats;
    for (std::size_t status = 0; status < state.by_status.size(); ++status) {
      if (state.by_status[status] > 0) {
        stats.by_status[std::to_string(status)] = state.by_status[status];
      }
    }
    for (std::size_t fault = 0; fault < state.by_fault.size(); ++fault) {
      if (state.by_fault[fault] > 0) {
        stats.by_status[std::string(name_of(static_cast<Fault>(fault)))] = state.by_fault[fault];
      }
    }
    return stats;
  });
}

std::string to_json(const Stats& stats) {
  json::Object by_status;
  for (const auto& [status, count] : stats.by_status) {
    by_status.member(status, count);
  }
  return json::Object()
      .member("requests", stats.requests)
      .member("records", stats.records)
      .member("duplicates", stats.duplicates)
      .value("cost", number(stats.cost))
      .object("by_status", by_status)
      .text();
}

std::string summary(const Stats& stats) {
  std::string text = cat(stats.records, " records (", stats.duplicates, " duplicates), cost ", number(stats.cost),
                         " USD, ", stats.requests, " requests\n");
  for (const auto& [status, count] : stats.by_status) {
    text.append(cat("  ", status, "  ", count, "\n"));
  }
  return text;
}

}  // namespace respand::sink
