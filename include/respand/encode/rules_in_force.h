#pragma once
// The rules that records are changed by now, with the counters of what they mask and of what is mended. Made by
// SocketIntake and Spool, at the start and at a reload; used by their RecordEncoders, each on its thread.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "respand/metrics/metrics.h"
#include "respand/record/rules.h"

namespace respand::encode {

struct RulesInForce {
  RulesInForce() = default;
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
  void count(const record::Edit& edit) const {
    if (edit.rule != record::kNoRule) {
      masked[edit.rule].add();
    }
  }

  std::shared_ptr<const record::Rules> rules;  // null: nothing is changed
  std::string key;                             // socket.key, spool.key: where nothing says better; empty: none
  std::vector<metrics::Counter> masked;        // by record::RuleIndex
  std::optional<metrics::Counter> half_pairs;  // there where a registry is
};

}  // namespace respand::encode
