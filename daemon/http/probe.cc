#include "http/probe.h"

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "http/easy_handle.h"
#include "http/header_text.h"
#include "http/route.h"
#include "respand/base/text.h"

namespace respand::http {
namespace {

constexpr std::size_t kMostBody = 1024;
constexpr std::string_view kDate = "date:";

struct Received {
  std::string body;
  std::string date;
};

std::size_t take_probe_header(char* data, std::size_t size, std::size_t count, void* to) {
  const std::string_view line(data, size * count);
  if (starts_with(line, kDate)) {
    static_cast<Received*>(to)->date = line.substr(kDate.size());
  }
  return line.size();
}

std::size_t take_probe_body(char* data, std::size_t size, std::size_t count, void* to) {
  std::string& body = static_cast<Received*>(to)->body;
  body.append(std::string_view(data, size * count).substr(0, kMostBody - body.size()));
  return size * count;
}

std::optional<WallTime> time_of(const std::string& text) {
  const std::time_t seconds = ::curl_getdate(text.c_str(), nullptr);
  return seconds < 0 ? std::nullopt : std::optional(WallTime{std::chrono::seconds{seconds}});
}

// The values are OpenSSL's X509_V_ERR_…, which libcurl passes on as they are.
ProbeFault fault_of_certificate(CURL* easy) {
  long verdict = 0;
  ::curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
  constexpr long kNotJudged = 1;
  constexpr long kNotYetValid = 9;
  constexpr long kHasExpired = 10;
  constexpr long kHostName = 62;
  switch (verdict) {
    case 0:
    case kNotJudged:  // OpenSSL found nothing wrong with the chain, so what is wrong is the name
    case kHostName:
      return ProbeFault::kHostName;
    case kNotYetValid:
      return ProbeFault::kNotYetValid;
    case kHasExpired:
      return ProbeFault::kExpired;
    default:
      return ProbeFault::kUntrusted;
  }
}

ProbeFault fault_of(CURLcode code, CURL* easy, bool by_proxy, long connect_status) {
  if (connect_status >= 400) {
    return ProbeFault::kProxyRefuses;
  }
  switch (code) {
    case CURLE_OK:
      return ProbeFault::kNone;
    case CURLE_COULDNT_RESOLVE_PROXY:
      return ProbeFault::kResolveProxy;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_URL_MALFORMAT:
      return ProbeFault::kResolve;
    case CURLE_COULDNT_CONNECT:
      return by_proxy ? ProbeFault::kConnectProxy : ProbeFault::kConnect;
    case CURLE_PROXY:
      return ProbeFault::kProxyRefuses;
    case CURLE_SSL_CONNECT_ERROR:
      return ProbeFault::kTls;
    case CURLE_PEER_FAILED_VERIFICATION:
      return fault_of_certificate(easy);
    case CURLE_SSL_CACERT_BADFILE:
      return ProbeFault::kCaFile;
    case CURLE_OPERATION_TIMEDOUT:
      return ProbeFault::kTimeout;
    default:
      return ProbeFault::kBroken;
  }
}

// When the first certificate of the chain, which is the host's own, expires.
std::optional<WallTime> end_of_certificate(CURL* easy) {
  curl_certinfo* chain = nullptr;
  if (::curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == nullptr ||
      chain->num_of_certs == 0) {
    return std::nullopt;
  }
  constexpr std::string_view kExpires = "Expire date:";
  for (const curl_slist* line = chain->certinfo[0]; line != nullptr; line = line->next) {
    if (const std::string_view text = line->data; text.starts_with(kExpires)) {
      return time_of(std::string(text.substr(kExpires.size())));
    }
  }
  return std::nullopt;
}

bool uses_proxy(const Target& target) {
  if (!target.proxy_of_environment) {
    return !target.proxy.empty();
  }
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
    if (value != nullptr && *value != '\0') {
      return true;
    }
  }
  return false;
}

}  // namespace

ProbeReport probe(Target target, const std::string& record, Duration patience) {
  ProbeReport report;
  if (record.empty()) {
    target.bearer.clear();
  }
  target.compress = false;
  target.connect_timeout = std::min(target.connect_timeout, patience);
  const Route route(std::move(target));
  const EasyHandle easy(::curl_easy_init());
  if (!easy || !route.configure(easy.get())) {
    report.fault = ProbeFault::kBroken;
    report.detail = "libcurl can't be set up";
    return report;
  }
  Received received;
  std::array<char, CURL_ERROR_SIZE> words{};
  ::curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, words.data());
  ::curl_easy_setopt(easy.get(), CURLOPT_HEADERFUNCTION, take_probe_header);
  ::curl_easy_setopt(easy.get(), CURLOPT_HEADERDATA, &received);
  ::curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, take_probe_body);
  ::curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &received);
  ::curl_easy_setopt(easy.get(), CURLOPT_CERTINFO, 1L);
  ::curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS,
                     static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(patience).count()));
  if (record.empty()) {
    ::curl_easy_setopt(easy.get(), CURLOPT_NOBODY, 1L);
  } else {
    ::curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, record.data());
    ::curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(record.size()));
  }
  const CURLcode code = ::curl_easy_perform(easy.get());
  long status = 0;
  long connect_status = 0;
  curl_off_t elapsed = 0;
  const char* address = nullptr;
  ::curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  ::curl_easy_getinfo(easy.get(), CURLINFO_HTTP_CONNECTCODE, &connect_status);
  ::curl_easy_getinfo(easy.get(), CURLINFO_TOTAL_TIME_T, &elapsed);
  ::curl_easy_getinfo(easy.get(), CURLINFO_PRIMARY_IP, &address);
  report.fault = fault_of(code, easy.get(), uses_proxy(route.target()), connect_status);
  report.status = static_cast<int>(report.fault == ProbeFault::kProxyRefuses ? connect_status : status);
  report.detail = code == CURLE_OK ? "" : words[0] != '\0' ? words.data() : ::curl_easy_strerror(code);
  report.body = std::move(received.body);
  route.hide_key(report.detail);
  route.hide_key(report.body);
  report.address = address != nullptr ? address : "";
  report.elapsed = Duration{elapsed};
  report.date = received.date.empty() ? std::nullopt : time_of(received.date);
  report.certificate_ends = code == CURLE_OK ? end_of_certificate(easy.get()) : std::nullopt;
  return report;
}

}  // namespace respand::http
