#pragma once
// EasyHandle: owns a libcurl easy handle, and ends it (and its connection, outside of a multi handle) when it is
// destroyed. Used by everything in this module that makes requests. As with libcurl itself, only one thread at a time
// uses an object.

#include <curl/curl.h>

#include <memory>

namespace respand::http {

struct EasyCleanup {
  void operator()(CURL* easy) const { ::curl_easy_cleanup(easy); }
};

// Null where libcurl has no memory for one.
using EasyHandle = std::unique_ptr<CURL, EasyCleanup>;

}  // namespace respand::http
