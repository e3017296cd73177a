#include "sockets/http_reads.h"

#include <algorithm>

namespace respand::sockets {
namespace {

constexpr std::string_view kLogs = "request-logs";

// Whether every server reads the path as we do: nothing in it is encoded or leads elsewhere.
bool is_plain(std::string_view path) {
  return std::all_of(path.begin(), path.end(),
                     [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                              c == '_' || c == '/' || c == '.' || c == '~';
                     }) &&
         path.find("..") == std::string_view::npos && path.find("//") == std::string_view::npos;
}

// Whether it can stand in a request line as it is.
bool is_query(std::string_view query) {
  return std::all_of(query.begin(), query.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

std::optional<std::string_view> read_path(std::string_view method, std::string_view target) {
  if (!target.starts_with('/')) {
    return std::nullopt;
  }
  target.remove_prefix(target.starts_with("/api/") ? 5 : 1);
  const std::string_view whole = target.substr(0, target.find('?'));
  if (!is_plain(whole) || !is_query(target.substr(whole.size()))) {
    return std::nullopt;
  }
  std::string_view path = whole;
  path.remove_suffix(path.ends_with('/') ? 1 : 0);
  const bool below = path.starts_with(kLogs) && path.size() > kLogs.size() && path[kLogs.size()] == '/';
  const bool asks = method == "GET" && (path == kLogs || below);
  const bool searches = method == "POST" && (path == "request-logs/list" || path == "request-logs/summary");
  return asks || searches || (method == "PATCH" && below) ? std::optional(target) : std::nullopt;
}

}  // namespace respand::sockets
