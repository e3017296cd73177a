// `respand costs merge`: what many hosts spent, from their ledgers' files and from what `respand costs --json` printed.

#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/costs_form.h"
#include "cli/costs_merge.h"
#include "cli/costs_question.h"
#include "cli/program.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

constexpr std::string_view kMergeWho = "respand costs merge";

struct MergeArguments {
  std::vector<std::string> files;
  CostsOptions options;
  CostsForm form;
};

// A file that is added up.
struct Input {
  std::string name;
  std::string ledger;          // the path of the ledger's file; empty: it is a report
  std::string text{};          // of a report
  std::optional<Costs> costs;  // what it says
};

void complain(const std::string& file, std::string_view why) {
  std::cerr << kMergeWho << ": " << printable(file, 200) << ": " << why << '\n';
}

void warn(std::string_view what) { std::cerr << kMergeWho << ": warning: " << what << '\n'; }

// A folder stands for the ledger in it.
Result<Input> open_input(const std::string& name) {
  constexpr std::string_view kDatabase = "SQLite format 3";
  Input input{.name = name, .ledger = {}, .costs = {}};
  struct stat status {};
  const bool found = name != "-" && ::stat(name.c_str(), &status) == 0;
  if (found && S_ISDIR(status.st_mode)) {
    input.ledger = cat(name, "/", ledger::kFileName);
    return input;
  }
  std::ifstream in(name, std::ios::binary);
  std::istream& from = name == "-" ? std::cin : in;
  std::string begin(kDatabase.size(), '\0');
  from.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  begin.resize(static_cast<std::size_t>(from.gcount()));
  if (name != "-" && (!in.is_open() || in.bad())) {
    return error(ErrorCode::kNotFound, "it cannot be read");
  }
  if (begin == kDatabase && name != "-") {
    input.ledger = name;
    return input;
  }
  if (begin.empty()) {
    return error(ErrorCode::kInvalid, "it is empty");
  }
  from.clear();
  input.text = begin + std::string(std::istreambuf_iterator<char>(from), {});
  auto costs = read_costs_json(input.text);
  if (!costs) {
    return std::move(costs).error();
  }
  input.costs = std::move(*costs);
  if (input.costs->sources.empty()) {  // of a respand that did not say it
    input.costs->sources.push_back({.records = input.costs->total.records.value,
                                    .relayed = {},
                                    .since = input.costs->since,
                                    .until = input.costs->until});
  }
  for (CostsSource& source : input.costs->sources) {
    source.file = name;
  }
  return input;
}

// Whether a ledger's file stands there under another name before.
bool is_repeated(const std::vector<Input>& before, const Input& input) {
  struct stat one {};
  struct stat other {};
  return !input.ledger.empty() && ::stat(input.ledger.c_str(), &one) == 0 &&
         std::any_of(before.begin(), before.end(), [&](const Input& earlier) {
           return !earlier.ledger.empty() && ::stat(earlier.ledger.c_str(), &other) == 0 &&
                  one.st_dev == other.st_dev && one.st_ino == other.st_ino;
         });
}

// All files, after a look at each; none after saying of every wrong one what is wrong.
std::optional<std::vector<Input>> open_inputs(const std::vector<std::string>& names) {
  std::vector<Input> inputs;
  bool good = true;
  for (const std::string& name : names) {
    auto input = open_input(name);
    if (!input || is_repeated(inputs, *input)) {
      complain(name, input ? "this file is given twice: its records would be counted twice" : input.error().message);
      good = false;
      continue;
    }
    const auto same = std::find_if(inputs.begin(), inputs.end(), [&](const Input& earlier) {
      return !input->text.empty() && earlier.text == input->text;
    });
    if (same != inputs.end()) {
      warn(cat(printable(name, 200), " says the same as ", printable(same->name, 200),
               " to the last byte: if it is the same report, it is counted twice"));
    }
    inputs.push_back(std::move(*input));
  }
  return good ? std::optional(std::move(inputs)) : std::nullopt;
}

bool is_report(const Input& input) { return input.costs.has_value(); }

// The axes: those of --by, else those of the first report, else the model.
std::vector<ledger::Axis> axes_of(const CostsOptions& options, const std::vector<Input>& inputs) {
  std::vector<ledger::Axis> by;
  for (const std::string& word : options.by) {
    add_axis(by, common_axis(word).value_or(ledger::Axis(word)));
  }
  const auto report = std::find_if(inputs.begin(), inputs.end(), is_report);
  if (by.empty() && report != inputs.end()) {
    return report->costs->by;
  }
  return by.empty() ? std::vector<ledger::Axis>{ledger::By::kModel} : by;
}

// The hours of the ledgers: where no time is given, those of the reports beside them.
HourRange range_of(const HourRange& asked, bool is_given, const std::vector<Input>& inputs) {
  std::optional<HourRange> all;
  for (const Input& input : inputs) {
    if (is_report(input) && !is_given) {
      const HourRange one{ledger::hour_of(input.costs->since), ledger::hour_of(input.costs->until)};
      all = all ? HourRange{std::min(all->from, one.from), std::max(all->to, one.to)} : one;
    }
  }
  return all.value_or(asked);
}

// A report in the form that is asked for. kInvalid: it does not say that much.
Result<Costs> fitted(const Input& input, const CostsOptions& options, const HourRange& range,
                     const std::vector<ledger::Axis>& by) {
  if (options.needs_rows()) {
    return error(ErrorCode::kInvalid,
                 "it is a report, whose rows are added up: make it anew with --model, --tz and the like, or give the "
                 "ledger's file");
  }
  if (options.range_is_given() &&
      (input.costs->since < ledger::time_of(range.from) || input.costs->until > ledger::time_of(range.to))) {
    return error(ErrorCode::kInvalid,
                 cat("it covers ", iso8601(input.costs->since).substr(0, 16), "Z to ",
                     iso8601(input.costs->until).substr(0, 16), "Z, more than --since and --until: make it anew"));
  }
  return options.by.empty() ? *input.costs : regrouped(*input.costs, by);
}

