#pragma once
// Reads and writes the query of a request's target: "model=gpt-4o&customer=a%20b". Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace respand::app {

// The value of the first `name` in the query, decoded (RFC 3986; a plus sign is a plus sign); empty where there is
// none.
[[nodiscard]] std::string query_value(std::string_view query, std::string_view name);
// The same as a whole number; none where it is not a number.
[[nodiscard]] std::optional<std::uint64_t> query_number(std::string_view query, std::string_view name);
// Appends "NAME=VALUE", encoded, with "&" in front where `query` is not empty; appends nothing for an empty value.
void put_query(std::string& query, std::string_view name, std::string_view value);

}  // namespace respand::app
