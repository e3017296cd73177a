#pragma once
// What a 2xx answer to a batch says of each of its records. The API's documentation shows two shapes (a result for each
// record, by position; or counts and the indices of what failed) and promises neither. So an answer is believed only
// where it fits the batch in every point. Used by the workers; pure; any thread.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace respand::delivery {

// Which of the batch's records an answer tells about.
enum class ResultCoverage : std::uint8_t {
  kNone,          // it says nothing of single records: 2xx means that the API has all of them
  kEach,          // `refused` names those that the API has not taken; it has the others
  kInconsistent,  // it speaks of records, but does not fit this batch: nothing is known of any of them
};

struct BatchAnswer {
  ResultCoverage coverage = ResultCoverage::kNone;
  std::vector<std::uint32_t> refused{};  // positions in the batch, in rising order
};

// `cut`: the end of the body is missing.
[[nodiscard]] BatchAnswer read_batch_answer(std::string_view body, bool cut, std::size_t records);

// How many bytes of an answer are kept: enough for a result for each of so many records.
[[nodiscard]] constexpr std::size_t answer_limit(std::size_t records) { return 64 * 1024 + records * 256; }

}  // namespace respand::delivery
