#include "app/status.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "respand/base/json_text.h"
#include "respand/base/text.h"
#include "respand/base/version.h"

namespace respand::app {
namespace {

std::uint64_t sum_of(std::string_view metrics, std::string_view name) {
  double sum = 0;
  while (!metrics.empty()) {
    const std::string_view line = metrics.substr(0, metrics.find('\n'));
    metrics.remove_prefix(std::min(metrics.size(), line.size() + 1));
    if (line.starts_with(name) && line.size() > name.size() && (line[name.size()] == '{' || line[name.size()] == ' ')) {
      sum += std::strtod(std::string(line.substr(line.rfind(' ') + 1)).c_str(), nullptr);
    }
  }
  return static_cast<std::uint64_t>(sum);
}

// The largest unit that leaves a number above 1: "3d", "12m".
std::string rough(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  return seconds >= 2 * 86400  ? cat(seconds / 86400, "d")
         : seconds >= 2 * 3600 ? cat(seconds / 3600, "h")
         : seconds >= 2 * 60   ? cat(seconds / 60, "m")
                               : cat(seconds, "s");
}

std::string rough(Bytes bytes) {
  std::array<char, 32> text;
  double value = static_cast<double>(bytes.value);
  std::size_t unit = 0;
  constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) {
    value /= 1024;
  }
  std::snprintf(text.data(), text.size(), unit > 0 && value < 10 ? "%.1f%s" : "%.0f%s", value, kUnits[unit]);
  return text.data();
}

std::string rate_text(double rate) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), rate < 10 ? "%.1f/s" : "%.0f/s", rate);
  return text.data();
}

std::string what_to_do(const Look& look) {
  const std::string& reason = look.delivery.destination.reason;
  if (reason.starts_with("401") || reason.starts_with("403")) {
    return cat("; put the right key in place (", look.config.api.key_origin, ") and run: systemctl reload respand");
  }
  return "; put api.base_url, the certificate or the account right and run: systemctl reload respand";
}

// What is wrong first, with what to do about it.
std::string headline(const Look& look) {
  const delivery::Destination::State& destination = look.delivery.destination;
  if (!look.journal.trouble.empty()) {
    return cat("not taking records: ", look.journal.trouble);
  }
  if (!look.delivery.dead_letters.trouble.empty()) {
    return cat("refused records wait: ", look.delivery.dead_letters.trouble);
  }
  switch (destination.mode) {
    case delivery::Mode::kNormal:
      return "delivering";
    case delivery::Mode::kHalfOpen:
      return "delivering, a few at a time: the API has just come back";
    case delivery::Mode::kHeld:
      return cat("waiting: the API asked for silence (", destination.reason, ")");
    case delivery::Mode::kOpen:
      return cat("waiting: the API fails (", destination.reason, "); it is tried again by itself");
    case delivery::Mode::kPaused:
      return cat("paused: ", destination.reason, what_to_do(look));
  }
  return {};
}

class Object {
 public:
  Object& member(std::string_view name, std::string_view text) {
    key(name);
    put_json_string(out_, printable(text, 1024));
    return *this;
  }
  Object& member(std::string_view name, std::uint64_t number) {
    key(name);
    out_ += std::to_string(number);
    return *this;
  }
  Object& member(std::string_view name, bool value) {
    key(name);
    out_ += value ? "true" : "false";
    return *this;
  }
  Object& fraction(std::string_view name, double number) {
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%.3f", number);
    key(name);
    out_ += text.data();
    return *this;
  }
  Object& object(std::string_view name, const Object& inner) { return object(name, inner.text()); }
  // One that is made already.
  Object& object(std::string_view name, std::string_view json) {
    key(name);
    out_ += json;
    return *this;
  }
  [[nodiscard]] std::string text() const { return out_ + "}"; }

 private:
  void key(std::string_view name) { out_ += cat(out_.size() == 1 ? "\"" : ",\"", name, "\":"); }
  std::string out_ = "{";
};

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// The shortest text of a number from 0 to 1.
std::string share_text(double share) {
  std::array<char, 32> text;
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), share).ptr};
}

}  // namespace

Totals totals_in(std::string_view metrics) {
  return {.received = sum_of(metrics, "respand_records_received_total"),
          .rejected = sum_of(metrics, "respand_records_rejected_total"),
          .delivered = sum_of(metrics, "respand_records_delivered_total"),
          .dead_lettered = sum_of(metrics, "respand_records_dead_lettered_total"),
          .dropped = sum_of(metrics, "respand_records_dropped_total")};
}

