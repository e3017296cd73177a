#include "sockets/http_head.h"

#include <algorithm>

#include "respand/base/ignore_case.h"
#include "respand/base/text.h"
#include "respand/http1/kept_headers.h"
#include "sockets/answers.h"

namespace respand::sockets {
namespace {

constexpr std::string_view kAllowPost = "Allow: POST\r\n";
constexpr std::string_view kAllowGet = "Allow: GET, HEAD\r\n";
constexpr std::string_view kText = "text/plain; charset=utf-8";
// Bytes of the query of a request to an OTLP or span route. No client sends a longer one.
constexpr std::size_t kMostQuery = 512;

// The type alone: "application/json" of "application/json; charset=utf-8".
std::string_view media_type(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  return content_type.substr(0, content_type.find_last_not_of(" \t") + 1);
}

bool is_get(std::string_view method) { return method == "GET" || method == "HEAD"; }

// Whether it is a list of header names, as a browser sends in Access-Control-Request-Headers.
bool is_name_list(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == ',' || c == ' ';
  });
}

}  // namespace

// Four questions, each asked only where those before let the request through: who sends it, what for, with which key,
// and how its body comes.
HttpReply HeadJudge::judge(HttpIntent& intent) const {
  intent = {.asked = asked(head_.target, shared_.desk.routes)};
  HttpReply said = judge_sender(intent);
  if (said.status == 0) {
    said = judge_target(intent);
  }
  if (said.status == 0) {
    said = judge_key(intent);
  }
  if (said.status == 0) {
    said = intent.read_path.empty() ? judge_body(intent) : judge_read();
  }
  return said;
}

// Judges requests over TCP only: no browser reaches a Unix socket.
HttpReply HeadJudge::judge_sender(HttpIntent& intent) const {
  const http1::HttpTrust& trust = shared_.desk.trust;
  if (reach_ == HttpReach::kUnix) {
    return {};
  }
  // A request of HTTP/1.0 may have no Host; no browser speaks it.
  if ((!head_.http_1_0 || !head_.host.empty()) && !http1::is_known_host(trust, head_.host)) {
    shared_.count_bad_request();
    return {
        421, {}, detail_body(cat("the host \"", head_.host, "\" is none of this respand's: name it in http.hosts"))};
  }
  switch (http1::sender_of(trust, head_.host, head_.origin, head_.fetch_site)) {
    case http1::Sender::kProgram:
      return {};
    case http1::Sender::kListedPage:
      intent.allow_origin = cat("Access-Control-Allow-Origin: ", head_.origin, "\r\nVary: Origin\r\n");
      return head_.method == "OPTIONS" && !head_.request_method.empty() ? preflight() : HttpReply{};
    case http1::Sender::kForeignPage:
      break;
  }
  shared_.count_bad_request();
  return {403,
          {},
          detail_body(cat("web pages may not post here", head_.origin.empty() ? "" : ": name the origin ", head_.origin,
                          head_.origin.empty() ? "" : " in http.allow_origins to let it"))};
}

HttpReply HeadJudge::preflight() const {
  const std::string headers = is_name_list(head_.request_headers) && !head_.request_headers.empty()
                                  ? cat("Access-Control-Allow-Headers: ", head_.request_headers, "\r\n")
                                  : std::string();
  return {204, cat("Access-Control-Allow-Methods: POST\r\nAccess-Control-Max-Age: 600\r\n", headers), {}, {}};
}

HttpReply HeadJudge::judge_target(HttpIntent& intent) const {
  if (shared_.desk.ask_api) {
    if (const auto path = read_path(head_.method, head_.target)) {
      intent.read_path = *path;
      return {};
    }
  }
  switch (intent.asked.what) {
    case Asked::What::kRoute:
      break;
    case Asked::What::kServer:
      return head_.method == "HEAD" || head_.method == "OPTIONS" ? HttpReply{200, {}, {}, kText}
                                                                 : not_served(intent.asked);
    case Asked::What::kHealth:
      return is_get(head_.method) ? HttpReply{200, {}, "alive\n", kText}
                                  : HttpReply{405, std::string(kAllowGet), detail_body("this is asked for with GET")};
    case Asked::What::kReady:
    case Asked::What::kReadyIntake:
      return is_get(head_.method) ? ready(intent.asked.what == Asked::What::kReadyIntake)
                                  : HttpReply{405, std::string(kAllowGet), detail_body("this is asked for with GET")};
    case Asked::What::kGateway:
    case Asked::What::kNothing:
      return not_served(intent.asked);
  }
  return head_.post ? HttpReply{}
                    : HttpReply{405, std::string(kAllowPost), detail_body("records are handed over with POST")};
}

