#include "cli/top_screen.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "respand/base/text.h"

namespace respand::cli {
namespace {

constexpr std::size_t kLabel = 12;    // columns of a line's name
constexpr std::size_t kFigures = 48;  // and of its figures; behind them stands the sparkline

std::string number(double value) {
  std::array<char, 40> text;
  std::snprintf(text.data(), text.size(), value < 10 && value != std::floor(value) ? "%.1f" : "%.0f", value);
  return text.data();
}

std::string size(double bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < kUnits.size(); ++unit) {
    bytes /= 1024;
  }
  return cat(number(bytes), kUnits[unit]);
}

std::string age(double seconds) {
  return seconds >= 2 * 86400  ? cat(number(std::floor(seconds / 86400)), "d")
         : seconds >= 2 * 3600 ? cat(number(std::floor(seconds / 3600)), "h")
         : seconds >= 2 * 60   ? cat(number(std::floor(seconds / 60)), "m")
                               : cat(number(std::floor(seconds)), "s");
}

// A bound of a histogram: "<= 25ms".
std::string bound(double seconds) {
  if (seconds < 0) {
    return "-";
  }
  std::array<char, 40> text;
  std::snprintf(text.data(), text.size(), "%g%s", seconds < 1 ? seconds * 1000 : seconds, seconds < 1 ? "ms" : "s");
  return text.data();
}

std::string money(double usd) {
  std::array<char, 40> text;
  std::snprintf(text.data(), text.size(), "%.4f USD/min", usd);
  return text.data();
}

// Cuts a text to so many columns. A character outside ASCII counts as two, because it may take two.
std::string cut(std::string_view text, std::size_t columns) {
  std::size_t used = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    used += bytes == 1 ? 1 : 2;
    if (used > columns) {
      break;
    }
    at += bytes;
  }
  return std::string(text.substr(0, std::min(at, text.size())));
}

class Screen {
 public:
  explicit Screen(const TopView& view) : view_(view) {}
  void text(std::string_view line) { lines_.push_back(cut(line, view_.width)); }
  void row(std::string_view name, const std::string& sample, const std::vector<double>& values) {
    std::string line(name);
    line.resize(kLabel, ' ');
    line += sample;
    line = cut(line, view_.width);
    if (view_.width > kLabel + kFigures && line.size() < kLabel + kFigures) {
      line.resize(kLabel + kFigures, ' ');
      line += sparkline(values, view_.width - kLabel - kFigures, view_.utf8);
    }
    lines_.push_back(std::move(line));
  }
  [[nodiscard]] std::vector<std::string> lines() {
    lines_.resize(std::min(lines_.size(), view_.height));
    return std::move(lines_);
  }

 private:
  const TopView& view_;
  std::vector<std::string> lines_;
};

}  // namespace

std::string sparkline(const std::vector<double>& values, std::size_t width, bool utf8) {
  static constexpr std::array<const char*, 9> kBlocks = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  static constexpr std::array<const char*, 9> kAscii = {" ", ".", ":", "-", "=", "+", "*", "#", "@"};
  const std::size_t first = values.size() - std::min(values.size(), width);
  double most = 0;
  for (std::size_t i = first; i < values.size(); ++i) {
    most = std::max(most, values[i]);
  }
  std::string out;
  for (std::size_t i = first; i < values.size(); ++i) {
    const double share = most > 0 ? std::clamp(values[i] / most, 0.0, 1.0) : 0;
    const auto level = static_cast<std::size_t>(std::ceil(share * 8));
    out += (utf8 ? kBlocks : kAscii)[level];
  }
  return out;
}

std::vector<std::string> top_screen(const TopView& view) {
  Screen screen(view);
  screen.text(view.headline);
  screen.text(cat(view.clock, "  q quits"));
  screen.text("");
  if (view.history.empty()) {
    return screen.lines();
  }
  const History& history = view.history;
  const MetricsSample& now = history.last();
  screen.row("received",
             cat(number(history.rate(&MetricsSample::received)), "/s   all ", number(now.received), ", rejected ",
                 number(now.rejected)),
             history.rates(&MetricsSample::received));
  screen.row("delivered", cat(number(history.rate(&MetricsSample::delivered)), "/s   all ", number(now.delivered)),
             history.rates(&MetricsSample::delivered));
  screen.row("lost", cat("dead-lettered ", number(now.dead_lettered), ", dropped ", number(now.dropped)), {});
  screen.row(
      "backlog",
      cat(number(now.backlog_records), " records, ", size(now.backlog_bytes), ", oldest ", age(now.oldest_seconds)),
      history.values(&MetricsSample::backlog_records));
  screen.row("lag",
             cat("half within ", bound(history.quantile(&MetricsSample::lag, 0.5)), ", 99 % within ",
                 bound(history.quantile(&MetricsSample::lag, 0.99))),
             {});
  screen.row("requests",
             cat(number(history.rate(&MetricsSample::requests)), "/s   half within ",
                 bound(history.quantile(&MetricsSample::request, 0.5)), ", 99 % ",
                 bound(history.quantile(&MetricsSample::request, 0.99))),
             history.rates(&MetricsSample::requests));
  screen.row("retries", cat(number(history.rate(&MetricsSample::retries)), "/s"),
             history.rates(&MetricsSample::retries));
  screen.row("in flight", cat(number(now.in_flight), " of ", number(now.limit), " that may be"),
             history.values(&MetricsSample::in_flight));
  screen.row("limit", number(now.limit), history.values(&MetricsSample::limit));
  if (now.pace > 0) {
    screen.row("pace", cat("paced at ", number(now.pace), "/s by the API (429)"), history.values(&MetricsSample::pace));
  }
  constexpr double kWorthTelling = 0.01;
  if (now.failure_share >= kWorthTelling) {
    screen.row("failures", cat("the API fails ", number(std::round(now.failure_share * 100)), " % of requests"),
               history.values(&MetricsSample::failure_share));
  }
  screen.row("circuit", now.circuit_open ? "OPEN: single probes only" : "closed", {});
  screen.row("cost", money(history.a_minute(&MetricsSample::cost_usd)), history.rates(&MetricsSample::cost_usd));
  screen.row("journal", cat(size(now.journal_bytes), " on disk"), history.values(&MetricsSample::journal_bytes));
  screen.row("connections", number(now.connections), history.values(&MetricsSample::connections));
  return screen.lines();
}

std::string top_line(const TopView& view) {
  if (view.history.empty()) {
    return cat(view.clock, " ", view.headline);
  }
  const History& history = view.history;
  const MetricsSample& now = history.last();
  return cat(view.clock, " received=", number(history.rate(&MetricsSample::received)),
             "/s delivered=", number(history.rate(&MetricsSample::delivered)),
             "/s backlog=", number(now.backlog_records), " oldest=", age(now.oldest_seconds),
             " lag99=", bound(history.quantile(&MetricsSample::lag, 0.99)), " in_flight=", number(now.in_flight), "/",
             number(now.limit), " circuit=", now.circuit_open ? "open" : "closed",
             " cost=", money(history.a_minute(&MetricsSample::cost_usd)), " ", view.headline);
}

}  // namespace respand::cli
