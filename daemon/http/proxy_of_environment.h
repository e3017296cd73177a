#pragma once
// Whether the environment names a proxy on the way to a server, by http_proxy, https_proxy, all_proxy and no_proxy as
// libcurl reads them. Reads the environment; any thread, as long as nobody changes it.

#include "http/url.h"

namespace respand::http {

// True where a proxy is or may be in force: of no_proxy, only "*" and plain names are read, no networks. libcurl reads
// the rest.
[[nodiscard]] bool environment_has_proxy_for(const Url& url);

}  // namespace respand::http