void Rates::sample(MonoTime now, const Totals& totals) {
  samples_[oldest_] = {now, totals};
  oldest_ = (oldest_ + 1) % samples_.size();
}

double Rates::rate(MonoTime now, std::uint64_t more) const {
  return static_cast<double>(more) / std::max(seconds(now - samples_[oldest_].time), 1.0);
}
double Rates::received(MonoTime now, const Totals& totals) const {
  return rate(now, totals.received - samples_[oldest_].totals.received);
}
double Rates::delivered(MonoTime now, const Totals& totals) const {
  return rate(now, totals.delivered - samples_[oldest_].totals.delivered);
}

std::string status_text(const Look& look) {
  const delivery::Destination::State& destination = look.delivery.destination;
  std::string text = cat(headline(look), "\n\nrespand      ", kVersion, ", process ", ::getpid(), ", up ",
                         rough(look.up), "; to ", look.config.api.create_url(), "\nreceived     ", look.totals.received,
                         ", ", rate_text(look.received_rate), "; ", look.totals.rejected, " rejected\ndelivered    ",
                         look.totals.delivered, ", ", rate_text(look.delivered_rate), "; ", look.totals.dead_lettered,
                         " dead-lettered, ", look.totals.dropped, " dropped\nbacklog      ",
                         look.journal.backlog_records, " records, ", rough(Bytes{look.journal.backlog_bytes}));
  if (look.journal.backlog_records > 0) {
    text += cat("; the oldest waits for ", rough(look.oldest_age));
  }
  text += cat("\njournal      ", rough(Bytes{look.journal.file_bytes}), " of ", rough(look.config.journal.max_size),
              look.journal.accepting ? "" : "; records are refused", "\nrequests     ", destination.in_flight,
              " in flight, ", destination.limit, " may be (at most ", look.config.delivery.max_in_flight, "); ",
              look.delivery.parked, " records wait for another try\ndead letters ",
              rough(look.delivery.dead_letters.size), " of ", rough(look.config.dead_letters.max_size), "\n");
  if (look.config.records.sample.rate < 1) {
    text += cat("sampling     a rate of ", share_text(look.config.records.sample.rate),
                "; what is left out counts as dropped\n");
  }
  if (!destination.last_error.empty()) {
    text += cat("last error   ", destination.last_error, "\n");
  }
  return text.append(look.more);
}

std::string status_json(const Look& look) {
  const delivery::Destination::State& destination = look.delivery.destination;
  return Object()
      .member("state", headline(look))
      .member("version", kVersion)
      .member("pid", static_cast<std::uint64_t>(::getpid()))
      .fraction("up_seconds", seconds(look.up))
      .member("destination", look.config.api.create_url())
      .object("records", Object()
                             .member("received", look.totals.received)
                             .member("rejected", look.totals.rejected)
                             .member("delivered", look.totals.delivered)
                             .member("dead_lettered", look.totals.dead_lettered)
                             .member("dropped", look.totals.dropped)
                             .fraction("received_per_second", look.received_rate)
                             .fraction("delivered_per_second", look.delivered_rate))
      .object("backlog", Object()
                             .member("records", look.journal.backlog_records)
                             .member("bytes", look.journal.backlog_bytes)
                             .fraction("oldest_seconds", seconds(look.oldest_age)))
      .object("journal", Object()
                             .member("bytes", look.journal.file_bytes)
                             .member("max_bytes", look.config.journal.max_size.value)
                             .member("accepting", look.journal.accepting)
                             .member("trouble", look.journal.trouble))
      .object("delivery", Object()
                              .member("mode", delivery::name_of(destination.mode))
                              .member("reason", destination.reason)
                              .member("last_error", destination.last_error)
                              .member("in_flight", std::uint64_t{destination.in_flight})
                              .member("limit", std::uint64_t{destination.limit})
                              .member("parked", std::uint64_t{look.delivery.parked}))
      .object("dead_letters", Object()
                                  .member("bytes", look.delivery.dead_letters.size.value)
                                  .member("trouble", look.delivery.dead_letters.trouble))
      .object("spend", look.spend)
      .text();
}

std::string status_line(const Look& look) {
  std::string line = cat(headline(look), "; backlog ", look.journal.backlog_records, " records; ",
                         rate_text(look.received_rate), " in, ", rate_text(look.delivered_rate), " out");
  if (!look.delivery.destination.last_error.empty()) {
    line += cat("; last error: ", look.delivery.destination.last_error);
  }
  return printable(line, 512);
}

}  // namespace respand::app
