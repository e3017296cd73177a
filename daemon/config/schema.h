#pragma once
// JSON Schema fragments, each for the values of one type of the key table. The whole schema is put together from them
// (respand/config/json_schema.h). A fragment may allow what the loader refuses, where a schema can't express the
// reason, but never refuses what the loader takes: numbers may stand in quotes, for example. Pure.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace respand::config::schema {

// Text in which `pattern` (a regular expression; empty: any) is found, of at most `longest` characters (0: any length).
[[nodiscard]] std::string text(std::string_view pattern = {}, std::size_t longest = 0);
// Text that YAML may take for a number: 660, 0 or 4096.
[[nodiscard]] std::string text_or_number(std::string_view pattern);
[[nodiscard]] std::string whole_number(std::uint64_t least, std::uint64_t most);
// A decimal from 0, written as a number or in quotes; `most` as JSON.
[[nodiscard]] std::string decimal(std::string_view most);
// One of these words. A word that YAML takes for a number or a truth value may stand without quotes.
[[nodiscard]] std::string one_of(const std::vector<std::string_view>& words);
[[nodiscard]] std::string list_of(std::string_view item);
// What the fragment allows, or a text with ${NAME} in it, or no value, which means the default.
[[nodiscard]] std::string or_variable(std::string_view fragment);
[[nodiscard]] std::string any_of(const std::vector<std::string>& fragments);

}  // namespace respand::config::schema
