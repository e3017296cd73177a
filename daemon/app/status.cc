#include "app/status.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "respand/base/text.h"

namespace respand::app {
namespace {

constexpr Duration kNews = std::chrono::hours{1};

}  // namespace

std::string rate_text(double rate) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), rate < 10 ? "%.1f/s" : "%.0f/s", rate);
  return text.data();
}

std::string target_text(const config::Config& config) {
  if (config.destination == config::Destination::kApi) {
    return config.api.create_url();
  }
  return cat("stream ", config.nats.stream, " at ", config.nats.servers.empty() ? "" : config.nats.servers.front());
}

bool is_wrong(const StatusSnapshot& look) {
  return !look.issues.empty() && look.issues.front().severity != HealthIssue::Severity::kHappened;
}

bool is_news(const StatusSnapshot& look) {
  return !look.issues.empty() && !is_wrong(look) && look.delivery.upstream.mode != delivery::Mode::kHalfOpen &&
         look.now - look.issues.front().since < kNews;
}

std::string headline(const StatusSnapshot& look) {
  if (is_news(look)) {
    return cat("delivering; ", look.issues.front().text(look.now));
  }
  if (!is_wrong(look)) {
    return look.delivery.upstream.mode == delivery::Mode::kHalfOpen
               ? "delivering, a few at a time: the API has just come back"
               : "delivering";
  }
  const HealthIssue& first = look.issues.front();
  return cat(first.severity == HealthIssue::Severity::kStops ? "" : "delivering, but ", first.text(look.now));
}

std::optional<Duration> journal_full_in(const StatusSnapshot& look) {
  constexpr double kTooFar = 60.0 * 86400;  // a journal that is full only later than this is not mentioned
  const double net = look.received_rate - look.delivered_rate;
  const std::uint64_t most = look.config.journal.max_size.value;
  if (net <= 0 || look.journal.backlog_records == 0 || look.journal.open_bytes >= most) {
    return std::nullopt;
  }
  const double record =
      static_cast<double>(look.journal.open_bytes) / static_cast<double>(look.journal.backlog_records);
  const double left = static_cast<double>(most - look.journal.open_bytes) / std::max(1.0, record * net);
  return left < kTooFar ? std::optional(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(left)))
                        : std::nullopt;
}

std::string status_line(const StatusSnapshot& look) {
  std::string line = cat(headline(look), "; backlog ", look.journal.backlog_records, " records; ",
                         rate_text(look.received_rate), " in, ", rate_text(look.delivered_rate), " out");
  if (!look.delivery.upstream.last_error.empty() && look.error_over == WallTime{}) {
    line += cat("; last error: ", look.delivery.upstream.last_error);
  }
  return printable(line, 512);
}

}  // namespace respand::app
