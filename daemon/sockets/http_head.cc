// HttpServer, the part that judges a request by its head: who sends it, what it is for, and in what its body comes.

#include <algorithm>

#include "respand/base/text.h"
#include "respand/http1/ignore_case.h"
#include "respand/http1/kept_headers.h"
#include "sockets/answers.h"
#include "sockets/http_replies.h"
#include "sockets/http_server.h"

namespace respand::sockets {
namespace {

constexpr std::string_view kAllowPost = "Allow: POST\r\n";
constexpr std::string_view kAllowGet = "Allow: GET, HEAD\r\n";
constexpr std::string_view kText = "text/plain; charset=utf-8";
// Of a request to an OTLP or span route; what is longer is no query of a client's.
constexpr std::size_t kMostQuery = 512;

// "application/json; charset=utf-8" without what follows the type.
std::string_view media_type(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  return content_type.substr(0, content_type.find_last_not_of(" \t") + 1);
}

bool is_get(std::string_view method) { return method == "GET" || method == "HEAD"; }

// A list of header names: what a browser sends in Access-Control-Request-Headers.
bool is_name_list(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == ',' || c == ' ';
  });
}

}  // namespace

// Only over TCP: no browser reaches a Unix socket.
HttpServer::Reply HttpServer::judge_sender() {
  const http1::HttpRequestReader::Head& head = reader_.head();
  const http1::HttpTrust& trust = shared_.desk.trust;
  if (reach_ == Reach::kUnix) {
    return {};
  }
  // HTTP/1.0 may come without; no browser speaks it.
  if ((!head.http_1_0 || !head.host.empty()) && !http1::is_known_host(trust, head.host)) {
    reject_request();
    return {421, {}, detail_body(cat("the host \"", head.host, "\" is none of this respand's: name it in http.hosts"))};
  }
  switch (http1::sender_of(trust, head.host, head.origin, head.fetch_site)) {
    case http1::Sender::kProgram:
      return {};
    case http1::Sender::kListedPage:
      allow_origin_ = cat("Access-Control-Allow-Origin: ", head.origin, "\r\nVary: Origin\r\n");
      return head.method == "OPTIONS" && !head.request_method.empty() ? preflight() : Reply{};
    case http1::Sender::kForeignPage:
      break;
  }
  reject_request();
  return {403,
          {},
          detail_body(cat("web pages may not post here", head.origin.empty() ? "" : ": name the origin ", head.origin,
                          head.origin.empty() ? "" : " in http.allow_origins to let it"))};
}

HttpServer::Reply HttpServer::preflight() const {
  const http1::HttpRequestReader::Head& head = reader_.head();
  const std::string headers = is_name_list(head.request_headers) && !head.request_headers.empty()
                                  ? cat("Access-Control-Allow-Headers: ", head.request_headers, "\r\n")
                                  : std::string();
  return {204, cat("Access-Control-Allow-Methods: POST\r\nAccess-Control-Max-Age: 600\r\n", headers), {}, {}};
}

HttpServer::Reply HttpServer::judge_target() {
  const http1::HttpRequestReader::Head& head = reader_.head();
  if (shared_.desk.ask_api) {
    if (const auto path = read_path(head.method, head.target)) {
      read_path_ = *path;
      return {};
    }
  }
  switch (asked_.what) {
    case Asked::What::kRoute:
      break;
    case Asked::What::kServer:
      return head.method == "HEAD" || head.method == "OPTIONS" ? Reply{200, {}, {}, kText} : not_served();
    case Asked::What::kHealth:
      return is_get(head.method) ? Reply{200, {}, "alive\n", kText}
                                 : Reply{405, std::string(kAllowGet), detail_body("this is asked for with GET")};
    case Asked::What::kReady:
    case Asked::What::kReadyIntake:
      return is_get(head.method) ? ready(asked_.what == Asked::What::kReadyIntake)
                                 : Reply{405, std::string(kAllowGet), detail_body("this is asked for with GET")};
    case Asked::What::kGateway:
    case Asked::What::kNothing:
      return not_served();
  }
  return head.post ? Reply{} : Reply{405, std::string(kAllowPost), detail_body("records are handed over with POST")};
}

HttpServer::Reply HttpServer::ready(bool intake_only) const {
  const std::string why = shared_.desk.ready ? shared_.desk.ready(intake_only) : "ready\n";
  return {why.starts_with("ready") ? 200U : 503U, {}, why, kText};
}

