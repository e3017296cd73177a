#pragma once
// The one table of keys, by which load.cc reads, print.cc prints and describe() documents. Main thread.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.h"
#include "config/reader.h"
#include "respand/config/config.h"

namespace respand::config {

// A configuration that is being read. It has the two ways to write the API key, which become Api::key and
// Api::key_origin.
struct Draft : Config {
  std::string api_key_file;
  Secret api_key;
};

// A row of the table.
struct Key {
  std::string_view path;   // "api.batch.max_bytes"; lives for ever
  std::string_view about;  // one clause, for documentation
  std::string expects;     // what a value looks like
  std::string schema;      // the same as a JSON Schema fragment (schema.h)
  // Sets the field. False where the value is wrong, which is reported, or came out empty; the field is then as it was.
  std::function<bool(const Node& node, Reader& reader, Draft& draft)> read;
  std::function<std::string(const Draft& draft)> show;  // the value as YAML; empty: off
  std::function<void(const Draft& from, Draft& to)> copy;
};

// All keys in the contract's order, the keys of a section side by side. Made once, lives for ever.
[[nodiscard]] const std::vector<Key>& keys();

}  // namespace respand::config
