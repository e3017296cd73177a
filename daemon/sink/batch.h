#pragma once
// The records of a request to one of the batch paths, and what the sink says of each. Pure but for the RecordParser;
// one thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "respand/record/record_parser.h"
#include "sink/options.h"

namespace respand::sink {

struct Item {
  std::string_view text;
  record::RecordFields fields;
  bool taken = false;
};

// The records of {"logs":[…]}, those that are well-formed as taken; none where the body is something else. The views
// point into it.
[[nodiscard]] std::optional<std::vector<Item>> read_batch(std::string_view body, record::RecordParser& parser);

// The body of a 200, as BatchAnswers says.
[[nodiscard]] std::string batch_body(const std::vector<Item>& items, BatchAnswers answers);

}  // namespace respand::sink
