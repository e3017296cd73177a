#include "config/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "respand/base/text.h"

namespace respand::config {
namespace {

// Servers refuse longer addresses than this anyway.
constexpr std::size_t kLongestUrl = 2048;

bool letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// The characters of an RFC 3986 path: no white space, query, fragment or quotes.
bool is_path(std::string_view text) {
  constexpr std::string_view kOthers = "-._~!$&'()*+,;=:@/%";
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return letter_or_digit(c) || kOthers.find(c) != std::string_view::npos; });
}

bool is_host_name(std::string_view text) {
  const auto fits = [](char c) { return letter_or_digit(c) || c == '-' || c == '.' || c == '_'; };
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), fits);
}

bool is_address(int family, std::string_view text) {
  in6_addr address{};  // the larger of the two
  return inet_pton(family, std::string(text).c_str(), &address) == 1;
}

bool parse_port(std::string_view text, std::uint16_t& out) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failure == std::errc{} && end == text.data() + text.size();
}

// "HOST:PORT" in parts, without the brackets of "[::1]:80". The port is empty where there is none.
struct Authority {
  std::string_view host;
  std::string_view port;
  bool bracketed = false;
  bool has_port = false;
};
std::optional<Authority> split_authority(std::string_view text) {
  Authority parts;
  std::size_t end = text.find(':');
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) {
      return std::nullopt;
    }
    parts.bracketed = true;
    parts.host = text.substr(1, close - 1);
    end = close + 1;
    if (end < text.size() && text[end] != ':') {
      return std::nullopt;
    }
  } else {
    parts.host = text.substr(0, end);
  }
  parts.has_port = end < text.size();
  if (parts.has_port) {
    parts.port = text.substr(end + 1);
  }
  return parts;
}

bool is_authority(const Authority& parts) {
  std::uint16_t port = 0;
  const bool host = parts.bracketed ? is_address(AF_INET6, parts.host) : is_host_name(parts.host);
  return host && (!parts.has_port || (parse_port(parts.port, port) && port != 0));
}

std::string_view without_slashes(std::string_view text) {
  text.remove_suffix(text.size() - (text.find_last_not_of('/') + 1));
  return text;
}

}  // namespace

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || (host.starts_with("127.") && is_address(AF_INET, host));
}

std::optional<UrlParts> split_url(std::string_view url) {
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos || url.size() > kLongestUrl) {
    return std::nullopt;
  }
  const std::string_view rest = url.substr(colon + 3);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const auto authority = split_authority(rest.substr(0, slash));
  if (!authority || !is_authority(*authority) || !is_path(rest.substr(slash))) {
    return std::nullopt;
  }
  UrlParts parts{url.substr(0, colon), authority->host, rest.substr(slash)};
  static_cast<void>(parse_port(authority->port, parts.port));
  return parts;
}

std::string BaseUrl::suggestion(std::string_view text) {
  const std::size_t begin = text.find("://");
  const std::size_t end = begin == std::string_view::npos ? begin : text.find('@', begin + 3);
  return end == std::string_view::npos ? std::string() : cat(text.substr(0, begin + 3), text.substr(end + 1));
}

bool BaseUrl::parse(std::string_view text, std::string& out) {
  const auto parts = split_url(text);
  if (!parts || (parts->scheme != "https" && parts->scheme != "http")) {
    return false;
  }
  out = without_slashes(text);
  return true;
}

bool UrlPath::parse(std::string_view text, std::string& out) const {
  text.remove_prefix(std::min(text.find_first_not_of('/'), text.size()));
  if ((text.empty() && !optional) || text.size() > kLongestUrl || !is_path(text) ||
      text.find("://") != std::string_view::npos) {
    return false;
  }
  out = text;
  return true;
}

// User name and password are cut out before the rest is checked as an address; they may hold any printable character.
bool Proxy::parse(std::string_view text, std::string& out) {
  constexpr std::string_view kSchemes[] = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"};
  if (text.empty() || text == kProxyOfEnvironment) {
    out = text;
    return true;
  }
  std::string plain(text);  // without USER:PASSWORD@
  const std::size_t begin = plain.find("://");
  const std::size_t at = plain.rfind('@');
  if (begin != std::string::npos && at != std::string::npos && at > begin) {
    plain.erase(begin + 3, at - begin - 2);
  }
  const auto parts = split_url(plain);
  const bool good = parts && (parts->path.empty() || parts->path == "/") && printable(text, text.size()) == text &&
                    text.find(' ') == std::string_view::npos &&
                    std::find(std::begin(kSchemes), std::end(kSchemes), parts->scheme) != std::end(kSchemes);
  if (good) {
    out = text;
  }
  return good;
}

std::string Proxy::show(const std::string& value) {
  const std::size_t at = value.rfind('@');
  if (at == std::string::npos) {
    return yaml_scalar(value);
  }
  return yaml_scalar(cat(value.substr(0, value.find("://") + 3), kMaskedKey, value.substr(at)));
}

std::string Listen::expects() const { return cat("HOST:PORT with an IP address or localhost, such as ", example); }

bool Listen::parse(std::string_view text, std::optional<Endpoint>& out) {
  if (text.empty()) {
    out.reset();
    return true;
  }
  Endpoint endpoint;
  const auto parts = split_authority(text);
  if (!parts || !parts->has_port || !parse_port(parts->port, endpoint.port)) {
    return false;
  }
  const bool address = parts->bracketed ? is_address(AF_INET6, parts->host) : is_address(AF_INET, parts->host);
  if (!address && (parts->bracketed || parts->host != "localhost")) {
    return false;
  }
  endpoint.host = parts->host;
  out = std::move(endpoint);
  return true;
}

std::string Listen::show(const std::optional<Endpoint>& value) {
  if (!value) {
    return {};
  }
  const bool version6 = value->host.find(':') != std::string::npos;
  return yaml_scalar(version6 ? cat('[', value->host, "]:", value->port) : cat(value->host, ':', value->port));
}

}  // namespace respand::config
