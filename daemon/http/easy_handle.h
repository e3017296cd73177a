#pragma once
// Owner of a libcurl easy handle: it ends the handle, and with it the connection, when it goes. Used by everything in
// this module that makes requests; as libcurl itself, an object is used by one thread at a time.

#include <curl/curl.h>

#include <memory>

namespace respand::http {

struct EasyCleanup {
  void operator()(CURL* easy) const { ::curl_easy_cleanup(easy); }
};

// Null where libcurl has no memory for one.
using EasyHandle = std::unique_ptr<CURL, EasyCleanup>;

}  // namespace respand::http
