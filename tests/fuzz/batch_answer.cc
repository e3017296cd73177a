// What the API answers to a batch: nothing is believed of single records that does not fit the batch in every point.

#include "delivery/batch_answer.h"

#include "tests/fuzz/input.h"
#include "tests/fuzz/strict_json.h"

namespace respand::fuzz {
namespace {

using delivery::BatchAnswer;
using delivery::ResultCoverage;

void check(const BatchAnswer& answer, std::string_view body, std::size_t records) {
  claim(answer.coverage == ResultCoverage::kEach || answer.refused.empty(), "only results name records");
  for (std::size_t i = 0; i < answer.refused.size(); ++i) {
    claim(answer.refused[i] < records, "a record of the batch");
    claim(i == 0 || answer.refused[i - 1] < answer.refused[i], "each named once, in order");
  }
  const auto value = parse_strictly(body);
  if (!value) {
    return;
  }
  bool speaks = false;
  std::string_view results;
  for (const Member& member : value->members) {
    // Names with escapes are not looked at; to the judge they are the same.
    const bool known = member.name == "results" || member.name == "errors" || member.name == "error_count" ||
                       member.name == "success_count";
    speaks = speaks || known;
    results = member.name == "results" ? member.value : results;
  }
  claim(speaks || answer.coverage == ResultCoverage::kNone, "without a word of records, nothing is said of them");
  const auto list = results.starts_with('[') ? parse_strictly(results) : std::nullopt;
  const bool plain = body.find('\\') == std::string_view::npos;
  if (plain && list) {
    claim(answer.coverage != ResultCoverage::kEach || list->elements.size() == records, "as many results as records");
  }
  claim(!plain || !speaks || answer.coverage != ResultCoverage::kNone, "what is said is heard");
}

}  // namespace
}  // namespace respand::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand;
  using namespace respand::fuzz;
  const Block block(text_of(data, size));
  for (const std::size_t records : {1U, 2U, 3U, 10U}) {
    check(delivery::read_batch_answer(block.view(), false, records), block.view(), records);
    const BatchAnswer cut = delivery::read_batch_answer(block.view(), true, records);
    claim(cut.coverage != ResultCoverage::kEach, "what is cut off is not believed");
  }
  return 0;
}
