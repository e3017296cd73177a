#include "http/url.h"

#include <curl/curl.h>

#include <cstdlib>
#include <memory>

#include "respand/base/text.h"

namespace respand::http {
namespace {

struct UrlCleanup {
  void operator()(CURLU* url) const { ::curl_url_cleanup(url); }
};

// Empty where the URL has no such part.
std::string part_of(CURLU* url, CURLUPart what, unsigned flags = 0) {
  char* text = nullptr;
  if (::curl_url_get(url, what, &text, flags) != CURLUE_OK || text == nullptr) {
    return {};
  }
  std::string part(text);
  ::curl_free(text);
  return part;
}

}  // namespace

std::optional<Url> parse_url(const std::string& text) {
  const std::unique_ptr<CURLU, UrlCleanup> parsed(::curl_url());
  if (!parsed || ::curl_url_set(parsed.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return std::nullopt;
  }
  const std::string scheme = part_of(parsed.get(), CURLUPART_SCHEME);
  Url url;
  url.tls = scheme == "https";
  url.host = part_of(parsed.get(), CURLUPART_HOST);
  if ((!url.tls && scheme != "http") || url.host.empty()) {
    return std::nullopt;
  }
  const std::string own_port = part_of(parsed.get(), CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
  url.authority = own_port.empty() ? url.host : cat(url.host, ":", own_port);
  url.port = static_cast<std::uint16_t>(std::atoi(part_of(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT).c_str()));
  if (url.host.starts_with('[')) {
    url.host = url.host.substr(1, url.host.size() - 2);
  }
  const std::string query = part_of(parsed.get(), CURLUPART_QUERY);
  url.path = cat(part_of(parsed.get(), CURLUPART_PATH), query.empty() ? "" : "?", query);
  url.has_user = !part_of(parsed.get(), CURLUPART_USER).empty() || !part_of(parsed.get(), CURLUPART_PASSWORD).empty();
  return url;
}

}  // namespace respand::http
