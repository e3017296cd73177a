#pragma once
// Route: a Target in the form libcurl wants it: the header list that all transfers to it share, and the options of an
// easy handle, which are set once for its life. Used by TransferPool and Transfer; immutable; the client's thread.

#include <curl/curl.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/key_mask.h"
#include "respand/http/client.h"

namespace respand::http {

class Route {
 public:
  // Routes that differ in `generation` share no connections: a new generation leaves a busy connection for a new one.
  explicit Route(Target target, bool generation = false);
  // Sets all that does not change from one request to the next. Requires: the Route outlives the handle's use.
  [[nodiscard]] bool configure(CURL* easy) const;
  // The time-out of a request with a body of this size, in libcurl's unit.
  [[nodiscard]] long timeout(std::size_t body) const;
  [[nodiscard]] const Target& target() const { return target_; }
  [[nodiscard]] const std::string& url(bool batch) const { return batch ? target_.batch_url : target_.url; }
  // The headers of a request under the key of this name. configure() sets those for JSON with the target's bearer.
  // Requires: the target has the key.
  [[nodiscard]] curl_slist* headers(bool protobuf, std::string_view key) const;
  struct FreeList {
    void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
  };
  using Headers = std::unique_ptr<curl_slist, FreeList>;
  // Appends a line, given without its end; false: there is no memory.
  [[nodiscard]] static bool add(Headers& headers, const std::string& line);
  // headers() with more lines behind them, each with its "\r\n"; null: there is no memory.
  [[nodiscard]] Headers headers_with(bool protobuf, std::string_view key, std::string_view lines) const;
  // Whether a connection serves more than one request.
  [[nodiscard]] bool keeps_connections() const { return keeps_connections_; }
  // Masks all keys in the text: a server may echo what it was sent.
  void hide_key(std::string& text) const {
    for (const KeyMask& mask : key_masks_) {
      mask.apply(text);
    }
  }

 private:
  [[nodiscard]] bool add_headers(std::string_view name, const std::string& bearer);
  [[nodiscard]] bool configure_tls(CURL* easy) const;

  Target target_;
  std::vector<KeyMask> key_masks_;
  bool generation_;
  bool keeps_connections_;
  std::map<std::string, std::array<Headers, 2>, std::less<>> headers_;  // by the key's name; JSON, protobuf
  bool complete_ = true;                                                // there was memory for all headers
};

}  // namespace respand::http
