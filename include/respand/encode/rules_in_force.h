#pragma once
// The rules by which records are changed at present, with the counters of what is masked and of what is replaced in
// broken text. SocketIntake and Spool make them at the start and at a reload; their RecordEncoders use them, each on
// its thread.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "respand/metrics/metrics.h"
#include "respand/record/rules.h"

namespace respand::encode {

// A value; copies count into the same metrics.
struct RulesInForce {
  RulesInForce() = default;
  // `now` may be null: nothing is changed. `default_key`: the name of socket.key or spool.key.
  RulesInForce(std::shared_ptr<const record::Rules> now, metrics::Registry& registry, std::string default_key = {})
      : rules(std::move(now)),
        key(std::move(default_key)),
        half_pairs(registry.counter("respand_surrogates_replaced_total",
                                    "Escapes of half a surrogate pair that went on as \\ufffd")) {
    if (rules != nullptr) {
      for (const std::string& name : rules->names()) {
        masked.push_back(
            registry.counter("respand_redactions_total", "Values and texts masked, by rule", {{"rule", name}}));
      }
    }
  }
  // Counts an edit that was applied, where it masks something.
  void count(const record::Edit& edit) const {
    if (edit.rule != record::kNoRule) {
      masked[edit.rule].add();
    }
  }

  std::shared_ptr<const record::Rules> rules;  // null: nothing is changed
  std::string key;                             // socket.key or spool.key, where no rule gives a key; empty: none
  std::vector<metrics::Counter> masked;        // by record::RuleIndex
  std::optional<metrics::Counter> half_pairs;  // surrogate halves replaced; nothing where there is no registry
};

}  // namespace respand::encode
