#include "http/h2_route.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "http/header_text.h"
#include "http/proxy_of_environment.h"
#include "respand/base/trim.h"

namespace respand::http {
namespace {

// Headers of one connection, which HTTP/2 forbids, and those that it says in another way (RFC 9113, section 8.2.2).
constexpr std::array<std::string_view, 8> kNotSent = {
    "connection", "keep-alive", "proxy-connection", "te", "upgrade", "transfer-encoding", "host", "content-length"};

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

const std::uint8_t* bytes_of(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }

// A header line that is to be sent. As with libcurl, one without a value is not.
std::optional<std::pair<std::string, std::string_view>> field_in(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  std::string name = lowered(trimmed(line.substr(0, colon)));
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (value.empty() || std::find(kNotSent.begin(), kNotSent.end(), name) != kNotSent.end() ||
      ::nghttp2_check_header_name(bytes_of(name), name.size()) == 0 ||
      ::nghttp2_check_header_value(bytes_of(value), value.size()) == 0) {
    return std::nullopt;
  }
  return std::pair(std::move(name), value);
}

bool version_fits(const Target& target, const Url& url) {
  switch (target.version) {
    case Version::kAuto:
    case Version::k2:
      return url.tls;
    case Version::k11:
      return false;
    case Version::k2PriorKnowledge:
      return !url.tls;
  }
  return false;
}

}  // namespace

std::optional<H2Route> H2Route::make(const Target& target) {
  if (target.engine == Engine::kLibcurl || !target.proxy.empty()) {
    return std::nullopt;
  }
  std::optional<Url> url = parse_url(target.url);
  if (!url || url->has_user || !version_fits(target, *url) ||
      (target.proxy_of_environment && environment_has_proxy_for(*url))) {
    return std::nullopt;
  }
  H2Route route(target, std::move(*url));
  for (const auto& [text, path] :
       {std::pair(&target.batch_url, &route.batch_path_), std::pair(&target.routes_url, &route.routes_path_)}) {
    if (text->empty()) {
      continue;
    }
    std::optional<Url> other = parse_url(*text);
    if (!other || !other->same_origin(route.url_)) {
      return std::nullopt;
    }
    *path = std::move(other->path);
  }
  return route;
}

H2Route::H2Route(const Target& target, Url url) : route_(target), url_(std::move(url)) {
  const auto add = [this](const std::string& key) {
    for (const bool protobuf : {false, true}) {
      std::vector<Field>& fields = fields_[key][protobuf ? 1 : 0];
      for (const curl_slist* line = route_.headers(protobuf, key); line != nullptr; line = line->next) {
        if (auto field = field_in(line->data)) {
          fields.emplace_back(std::move(field->first), field->second);
        }
      }
    }
  };
  add({});
  for (const auto& [name, bearer] : target.keys) {
    add(name);
  }
}

void H2Route::Fields::add(std::string_view name, std::string_view value, bool lasting) {
  nghttp2_nv field{};
  field.name = const_cast<std::uint8_t*>(bytes_of(name));
  field.value = const_cast<std::uint8_t*>(bytes_of(value));
  field.namelen = name.size();
  field.valuelen = value.size();
  field.flags = lasting ? NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE : NGHTTP2_NV_FLAG_NONE;
  all_.push_back(field);
}

void H2Route::Fields::add_lines(std::string_view lines) {
  names_.clear();
  names_.reserve(lines.size());  // The names are part of the lines: nothing moves below.
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find("\r\n"), lines.size());
    if (const auto field = field_in(lines.substr(0, end))) {
      const std::size_t begin = names_.size();
      names_ += field->first;
      add(std::string_view(names_).substr(begin), field->second, false);
    }
    lines.remove_prefix(std::min(end + 2, lines.size()));
  }
}

const std::vector<nghttp2_nv>& H2Route::Fields::of(const H2Route& route, const Post& post, std::size_t body) {
  const bool elsewhere = post.routed && !post.routed->path.empty();
  const std::string_view key = post.routed ? std::string_view(post.routed->key) : std::string_view();
  const bool protobuf = post.routed && post.routed->protobuf;
  std::string_view path = post.batch ? route.batch_path_ : route.url_.path;
  if (elsewhere) {
    path_ = route.routes_path_;
    path_ += post.routed->path;
    path = std::string_view(path_).substr(0, path_.find('#'));
  }
  length_.resize(20);
  length_.resize(static_cast<std::size_t>(std::to_chars(length_.data(), length_.data() + length_.size(), body).ptr -
                                          length_.data()));
  all_.clear();
  add(":method", "POST", true);
  add(":scheme", route.url_.tls ? "https" : "http", true);
  add(":authority", route.url_.authority, true);
  add(":path", path, !elsewhere);
  if (!route.target().user_agent.empty()) {
    add("user-agent", route.target().user_agent, true);
  }
  add("accept", "*/*", true);
  for (const auto& [name, value] : route.fields_.find(key)->second[protobuf ? 1 : 0]) {
    add(name, value, true);
  }
  add("content-length", length_, false);
  if (post.routed && !post.routed->headers.empty()) {
    add_lines(post.routed->headers);
  }
  return all_;
}

}  // namespace respand::http
