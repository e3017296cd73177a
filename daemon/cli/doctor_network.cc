// Judges the report of a request to the API.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>

#include "cli/doctor.h"
#include "config/network.h"
#include "respand/base/fd.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

using Kind = Finding::Kind;
using http::ProbeFault;

// If the clocks differ by more, signatures and the times of records are wrong.
constexpr Duration kClockTolerance = std::chrono::seconds{30};
constexpr Duration kSoon = std::chrono::hours{24 * 14};

constexpr std::string_view kClockRemedy = "set this host's clock: sudo timedatectl set-ntp true";

std::string host_of(const config::Config& config) {
  const auto url = config::split_url(config.api.base_url);
  return url ? std::string(url->host) : config.api.base_url;
}

bool behind_proxy(const config::Config& config) { return !config.api.proxy.empty(); }

bool environment_has_proxy() {
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"}) {
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
    if (value != nullptr && *value != '\0') {
      return true;
    }
  }
  return false;
}

std::string way_out(const config::Config& config) {
  if (!behind_proxy(config) && environment_has_proxy()) {
    return "set api.proxy: environment, so that the proxy of https_proxy and http_proxy is used; it is not by itself";
  }
  return behind_proxy(config) ? "see whether the proxy of api.proxy lets this host through"
                              : "open the firewall for it, or set api.proxy where this network wants one";
}

// The finding for a request that got no answer: area, meaning, what to do.
Finding of_fault(const config::Config& config, const http::ProbeReport& report) {
  const std::string url = config.api.create_url();
  const std::string host = host_of(config);
  const std::string words = report.detail.empty() ? "" : cat(" (", printable(report.detail, 200), ")");
  const std::string authority =
      config.api.ca_file.empty()
          ? "install ca-certificates; for a private CA set api.ca_file to its certificate"
          : cat("put the certificate of the CA that signed it into ", config.api.ca_file, " (api.ca_file)");
  switch (report.fault) {
    case ProbeFault::kResolve:
      return {Kind::kWrong, "dns", cat("the name ", host, " is not known", words),
              "correct api.base_url, or this host's name servers (/etc/resolv.conf)"};
    case ProbeFault::kResolveProxy:
      return {Kind::kWrong, "proxy", cat("the proxy's name is not known", words),
              "correct the host in api.proxy, or this host's name servers (/etc/resolv.conf)"};
    case ProbeFault::kConnectProxy:
      return {Kind::kWrong, "proxy", cat("the proxy can't be connected to", words),
              "correct host and port in api.proxy, or start the proxy"};
    case ProbeFault::kProxyRefuses:
      return {Kind::kWrong, "proxy",
              cat("the proxy does not let respand through to ", host, ": it answered ", report.status, words),
              report.status == 407 ? "put user and password into api.proxy: http://USER:PASSWORD@HOST:PORT"
                                   : cat("have the proxy allow CONNECT to ", host)};
    case ProbeFault::kConnect:
      return {Kind::kWrong, "connection", cat("no connection to ", url, words),
              cat("correct api.base_url, or ", way_out(config))};
    case ProbeFault::kTls:
      return {Kind::kWrong, "tls", cat(host, " speaks no TLS that respand speaks", words),
              "correct port and scheme of api.base_url (https:// where http:// is served?); TLS 1.2 is the least"};
    case ProbeFault::kExpired:
      return {Kind::kWrong, "tls", cat("the certificate of ", host, " has expired", words),
              cat("renew it on the server; or ", kClockRemedy)};
    case ProbeFault::kNotYetValid:
      return {Kind::kWrong, "tls", cat("the certificate of ", host, " is not valid yet", words),
              std::string(kClockRemedy)};
    case ProbeFault::kHostName:
      return {Kind::kWrong, "tls", cat("the certificate is not for ", host, words),
              "correct the host in api.base_url: it must be a name that the certificate holds"};
    case ProbeFault::kUntrusted:
      return {Kind::kWrong, "tls", cat("the certificate of ", host, " is signed by nobody trusted", words), authority};
    case ProbeFault::kCaFile:
      return {Kind::kWrong, "tls", cat("the CA file can't be used", words), authority};
    case ProbeFault::kTimeout:
      return {Kind::kWrong, "connection", cat("no answer from ", url, " in time", words), way_out(config)};
    case ProbeFault::kBroken:
    case ProbeFault::kNone:
      break;
  }
  return {Kind::kWrong, "connection", cat("what answers at ", url, " speaks no HTTP", words),
          "correct host and port of api.base_url, and see api.http_version"};
}

