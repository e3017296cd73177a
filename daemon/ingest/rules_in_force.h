#pragma once
// The rules that records are changed by now, with the counters of what they mask. Made by SocketIntake and Spool, at
// the start and at a reload; used by their Packers, each on its thread.

#include <memory>
#include <vector>

#include "respand/metrics/metrics.h"
#include "respand/record/rules.h"

namespace respand::ingest {

struct RulesInForce {
  RulesInForce() = default;
  RulesInForce(std::shared_ptr<const record::Rules> now, metrics::Registry& registry) : rules(std::move(now)) {
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
  std::vector<metrics::Counter> masked;        // by record::RuleIndex
};

}  // namespace respand::ingest
