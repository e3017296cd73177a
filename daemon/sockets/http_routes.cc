#include "sockets/http_routes.h"

#include <algorithm>
#include <array>

namespace respand::sockets {
namespace {

constexpr std::array<HttpRoute, 13> kRoutes{{
    {"request-logs/create", Form::kRecords, ApiRoute::kRecords},
    {"request-logs", Form::kRecords, ApiRoute::kRecords},
    {"request-logs/batch/create", Form::kLogs, ApiRoute::kRecords},
    {"request-logs/bulk", Form::kLogs, ApiRoute::kRecords},
    {"v1/traces/ingest", Form::kSpans, ApiRoute::kSpans},
    {"traces/ingest", Form::kSpans, ApiRoute::kSpansOld},
    {"integrations/v1/traces/ingest", Form::kSpans, ApiRoute::kSpansIntegrations},
    {"openai/v1/traces/ingest", Form::kSpans, ApiRoute::kSpansOpenAi},
    {"v2/traces", Form::kOtlp, ApiRoute::kOtlp},
    {"v1/traces", Form::kOtlp, ApiRoute::kOtlpV1},
    {"v1/logs", Form::kOtlp, ApiRoute::kOtlpLogs},
    {"v2/logs", Form::kOtlp, ApiRoute::kOtlpLogsV2},
    {"v1/metrics", Form::kOtlp, ApiRoute::kOtlpMetrics},
}};

struct HttpPage {
  std::string_view path;
  Asked::What what = Asked::What::kNothing;
};
constexpr std::array<HttpPage, 3> kPages{{
    {"/healthz", Asked::What::kHealth},
    {"/readyz", Asked::What::kReady},
    {"/readyz/intake", Asked::What::kReadyIntake},
}};

// Calls to a model, which clients of a gateway send to the same base URL.
constexpr std::array<std::string_view, 5> kGateway{"chat/completions", "completions", "embeddings", "responses",
                                                   "messages"};

bool is_gateway(std::string_view path) {
  return std::any_of(kGateway.begin(), kGateway.end(), [path](std::string_view end) {
    return path == end ||
           (path.size() > end.size() && path.ends_with(end) && path[path.size() - end.size() - 1] == '/');
  });
}

bool is_served(const HttpRoute& route, ServedRoutes on_request) {
  return !is_on_request(route.api) || (on_request & bit_of(route.api)) != 0;
}

}  // namespace

Asked asked(std::string_view target, ServedRoutes on_request) {
  if (target.starts_with("http://") || target.starts_with("https://")) {
    target.remove_prefix(target.find("//") + 2);
    target.remove_prefix(std::min(target.find('/'), target.size()));
  }
  Asked asked;
  asked.path = target.substr(0, target.find('?'));
  asked.query = target.substr(std::min(asked.path.size() + 1, target.size()));
  std::string_view path = asked.path;
  if (path == "/" || path == "*") {
    asked.what = Asked::What::kServer;
    return asked;
  }
  if (!path.starts_with('/')) {
    return asked;
  }
  for (const HttpPage& page : kPages) {
    if (path == page.path) {
      asked.what = page.what;
      return asked;
    }
  }
  path.remove_prefix(path.starts_with("/api/") ? 5 : 1);
  path.remove_suffix(path.ends_with('/') ? 1 : 0);
  const auto* const found = std::find_if(kRoutes.begin(), kRoutes.end(), [path, on_request](const HttpRoute& route) {
    return route.name == path && is_served(route, on_request);
  });
  if (found != kRoutes.end()) {
    asked.what = Asked::What::kRoute;
    asked.route = found;
  } else if (is_gateway(path)) {
    asked.what = Asked::What::kGateway;
  }
  return asked;
}

std::string served_text(ServedRoutes on_request) {
  std::string text = "not found: respand serves POST of";
  std::string others;
  for (const HttpRoute& route : kRoutes) {
    if (is_served(route, on_request)) {
      text += (&route == kRoutes.begin() ? " /api/" : ", /api/") + std::string(route.name);
    } else {
      others += (others.empty() ? "; where http.routes names them also of " : ", ") + std::string(route.name);
    }
  }
  text += ", and GET of";
  for (const HttpPage& page : kPages) {
    text.append(&page == kPages.begin() ? " " : ", ").append(page.path);
  }
  return text + others;
}

std::string_view label_of(const Asked& asked) {
  switch (asked.what) {
    case Asked::What::kRoute:
      return asked.route->name;
    case Asked::What::kHealth:
    case Asked::What::kReady:
    case Asked::What::kReadyIntake:
      return "healthz";
    case Asked::What::kGateway:
      return "chat/completions";
    case Asked::What::kServer:
    case Asked::What::kNothing:
      break;
  }
  return "other";
}

}  // namespace respand::sockets
