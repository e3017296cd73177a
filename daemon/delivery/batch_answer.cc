#include "delivery/batch_answer.h"

#include <algorithm>
#include <array>
#include <optional>

#include "respand/json/reader.h"

namespace respand::delivery {
namespace {

bool is_nothing(std::string_view value) { return value.empty() || value == "null" || value == "[]" || value == "{}"; }

// Whether a record's own result says that the API took it; none where the result is unclear or contradicts itself.
std::optional<bool> taken(std::string_view result) {
  std::string_view status;
  bool error = false;
  json::Reader reader(result);
  reader.members([&](std::string_view name, std::string_view value) {
    if (name == "status") {
      status = value;
    } else if (name == "error" || name == "errors") {
      error = !is_nothing(value);
    }
  });
  static constexpr std::array<std::string_view, 5> kTaken{R"("success")", R"("ok")", R"("created")", R"("accepted")",
                                                          R"("queued")"};
  static constexpr std::array<std::string_view, 5> kRefused{R"("error")", R"("failed")", R"("failure")", R"("invalid")",
                                                            R"("rejected")"};
  const auto code = json::number_in<std::uint64_t>(status);
  const bool good = std::find(kTaken.begin(), kTaken.end(), status) != kTaken.end() || (code && *code / 100 == 2);
  const bool bad = std::find(kRefused.begin(), kRefused.end(), status) != kRefused.end() || (code && *code >= 400);
  if (!reader.good() || (good && error) || good == bad) {
    return std::nullopt;
  }
  return good;
}

BatchAnswer inconsistent() { return {ResultCoverage::kInconsistent}; }

// {"results":[{"status":"success"},…]}: one for each record, in the batch's order.
BatchAnswer read_results(std::string_view results, std::size_t records) {
  BatchAnswer answer{ResultCoverage::kEach};
  std::size_t count = 0;
  bool clear = true;
  json::Reader reader(results);
  reader.elements([&](std::string_view result) {
    const auto was_taken = count < records ? taken(result) : std::nullopt;
    clear = clear && was_taken.has_value();
    if (was_taken && !*was_taken) {
      answer.refused.push_back(static_cast<std::uint32_t>(count));
    }
    ++count;
  });
  return reader.good() && reader.at_end() && clear && count == records ? answer : inconsistent();
}

std::optional<std::uint64_t> index_of(std::string_view error) {
  std::optional<std::uint64_t> index;
  json::Reader reader(error);
  reader.members([&](std::string_view name, std::string_view value) {
    if (name == "index") {
      index = json::number_in<std::uint64_t>(value);
    }
  });
  return reader.good() ? index : std::nullopt;
}

struct Counts {
  std::string_view successes;
  std::string_view failures;
  std::string_view errors;
};

// {"success_count":9,"error_count":1,"errors":[{"index":4,"error":"…"}]}; any of the three may be missing.
BatchAnswer read_counts(const Counts& counts, std::size_t records) {
  BatchAnswer answer{ResultCoverage::kEach};
  bool clear = true;
  if (!is_nothing(counts.errors)) {
    json::Reader reader(counts.errors);
    reader.elements([&](std::string_view error) {
      const auto index = index_of(error);
      clear = clear && index && *index < records && answer.refused.size() < records;
      if (clear) {
        answer.refused.push_back(static_cast<std::uint32_t>(*index));
      }
    });
    clear = clear && reader.good() && reader.at_end();
  }
  std::sort(answer.refused.begin(), answer.refused.end());
  clear = clear && std::adjacent_find(answer.refused.begin(), answer.refused.end()) == answer.refused.end();
  const std::uint64_t refused = answer.refused.size();
  const bool failures_fit = counts.failures.empty() || json::number_in<std::uint64_t>(counts.failures) == refused;
  const bool successes_fit =
      counts.successes.empty() || json::number_in<std::uint64_t>(counts.successes) == records - refused;
  return clear && failures_fit && successes_fit ? answer : inconsistent();
}

}  // namespace

BatchAnswer read_batch_answer(std::string_view body, bool cut, std::size_t records) {
  std::string_view results;
  Counts counts;
  bool speaks = false;  // the answer has a member that is about single records
  json::Reader reader(body);
  if (!reader.skip('{')) {
    return {};
  }
  reader = json::Reader(body);
  reader.members([&](std::string_view name, std::string_view value) {
    std::string_view* const place = name == "results"         ? &results
                                    : name == "success_count" ? &counts.successes
                                    : name == "error_count"   ? &counts.failures
                                    : name == "errors"        ? &counts.errors
                                                              : nullptr;
    if (place != nullptr) {
      *place = value;
      speaks = true;
    }
  });
  if (!speaks) {
    return {};
  }
  if (cut || !reader.good() || !reader.at_end()) {
    return inconsistent();
  }
  return results.empty() ? read_counts(counts, records) : read_results(results, records);
}

}  // namespace respand::delivery
