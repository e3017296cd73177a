#pragma once
// What a request is for, by its target: the routes that respand serves over HTTP, each with or without /api and the
// last slash. Pure; any thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "respand/base/api_route.h"

namespace respand::sockets {

// How a body is read.
enum class Form : std::uint8_t {
  kRecords,  // one record, an array of them, or a line each
  kLogs,     // {"logs":[…]}
  kSpans,    // an array of spans, or {"data":[…]}
  kOtlp,     // one export request, in JSON or protobuf
};

struct HttpRoute {
  std::string_view name;  // without slashes at its ends
  Form form = Form::kRecords;
  ApiRoute api = ApiRoute::kRecords;  // the API's route that its bodies are posted to
};

// What a request asks for. The texts are views of the target.
struct Asked {
  enum class What : std::uint8_t {
    kRoute,
    kServer,       // "/" and "*": whether a server is there
    kHealth,       // /healthz
    kReady,        // /readyz
    kReadyIntake,  // /readyz/intake
    kGateway,      // chat/completions and its like: a call to a model, not a log of one
    kNothing,
  };
  What what = What::kNothing;
  const HttpRoute* route = nullptr;  // of kRoute
  std::string_view path{};
  std::string_view query{};  // behind the question mark
};

// Which of the optional routes (http.routes) are served; a bit for each ApiRoute.
using ServedRoutes = std::uint32_t;
[[nodiscard]] constexpr ServedRoutes bit_of(ApiRoute route) { return ServedRoutes{1} << index_of(route); }

// Reads a target. Of one in absolute form (RFC 9112, 3.2.2) the path counts.
[[nodiscard]] Asked asked(std::string_view target, ServedRoutes on_request = 0);
// The text of a 404: what is served.
[[nodiscard]] std::string served_text(ServedRoutes on_request = 0);
// The label of respand_http_refused_total{route}: the name of what is served, else "other".
[[nodiscard]] std::string_view label_of(const Asked& asked);

}  // namespace respand::sockets
