#pragma once
// What a CURLcode means for the caller of Client. Used by Transfer; pure; any thread.

#include <curl/curl.h>

#include "respand/http/client.h"

namespace respand::http {

[[nodiscard]] Failure failure_of(CURLcode code) noexcept;

}  // namespace respand::http