// What the inputs' rows are counted by, beside what every ledger has.
using Dimensions = std::set<std::string>;

// Reads the ledger. kCorrupt, kNotFound: as read_report_of_file() says.
Result<Costs> read_ledger(const Input& input, const ledger::Question& question, Dimensions& dimensions) {
  auto report = ledger::read_report_of_file(input.ledger, question);
  if (!report) {
    return std::move(report).error();
  }
  dimensions.insert(report->dimensions.begin(), report->dimensions.end());
  Costs costs = arrange(*report, question.by, 0);
  set_source(costs, *report, {question.from, question.to}, input.name);
  return costs;
}

// The file, not among the earlier ones, whose ledger is that of an earlier file: a copy of it, or a later state.
const CostsSource* copy_of(const Costs& all, const Costs& costs) {
  const std::uint64_t ledger = costs.sources.front().ledger;
  const auto same = std::find_if(all.sources.begin(), all.sources.end(),
                                 [&](const CostsSource& one) { return ledger != 0 && one.ledger == ledger; });
  return same == all.sources.end() ? nullptr : &*same;
}

// Adds all up; none after saying of every file that can't be added what is wrong.
std::optional<Costs> add_up(const std::vector<Input>& inputs, const CostsOptions& options,
                            const ledger::Question& question, Dimensions& dimensions) {
  Costs ledgers;
  Costs all;
  bool good = true;
  for (const Input& input : inputs) {
    auto costs = is_report(input) ? fitted(input, options, {question.from, question.to}, question.by)
                                  : read_ledger(input, question, dimensions);
    if (!costs) {
      complain(input.name, costs.error().message);
      good = false;
      continue;
    }
    if (!is_report(input)) {
      if (const CostsSource* const same = copy_of(ledgers, *costs); same != nullptr) {
        complain(input.name, cat("it is a copy of the same ledger as ", printable(same->file, 200),
                                 ", of then or of another time: its records would be counted twice"));
        good = false;
        continue;
      }
      static_cast<void>(add_host(ledgers, *costs));
    }
    if (const auto added = add_host(all, *costs); !added) {
      complain(input.name, added.error().message);
      good = false;
    }
  }
  return good ? std::optional(std::move(all)) : std::nullopt;
}

// Whether some ledger has rows that tell each of the axes. What reports tell was found out before.
bool are_told(const std::vector<ledger::Axis>& by, const std::vector<Input>& inputs, const Dimensions& dimensions) {
  if (std::any_of(inputs.begin(), inputs.end(), is_report)) {
    return true;
  }
  for (const ledger::Axis& axis : by) {
    if (!common_axis(axis.name()) && !dimensions.contains(axis.name())) {
      std::cerr << kMergeWho << ": --by " << printable(axis.name(), 40)
                << ": no file has counted by that in this time; costs.dimensions of the hosts says what they count "
                   "by\n";
      return false;
    }
  }
  return true;
}

int run_merge(const MergeArguments& given) {
  const auto zone = parse_zone(kMergeWho, given.options);
  const auto asked = zone ? parse_range(kMergeWho, given.options, *zone) : std::nullopt;
  if (!asked) {
    return kBadCommandLine;
  }
  const auto inputs = open_inputs(given.files);
  if (!inputs) {
    return kFailed;
  }
  const std::vector<ledger::Axis> by = axes_of(given.options, *inputs);
  const HourRange range = range_of(*asked, given.options.range_is_given(), *inputs);
  Dimensions dimensions;
  const auto all = add_up(*inputs, given.options, question_of(given.options, range, by, *zone), dimensions);
  if (!all) {
    return kFailed;
  }
  if (!are_told(by, *inputs, dimensions)) {
    return kFailed;
  }
  show_costs(summed(*all, given.options.top), given.form);
  for (const std::string& twice : find_double_counts(all->sources)) {
    warn(twice);
  }
  for (const CostsSource& source : all->sources) {
    if (source.missed > 0) {
      warn(cat(printable(source.file, 200), ": ", source.missed,
               " records could not be counted since this ledger was made"));
    }
  }
  return std::cout.good() ? kDone : kFailed;
}

}  // namespace

void add_costs_merge_command(CLI::App& costs, int& exit_status) {
  auto* const command = costs.add_subcommand("merge", "Adds up the ledgers of many hosts, and what they reported");
  auto given = std::make_shared<MergeArguments>();
  command
      ->add_option("FILE", given->files,
                   "A ledger's file or folder, or what `respand costs --json` printed; - is such a report on stdin")
      ->required();
  add_question_options(*command, given->options);
  add_form_options(*command, given->form);
  command->footer(
      "A ledger may be that of a daemon that runs. Copy it together with its -wal file, or while the daemon is\n"
      "stopped. Without --since the hours of the reports count, or else the last 24. Reports can't be told apart by\n"
      "more than they were made with (--by). A ledger that comes twice is refused, and a report that does is warned\n"
      "of. If one file can't be read or added, nothing is shown.\n"
      "A record that went through a relay is in two ledgers, the relay's and that of the host where it came in. Merge\n"
      "the relays' or the hosts', not both; relays take different records, so theirs add up. Where a stream was in\n"
      "between the two can be told, and a warning says so; behind http.listen they can't.");
  command->callback([given, &exit_status] { exit_status = run_merge(*given); });
}

}  // namespace respand::cli
