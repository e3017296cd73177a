#pragma once
// The part of a request's target behind its question mark: "model=gpt-4o&customer=a%20b". Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace respand::app {

// The value of the first `name` in it, decoded (RFC 3986; a plus sign is a plus sign); empty where there is none.
[[nodiscard]] std::string query_value(std::string_view query, std::string_view name);
// The same as a whole number; nothing where it is none.
[[nodiscard]] std::optional<std::uint64_t> query_number(std::string_view query, std::string_view name);
// "NAME=VALUE", encoded, with "&" in front where `query` has something already; nothing for an empty value.
void put_query(std::string& query, std::string_view name, std::string_view value);

}  // namespace respand::app
