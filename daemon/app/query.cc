#include "app/query.h"

#include <algorithm>
#include <charconv>

#include "respand/base/text.h"

namespace respand::app {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";

bool unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~").find(c) != std::string_view::npos;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const bool code = text[i] == '%' && i + 2 < text.size();
    if (code && std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr == text.data() + i + 3) {
      out.push_back(static_cast<char>(byte));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

}  // namespace

std::string query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    if (part.substr(0, part.find('=')) == name && part.size() > name.size()) {
      return decoded(part.substr(name.size() + 1));
    }
  }
  return {};
}

std::optional<std::uint64_t> query_number(std::string_view query, std::string_view name) {
  const std::string text = query_value(query, name);
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc{} && end == text.data() + text.size() && !text.empty() ? std::optional(number)
                                                                                     : std::nullopt;
}

void put_query(std::string& query, std::string_view name, std::string_view value) {
  if (value.empty()) {
    return;
  }
  query += cat(query.empty() ? "" : "&", name, "=");
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (unreserved(c)) {
      query.push_back(c);
    } else {
      query += cat('%', kHex[byte >> 4U], kHex[byte & 15U]);
    }
  }
}

}  // namespace respand::app
