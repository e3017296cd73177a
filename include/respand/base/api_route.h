#pragma once
// The routes of the API that respand takes bodies for and posts them to, other than that of records. Stored in the
// journal: a number is never used for anything else (daemon/journal/FORMAT.md). Pure; any thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace respand {

enum class ApiRoute : std::uint8_t {
  kRecords = 0,  // api.path
  kSpans = 1,
  kSpansOld = 2,
  kSpansIntegrations = 3,
  kSpansOpenAi = 4,
  kOtlp = 5,
  kOtlpV1 = 6,
  kOtlpLogs = 7,  // from here on only where http.routes names them
  kOtlpLogsV2 = 8,
  kOtlpMetrics = 9,
};

// Behind api.base_url, by number. That of records is the configuration's.
inline constexpr std::array<std::string_view, 10> kApiRoutes{"",
                                                             "v1/traces/ingest",
                                                             "traces/ingest",
                                                             "integrations/v1/traces/ingest",
                                                             "openai/v1/traces/ingest",
                                                             "v2/traces",
                                                             "v1/traces",
                                                             "v1/logs",
                                                             "v2/logs",
                                                             "v1/metrics"};

[[nodiscard]] constexpr std::size_t index_of(ApiRoute route) { return static_cast<std::size_t>(route); }
[[nodiscard]] constexpr std::string_view path_of(ApiRoute route) { return kApiRoutes[index_of(route)]; }
// For people and as a label.
[[nodiscard]] constexpr std::string_view name_of(ApiRoute route) {
  return route == ApiRoute::kRecords ? std::string_view("request-logs/create") : path_of(route);
}
[[nodiscard]] constexpr bool is_traces(ApiRoute route) {
  return route == ApiRoute::kOtlp || route == ApiRoute::kOtlpV1;
}
[[nodiscard]] constexpr bool is_on_request(ApiRoute route) { return route >= ApiRoute::kOtlpLogs; }
[[nodiscard]] constexpr bool is_otlp(ApiRoute route) { return is_traces(route) || is_on_request(route); }
// Spans are journalled one by one, and posted as arrays.
[[nodiscard]] constexpr bool is_spans(ApiRoute route) { return route != ApiRoute::kRecords && !is_otlp(route); }
// By its path; nothing where there is none such.
[[nodiscard]] constexpr std::optional<ApiRoute> route_of(std::string_view path) {
  for (std::size_t i = 1; i < kApiRoutes.size(); ++i) {
    if (kApiRoutes[i] == path) {
      return static_cast<ApiRoute>(i);
    }
  }
  return std::nullopt;
}

}  // namespace respand
