#pragma once
// The routes of the API: respand takes bodies for them, and posts the bodies to them. The number of a route is stored
// in the journal, so it is never used for another one (daemon/journal/FORMAT.md). Pure; any thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace respand {

// A route, by the number that the journal stores.
enum class ApiRoute : std::uint8_t {
  kRecords = 0,  // api.path
  kSpans = 1,
  kSpansOld = 2,
  kSpansIntegrations = 3,
  kSpansOpenAi = 4,
  kOtlp = 5,
  kOtlpV1 = 6,
  kOtlpLogs = 7,  // this one and those below are served only where http.routes names them
  kOtlpLogsV2 = 8,
  kOtlpMetrics = 9,
};

// The paths behind api.base_url, by number. The path of records is empty here: it is in the configuration (api.path).
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

// The route's place in kApiRoutes, and its path there.
[[nodiscard]] constexpr std::size_t index_of(ApiRoute route) { return static_cast<std::size_t>(route); }
[[nodiscard]] constexpr std::string_view path_of(ApiRoute route) { return kApiRoutes[index_of(route)]; }
// The route's name in messages and as a label of metrics.
[[nodiscard]] constexpr std::string_view name_of(ApiRoute route) {
  return route == ApiRoute::kRecords ? std::string_view("request-logs/create") : path_of(route);
}
// What is posted to the route: is_traces() is for OTLP traces, is_on_request() for OTLP logs and metrics, which are
// served only where http.routes names them, and is_otlp() for all of these.
[[nodiscard]] constexpr bool is_traces(ApiRoute route) {
  return route == ApiRoute::kOtlp || route == ApiRoute::kOtlpV1;
}
[[nodiscard]] constexpr bool is_on_request(ApiRoute route) { return route >= ApiRoute::kOtlpLogs; }
[[nodiscard]] constexpr bool is_otlp(ApiRoute route) { return is_traces(route) || is_on_request(route); }
// Whether arrays of spans in Respan's own form are posted to the route. Each span is journalled by itself.
[[nodiscard]] constexpr bool is_spans(ApiRoute route) { return route != ApiRoute::kRecords && !is_otlp(route); }
// The route that has this path; nothing where none has it. It never gives the route of records.
[[nodiscard]] constexpr std::optional<ApiRoute> route_of(std::string_view path) {
  for (std::size_t i = 1; i < kApiRoutes.size(); ++i) {
    if (kApiRoutes[i] == path) {
      return static_cast<ApiRoute>(i);
    }
  }
  return std::nullopt;
}

}  // namespace respand