HttpServer::Reply HttpServer::not_served() {
  const http1::HttpRequestReader::Head& head = reader_.head();
  shared_.desk.refusals.note_unserved(head.method, asked_.path, head.user_agent);
  if (asked_.what == Asked::What::kGateway) {
    return {404, {}, detail_body("respand takes logs, not calls to a model: set the gateway's base URL apart")};
  }
  return {404, {}, detail_body(served_text(shared_.desk.routes))};
}

// Of a request for a route only: whether somebody is there may be asked without a key. Over the Unix socket, whom the
// file mode lets in may come without; over TCP that is like an unknown one.
HttpServer::Reply HttpServer::judge_key() {
  if (asked_.what != Asked::What::kRoute && read_path_.empty()) {
    return {};
  }
  const http1::HttpRequestReader::Head& head = reader_.head();
  const HttpKeys& keys = shared_.desk.keys;
  const Borne borne = bearer_of(keys, head.authorization);
  switch (borne.bearer) {
    case Bearer::kNamed:
      key_.emplace(borne.name);
      return {};
    case Bearer::kOwn:
      key_.emplace();
      return {};
    case Bearer::kToken:
      return {};
    case Bearer::kNone:
      if (reach_ == Reach::kUnix) {
        return {};
      }
      break;
    case Bearer::kUnknown:
      break;
  }
  if (!keys.refuse_unknown) {
    return {};
  }
  reject_request();
  shared_.desk.refusals.note_unknown_key(asked_.path, head.user_agent);
  return {401, "WWW-Authenticate: Bearer\r\n",
          detail_body(borne.bearer == Bearer::kNone
                          ? "no key: send Authorization: Bearer with one that this respand knows"
                          : "the key is none that this respand knows: see api.keys and http.token_file")};
}

// It goes out with the client's own key: respand lends it none, and gives away none of its own secrets.
HttpServer::Reply HttpServer::judge_read() {
  const http1::HttpRequestReader::Head& head = reader_.head();
  if (bearer_of(shared_.desk.keys, head.authorization).bearer == Bearer::kToken) {
    return {401, "WWW-Authenticate: Bearer\r\n",
            detail_body("the token of http.token_file lets records in; the API is asked with a key of its own")};
  }
  if (!head.content_encoding.empty()) {
    return {415, {}, detail_body("a request that goes on to the API comes without Content-Encoding")};
  }
  return {};
}

HttpServer::Reply HttpServer::judge_body() {
  const http1::HttpRequestReader::Head& head = reader_.head();
  const std::string_view type = media_type(head.content_type);
  const bool otlp = asked_.route->form == Form::kOtlp;
  protobuf_ = otlp && (http1::iequals(type, encode::kProtobuf) || http1::iequals(type, "application/protobuf"));
  const auto packing = http1::packing_of(head.content_encoding);
  if (head.expects_unknown) {
    reject_request();
    return {417, {}, detail_body("of expectations only 100-continue is known")};
  }
  if (!packing) {
    reject_request();
    return {415, "Accept-Encoding: gzip, deflate, zstd\r\n",
            detail_body("of content encodings gzip, deflate and zstd are understood, one at a time")};
  }
  packing_ = *packing;
  if (otlp && !protobuf_ && !type.empty() && !http1::iequals(type, "application/json")) {
    reject_request();
    return {415, {}, detail_body("OTLP comes as application/json or application/x-protobuf")};
  }
  if (otlp && (shared_.desk.refuse_otlp || (shared_.desk.masks && is_on_request(asked_.route->api)))) {
    reject_request();
    return {422, {}, detail_body(shared_.desk.refuse_otlp ? kNotMaskable : kOnlyTracesAreMasked)};
  }
  if (asked_.route->api != ApiRoute::kRecords && asked_.query.size() > kMostQuery) {
    reject_request();
    return {414, {}, detail_body("the query is over the limit of 512 bytes")};
  }
  if (asked_.route->api != ApiRoute::kRecords && head.kept.size() > http1::kMostKeptHeaders) {
    reject_request();
    return {431,
            {},
            detail_body("the headers for the API (X-Respan-…, traceparent, OpenAI-Beta) are over the limit of 2 KiB")};
  }
  if (!shared_.producer.accepting()) {
    shared_.counters.received.add();
    shared_.counters.rejected_full.add();
    return {503, std::string(kRetryAfter), detail_body(kFullMessage)};
  }
  return {};
}

}  // namespace respand::sockets