void judge_clock(const http::ProbeReport& report, WallTime now, Findings& found) {
  if (!report.date) {
    return;
  }
  const Duration off = now - *report.date - report.elapsed / 2;
  const Duration distance = off < Duration{0} ? -off : off;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(distance).count();
  if (distance <= kClockTolerance) {
    found.push_back({Kind::kGood, "clock", "as the API's, to half a minute", {}});
    return;
  }
  found.push_back({Kind::kWrong, "clock",
                   cat("this host's clock is ", seconds, " s ", off > Duration{0} ? "ahead of" : "behind",
                       " the API's: records get a wrong timestamp"),
                   std::string(kClockRemedy)});
}

void judge_certificate(const config::Config& config, const http::ProbeReport& report, WallTime now, Findings& found) {
  if (!report.certificate_ends) {
    return;
  }
  const Duration left = *report.certificate_ends - now;
  const auto days = std::chrono::duration_cast<std::chrono::hours>(left).count() / 24;
  const bool soon = left < kSoon;
  found.push_back({soon ? Kind::kNote : Kind::kGood, "tls",
                   cat("the certificate of ", host_of(config), " is good, and ends in ", days, " days"),
                   soon ? "renew it on the server before" : ""});
}

}  // namespace

void judge_probe(const config::Config& config, const http::ProbeReport& report, WallTime now, Findings& found) {
  if (report.fault != ProbeFault::kNone) {
    found.push_back(of_fault(config, report));
    return;
  }
  const std::string url = config.api.create_url();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(report.elapsed).count();
  if (report.status == 407) {
    found.push_back(of_fault(config, {.fault = ProbeFault::kProxyRefuses, .status = 407}));
  } else if (report.status == 404) {
    found.push_back({Kind::kNote, "api", cat(url, " answers HEAD with 404"),
                     "where records get 404 too (--send-test), correct api.base_url and api.path"});
  } else if (report.status >= 500) {
    found.push_back({Kind::kNote, "api", cat(url, " answers ", report.status),
                     "it is the API's to mend; respand keeps the records and tries again"});
  } else {
    found.push_back({Kind::kGood, "api", cat(url, " answers, from ", report.address, " in ", milliseconds, " ms"), {}});
  }
  judge_certificate(config, report, now, found);
  judge_clock(report, now, found);
}

void judge_loop(const config::Config& config, const http::ProbeReport& report, bool is_own, Findings& found) {
  const auto url = config::split_url(config.api.base_url);
  const auto& listen = config.http.listen;
  if (!url || !listen || behind_proxy(config) || url->port != listen->port || report.address.empty()) {
    return;
  }
  const bool any = listen->host == "0.0.0.0" || listen->host == "::";
  if (listen->host == report.address || (any && is_own)) {
    found.push_back({Kind::kWrong, "api",
                     cat("api.base_url (", config.api.base_url, ") leads to ", report.address,
                         ", which is this respand's own http.listen: records would come in again for ever"),
                     "set api.base_url to the API, or to another respand"});
  }
}

// A socket can be bound to this host's own addresses only.
bool is_own_address(const std::string& address) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  const bool four = ::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1;
  if (!four && ::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) != 1) {
    return false;
  }
  const UniqueFd socket(::socket(four ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto* const where = four ? reinterpret_cast<const sockaddr*>(&v4) : reinterpret_cast<const sockaddr*>(&v6);
  return socket.get() >= 0 && ::bind(socket.get(), where, four ? sizeof v4 : sizeof v6) == 0;
}

void judge_test(const config::Config& config, const http::ProbeReport& report, Findings& found) {
  if (report.fault != ProbeFault::kNone) {
    found.push_back(of_fault(config, report));
    return;
  }
  const std::string said = cat("a test record: the API answers ", report.status, " ", printable(report.body, 200));
  const auto wrong = [&](std::string remedy) { found.push_back({Kind::kWrong, "test", said, std::move(remedy)}); };
  if (report.status >= 200 && report.status < 300) {
    found.push_back({Kind::kGood, "test", said, {}});
  } else if (report.status == 401 || report.status == 403) {
    wrong(cat("put the right key in place (", config.api.key_origin.to_string(), "), then systemctl reload respand"));
  } else if (report.status == 402) {
    wrong("put the account in order at Respan; delivery resumes by itself");
  } else if (report.status == 404 || report.status == 405 || (report.status >= 300 && report.status < 400)) {
    wrong("correct api.base_url and api.path");
  } else if (report.status == 407) {
    wrong("put user and password into api.proxy: http://USER:PASSWORD@HOST:PORT");
  } else if (report.status == 408 || report.status == 425 || report.status == 429 || report.status >= 500) {
    wrong("nothing: respand tries such records again by itself; see the API's status page if it stays so");
  } else {
    wrong("see what stands between this host and the API, and api.base_url and api.path");
  }
}

}  // namespace respand::cli
