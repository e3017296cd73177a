#include "http/failure.h"

namespace respand::http {

std::string_view name_of(Failure failure) noexcept {
  switch (failure) {
    case Failure::kNone:
      return "none";
    case Failure::kConnect:
      return "connect";
    case Failure::kResolve:
      return "resolve";
    case Failure::kCertificate:
      return "certificate";
    case Failure::kTimeout:
      return "timeout";
    case Failure::kBroken:
      return "broken";
  }
  return "unknown";
}

Failure failure_of(CURLcode code) noexcept {
  // Not an enum of ours: libcurl has about a hundred codes and adds some with every release, hence a default.
  switch (code) {
    case CURLE_OK:
      return Failure::kNone;
    case CURLE_URL_MALFORMAT:  // no host in it that could be known
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Failure::kResolve;
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
      return Failure::kConnect;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ISSUER_ERROR:
      return Failure::kCertificate;
    case CURLE_OPERATION_TIMEDOUT:
      return Failure::kTimeout;
    default:
      return Failure::kBroken;
  }
}

}  // namespace respand::http
