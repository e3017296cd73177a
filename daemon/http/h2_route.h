#pragma once
// H2Route: a Target in the form that requests over HTTP/2 want it: where it is, and the header fields of a request,
// made from the header lists of its Route. Used by H2Engine and what is below it; immutable; the client's thread.

#include <nghttp2/nghttp2.h>

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/post.h"
#include "http/route.h"
#include "http/url.h"
#include "respand/http/client.h"

namespace respand::http {

class H2Route {
 public:
  // None where the target's requests can't go over HTTP/2 without libcurl: another version of HTTP is asked for, a
  // proxy is in force, libcurl is (Target::engine), or its URLs are of several servers or have a user in them.
  [[nodiscard]] static std::optional<H2Route> make(const Target& target);

  [[nodiscard]] const Route& route() const { return route_; }
  [[nodiscard]] const Target& target() const { return route_.target(); }
  [[nodiscard]] const Url& url() const { return url_; }

  // The fields of a request with a body of `body` bytes. They point into this object, into `post`, and into the fields'
  // own memory until the next call.
  class Fields {
   public:
    [[nodiscard]] const std::vector<nghttp2_nv>& of(const H2Route& route, const Post& post, std::size_t body);

   private:
    void add(std::string_view name, std::string_view value, bool lasting);
    void add_lines(std::string_view lines);

    std::vector<nghttp2_nv> all_;
    std::string path_;
    std::string length_;
    std::string names_;  // of further headers, in lower case
  };

 private:
  using Field = std::pair<std::string, std::string>;
  H2Route(const Target& target, Url url);

  Route route_;
  Url url_;
  std::string batch_path_;
  std::string routes_path_;                                                       // what Routed::path is appended to
  std::map<std::string, std::array<std::vector<Field>, 2>, std::less<>> fields_;  // by the key's name; JSON, protobuf
};

}  // namespace respand::http
