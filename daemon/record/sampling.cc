#include <array>

#include "record/decode.h"
#include "record/rules_compiled.h"
#include "respand/record/record_parser.h"
#include "respand/record/usage_summary.h"

namespace respand::record {
namespace {

// The text of an identifier; empty where it can't be used, since it is missing, null, "" or masked.
std::string_view identifier_in(std::string_view value, char* scratch) {
  return value == "\"[redacted]\"" ? std::string_view() : name_in(value, scratch);
}

}  // namespace

double sampling_point(std::string_view identifier) noexcept {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : identifier) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  }
  hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
  hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
  return static_cast<double>((hash ^ (hash >> 31)) >> 11) * 0x1p-53;
}

bool Rules::samples() const noexcept { return compiled_->sample.rate < 1; }

bool Rules::keeps(const RecordFields& fields, const UsageSummary& summary, std::string_view identifier) const {
  const Sampling& sample = compiled_->sample;
  const bool slow = sample.keep_slower_than > Duration{0} && summary.generation_time > sample.keep_slower_than;
  if (!samples() || (sample.keep_errors && summary.error) || slow) {
    return true;
  }
  std::array<char, kMaxName> scratch;
  for (const std::string_view value : {fields.trace_unique_id, fields.thread_identifier, fields.custom_identifier}) {
    if (const std::string_view given = identifier_in(value, scratch.data()); !given.empty()) {
      return sampling_point(given) < sample.rate;
    }
  }
  return sampling_point(identifier) < sample.rate;
}

}  // namespace respand::record
