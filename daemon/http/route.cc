#include "http/route.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "respand/base/text.h"

namespace respand::http {
namespace {

// The longest time for which an address from DNS is kept; it is shorter where connections live shorter. Connections are
// renewed now and then (Target::connection_life), and a change in DNS takes effect then.
constexpr Duration kAddressLife = std::chrono::seconds{60};
// A transfer of fewer bytes a second than this, over request_timeout, is stuck.
constexpr long kStuck = 1024;

// libcurl reads 0 as "for ever": round up.
long milliseconds(Duration duration) {
  return std::max<long>(1, std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

long http_version(Version version) {
  switch (version) {
    case Version::kAuto:
      return CURL_HTTP_VERSION_2TLS;
    case Version::k11:
      return CURL_HTTP_VERSION_1_1;
    case Version::k2:
      return CURL_HTTP_VERSION_2_0;
    case Version::k2PriorKnowledge:
      return CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
  }
  return CURL_HTTP_VERSION_1_1;
}

// Whether a connection may turn out to carry many requests at once (HTTP/2). Then requests wait until the first
// connection is made, instead of opening one each.
bool may_multiplex(const Target& target) {
  return target.version != Version::k11 && (target.version != Version::kAuto || target.url.starts_with("https:"));
}

// libcurl 7.88 (Debian 12) begins HTTP/2 again on a kept connection that was opened with prior knowledge, so that every
// request but the first fails. With that version each request gets a connection of its own.
bool may_keep(const Target& target) {
  constexpr unsigned kFixed = 0x080000;
  return target.version != Version::k2PriorKnowledge || target.url.starts_with("https:") ||
         ::curl_version_info(CURLVERSION_NOW)->version_num >= kFixed;
}

long seconds(Duration duration) { return std::max<long>(1, std::chrono::ceil<std::chrono::seconds>(duration).count()); }

template <typename T>
bool set(CURL* easy, CURLoption option, T value) {
  return ::curl_easy_setopt(easy, option, value) == CURLE_OK;
}

}  // namespace

Route::Route(Target target, bool generation)
    : target_(std::move(target)), generation_(generation), keeps_connections_(may_keep(target_)) {
  key_masks_.emplace_back(target_.bearer);
  complete_ = add_headers({}, target_.bearer);
  for (const auto& [name, bearer] : target_.keys) {
    key_masks_.emplace_back(bearer);
    complete_ = complete_ && add_headers(name, bearer);
  }
}

curl_slist* Route::headers(bool protobuf, std::string_view key) const {
  return headers_.find(key)->second[protobuf ? 1 : 0].get();
}

namespace {

constexpr std::array<std::string_view, 2> kContentTypes{"application/json", "application/x-protobuf"};

}  // namespace

bool Route::add(Headers& headers, const std::string& line) {
  curl_slist* longer = ::curl_slist_append(headers.get(), line.c_str());
  if (longer == nullptr) {
    return false;
  }
  static_cast<void>(headers.release());  // The new head is the old one, or the list was empty.
  headers.reset(longer);
  return true;
}

Route::Headers Route::headers_with(bool protobuf, std::string_view key, std::string_view lines) const {
  Headers all;
  bool complete = true;
  for (const curl_slist* one = headers(protobuf, key); one != nullptr; one = one->next) {
    complete = complete && add(all, one->data);
  }
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find("\r\n"), lines.size());
    complete = complete && (end == 0 || add(all, std::string(lines.substr(0, end))));
    lines.remove_prefix(std::min(end + 2, lines.size()));
  }
  return complete ? std::move(all) : nullptr;
}

bool Route::add_headers(std::string_view name, const std::string& bearer) {
  std::array<Headers, 2>& lists = headers_[std::string(name)];
  // An empty "Expect:" keeps libcurl from sending "Expect: 100-continue" before bodies over 1 MB, which would cost a
  // round trip, or a second where the server does not answer it.
  bool complete = true;
  for (std::size_t i = 0; i < lists.size(); ++i) {
    complete = complete && add(lists[i], cat("Content-Type: ", kContentTypes[i])) && add(lists[i], "Expect:") &&
               (!target_.compress || add(lists[i], "Content-Encoding: gzip")) &&
               (bearer.empty() || add(lists[i], cat("Authorization: Bearer ", bearer)));
  }
  return complete;
}

bool Route::configure(CURL* easy) const {
  return complete_ && set(easy, CURLOPT_URL, target_.url.c_str()) && set(easy, CURLOPT_POST, 1L) &&
         set(easy, CURLOPT_HTTPHEADER, headers(false, {})) &&
         set(easy, CURLOPT_USERAGENT, target_.user_agent.c_str()) && set(easy, CURLOPT_PROTOCOLS_STR, "http,https") &&
         set(easy, CURLOPT_FOLLOWLOCATION, 0L) &&
         // Empty strings mean no proxy, and no exceptions from it, whatever the environment says.
         (target_.proxy_of_environment ||
          (set(easy, CURLOPT_PROXY, target_.proxy.c_str()) && set(easy, CURLOPT_NOPROXY, ""))) &&
         set(easy, CURLOPT_HTTP_VERSION, http_version(target_.version)) &&
         // A name server that does not answer must not hold up a stop: libcurl does not wait for its resolver thread.
         set(easy, CURLOPT_QUICK_EXIT, 1L) && set(easy, CURLOPT_PIPEWAIT, may_multiplex(target_) ? 1L : 0L) &&
         set(easy, CURLOPT_FRESH_CONNECT, keeps_connections_ ? 0L : 1L) &&
         set(easy, CURLOPT_FORBID_REUSE, keeps_connections_ ? 0L : 1L) &&
         set(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(target_.connect_timeout)) &&
         set(easy, CURLOPT_LOW_SPEED_LIMIT, kStuck) &&
         set(easy, CURLOPT_LOW_SPEED_TIME, seconds(target_.request_timeout)) && set(easy, CURLOPT_NOSIGNAL, 1L) &&
         set(easy, CURLOPT_NOPROGRESS, 1L) && set(easy, CURLOPT_TCP_NODELAY, 1L) &&
         set(easy, CURLOPT_TCP_KEEPALIVE, 1L) &&
         set(easy, CURLOPT_MAXLIFETIME_CONN, seconds(target_.connection_life)) &&
         set(easy, CURLOPT_DNS_CACHE_TIMEOUT, seconds(std::min(target_.connection_life, kAddressLife))) &&
         configure_tls(easy);
}

long Route::timeout(std::size_t body) const {
  const std::size_t beyond = body > kFreeOfTime ? body : 0;
  return milliseconds(target_.request_timeout + std::chrono::seconds{beyond / kSlowestUpload});
}

bool Route::configure_tls(CURL* easy) const {
  // libcurl checks the age of a connection only while it is idle, and one that carries many requests at once never is.
  // So new requests must be made to open a new connection. libcurl does not share connections between different TLS
  // settings, and this one has no effect with OpenSSL: it only tells requests of the new generation from those of the
  // old.
  const long generation = generation_ ? CURLSSLOPT_REVOKE_BEST_EFFORT : 0;
  if (!set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2)) ||
      !set(easy, CURLOPT_SSL_OPTIONS, generation)) {
    return false;
  }
  if (target_.ca_file.empty()) {
    return true;
  }
  // Without this the system's folder of authorities would be trusted as well as the file.
  return set(easy, CURLOPT_CAINFO, target_.ca_file.c_str()) &&
         set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
}

}  // namespace respand::http