HttpReply HeadJudge::ready(bool intake_only) const {
  const Readiness now = shared_.desk.readiness ? shared_.desk.readiness(intake_only) : Readiness{};
  return {now.ready ? 200U : 503U, {}, now.text, kText};
}

HttpReply HeadJudge::not_served(const Asked& asked) const {
  shared_.desk.refusals.note_unserved(head_.method, asked.path, head_.user_agent);
  if (asked.what == Asked::What::kGateway) {
    return {404, {}, detail_body("respand takes logs, not calls to a model: set the gateway's base URL apart")};
  }
  return {404, {}, detail_body(served_text(shared_.desk.routes))};
}

// Only a request for a route needs a key: health and readiness may be asked for without one. Over the Unix socket, whom
// the file mode lets in needs none; over TCP no key is like an unknown one.
HttpReply HeadJudge::judge_key(HttpIntent& intent) const {
  if (intent.asked.what != Asked::What::kRoute && intent.read_path.empty()) {
    return {};
  }
  const HttpKeys& keys = shared_.desk.keys;
  const Borne borne = bearer_of(keys, head_.authorization);
  switch (borne.bearer) {
    case Bearer::kNamed:
      intent.key.emplace(borne.name);
      return {};
    case Bearer::kOwn:
      intent.key.emplace();
      return {};
    case Bearer::kToken:
      return {};
    case Bearer::kNone:
      if (reach_ == HttpReach::kUnix) {
        return {};
      }
      break;
    case Bearer::kUnknown:
      break;
  }
  if (!keys.refuse_unknown) {
    return {};
  }
  if (intent.read_path.empty()) {  // A read brings no record that could be refused.
    shared_.count_bad_request();
  }
  shared_.desk.refusals.note_unknown_key(intent.asked.path, head_.user_agent);
  return {401, "WWW-Authenticate: Bearer\r\n",
          detail_body(borne.bearer == Bearer::kNone
                          ? "no key: send Authorization: Bearer with one that this respand knows"
                          : "the key is none that this respand knows: see api.keys and http.token_file")};
}

// The request goes on with the client's own key: respand neither lends it a key nor passes its own token on.
HttpReply HeadJudge::judge_read() const {
  if (bearer_of(shared_.desk.keys, head_.authorization).bearer == Bearer::kToken) {
    return {401, "WWW-Authenticate: Bearer\r\n",
            detail_body("the token of http.token_file lets records in; the API is asked with a key of its own")};
  }
  if (!head_.content_encoding.empty()) {
    return {415, {}, detail_body("a request that goes on to the API comes without Content-Encoding")};
  }
  return {};
}

HttpReply HeadJudge::judge_body(HttpIntent& intent) const {
  const std::string_view type = media_type(head_.content_type);
  const bool otlp = intent.asked.route->form == Form::kOtlp;
  intent.protobuf = otlp && (iequals(type, encode::kProtobuf) || iequals(type, "application/protobuf"));
  const auto packing = http1::packing_of(head_.content_encoding);
  if (head_.expects_unknown) {
    shared_.count_bad_request();
    return {417, {}, detail_body("of expectations only 100-continue is known")};
  }
  if (!packing) {
    shared_.count_bad_request();
    return {415, "Accept-Encoding: gzip, deflate, zstd\r\n",
            detail_body("of content encodings gzip, deflate and zstd are understood, one at a time")};
  }
  intent.packing = *packing;
  if (otlp && !intent.protobuf && !type.empty() && !iequals(type, "application/json")) {
    shared_.count_bad_request();
    return {415, {}, detail_body("OTLP comes as application/json or application/x-protobuf")};
  }
  if (otlp && (shared_.desk.refuse_otlp || (shared_.desk.masks && is_on_request(intent.asked.route->api)))) {
    shared_.count_bad_request();
    return {422, {}, detail_body(shared_.desk.refuse_otlp ? kNotMaskable : kOnlyTracesAreMasked)};
  }
  if (intent.asked.route->api != ApiRoute::kRecords && intent.asked.query.size() > kMostQuery) {
    shared_.count_bad_request();
    return {414, {}, detail_body("the query is over the limit of 512 bytes")};
  }
  if (intent.asked.route->api != ApiRoute::kRecords && head_.kept.size() > http1::kMostKeptHeaders) {
    shared_.count_bad_request();
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
