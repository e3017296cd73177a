#include "nats/address.h"

#include <algorithm>
#include <charconv>

#include "respand/base/lookup.h"
#include "respand/base/text.h"

namespace respand::nats {
namespace {

constexpr std::size_t kMaxHost = 253;  // of a name in the DNS

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// "%40" is "@". What is no such escape stays as it is written.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    out.push_back(low >= 0 ? static_cast<char>(high * 16 + low) : text[i]);
    i += low >= 0 ? 2 : 0;
  }
  return out;
}

Error wrong(std::string_view what) {
  return error(ErrorCode::kInvalid, cat(what, "; expected nats://host:port or tls://host:port"));
}

}  // namespace

std::string Address::text() const {
  return host.find(':') == std::string::npos ? cat(host, ':', port) : cat('[', host, "]:", port);
}

Result<Address> parse_address(std::string_view text) {
  Address address;
  if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) {
    address.tls = text.substr(0, scheme) == "tls";
    if (!address.tls && text.substr(0, scheme) != "nats") {
      return wrong("a scheme that is not known");
    }
    text.remove_prefix(scheme + 3);
  }
  if (text.ends_with('/')) {
    text.remove_suffix(1);
  }
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    const std::string_view who = text.substr(0, at);
    const std::size_t colon = who.find(':');
    address.user = percent_decoded(who.substr(0, colon));
    address.has_password = colon != std::string_view::npos;
    address.password = address.has_password ? percent_decoded(who.substr(colon + 1)) : std::string();
    text.remove_prefix(at + 1);
  }
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    address.host = text.substr(1, end == std::string_view::npos ? 0 : end - 1);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!is_ip_address(address.host) || (!text.empty() && text.front() != ':')) {
      return wrong("brackets without an IPv6 address in them");
    }
    port = text;
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    address.host = text.substr(0, colon);
    port = text.substr(colon);
  }
  const bool odd = std::any_of(address.host.begin(), address.host.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7F || c == '/' || c == '\\';
  });
  if (address.host.empty() || address.host.size() > kMaxHost || odd) {
    return wrong("no host name");
  }
  if (!port.empty()) {
    port.remove_prefix(1);
    const char* const last = port.data() + port.size();
    const auto [end, code] = std::from_chars(port.data(), last, address.port);
    if (code != std::errc{} || end != last || address.port == 0) {
      return wrong("a port that is none");
    }
  }
  return address;
}

}  // namespace respand::nats
