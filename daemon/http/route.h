#pragma once
// Route: a Target in the form libcurl wants it: the header list that all transfers to it share, and the options of an
// easy handle, which are set once for its life. Used by CurlClient and Transfer; immutable; the client's thread.

#include <curl/curl.h>

#include <memory>

#include "http/key_mask.h"
#include "respand/http/client.h"

namespace respand::http {

class Route {
 public:
  // Connections of routes that differ in `generation` are not shared, so that a busy one is left.
  explicit Route(Target target, bool generation = false);
  // Sets all that does not change from one request to the next. Requires: the Route outlives the handle's use.
  [[nodiscard]] bool configure(CURL* easy) const;
  // For a request with a body of this size, as libcurl takes it.
  [[nodiscard]] long timeout(std::size_t body) const;
  [[nodiscard]] const Target& target() const { return target_; }
  [[nodiscard]] const std::string& url(bool batch) const { return batch ? target_.batch_url : target_.url; }
  // The headers of a request, which configure() sets for JSON.
  [[nodiscard]] curl_slist* headers(bool protobuf) const { return (protobuf ? protobuf_headers_ : headers_).get(); }
  // Whether a connection serves more than one request.
  [[nodiscard]] bool keeps_connections() const { return keeps_connections_; }
  // The text with the key, should it be in there, replaced: a destination may echo what it was sent.
  void hide_key(std::string& text) const { key_mask_.apply(text); }

 private:
  struct FreeList {
    void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
  };
  using Headers = std::unique_ptr<curl_slist, FreeList>;
  [[nodiscard]] bool add_headers(Headers& headers, std::string_view content_type) const;
  [[nodiscard]] bool configure_tls(CURL* easy) const;

  Target target_;
  KeyMask key_mask_;
  bool generation_;
  bool keeps_connections_;
  Headers headers_;
  Headers protobuf_headers_;
  bool complete_ = false;  // all headers found memory
};

}  // namespace respand::http
