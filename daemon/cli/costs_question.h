#pragma once
// What is asked of a ledger, by `respand costs` and `respand costs merge`: their options, and the question to the
// ledger that they make.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/time_range.h"
#include "cli/time_zone.h"
#include "ledger/report.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace respand::cli {

// The options as they were written.
struct CostsOptions {
  std::vector<std::string> by;
  std::string since = "24h";
  std::string until = "now";
  std::string zone = "UTC";
  std::optional<std::string> model;
  std::optional<std::string> provider;
  std::optional<std::string> customer;
  std::optional<std::string> environment;
  std::size_t top = 0;
  // Set by add_question_options(): whether these were given.
  const CLI::Option* since_option = nullptr;
  const CLI::Option* until_option = nullptr;
  const CLI::Option* zone_option = nullptr;

  [[nodiscard]] bool since_is_given() const;
  [[nodiscard]] bool range_is_given() const;
  // Something is asked that only a ledger's rows tell: names, or another time zone.
  [[nodiscard]] bool needs_rows() const;
};

void add_question_options(CLI::App& command, CostsOptions& options);

// Each returns nothing after printing what is wrong, with `who` in front.
[[nodiscard]] std::optional<TimeZone> parse_zone(std::string_view who, const CostsOptions& options);
[[nodiscard]] std::optional<HourRange> parse_range(std::string_view who, const CostsOptions& options,
                                                   const TimeZone& zone);

// The axis of a word of --by that every ledger has: a name, a time, route or key. Nothing: it is none.
[[nodiscard]] std::optional<ledger::Axis> common_axis(std::string_view word);
// Adds an axis that is not among them.
void add_axis(std::vector<ledger::Axis>& axes, ledger::Axis axis);

// `zone` is borrowed for the question's life.
[[nodiscard]] ledger::Question question_of(const CostsOptions& options, const HourRange& range,
                                           const std::vector<ledger::Axis>& by, const TimeZone& zone);

}  // namespace respand::cli
