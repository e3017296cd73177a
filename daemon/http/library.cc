#include <curl/curl.h>
#include <nghttp2/nghttp2.h>
#include <openssl/crypto.h>

#include <cstdlib>

#include "http/engine_client.h"
#include "respand/base/text.h"
#include "respand/http/client.h"

namespace respand::http {

void start_library() {
  // curl_global_init() must run once, and never on two threads at a time: the initialisation of a static ensures both.
  static const CURLcode code = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) {
    std::abort();  // The TLS library does not start, and nothing can be sent.
  }
}

std::string library_version() {
  return cat(::curl_version(), "\nHTTP/2: nghttp2/", ::nghttp2_version(0)->version_str, " OpenSSL/",
             ::OpenSSL_version(OPENSSL_VERSION_STRING));
}

std::unique_ptr<Client> make_client(const Target& target, const Clock& clock) {
  return std::make_unique<EngineClient>(target, clock);
}

}  // namespace respand::http
