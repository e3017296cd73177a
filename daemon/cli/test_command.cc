// `respand test FILE`: unit tests of a configuration.

#include <CLI/CLI.hpp>
#include <array>
#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/options.h"
#include "cli/program.h"
#include "cli/record_tests.h"
#include "respand/base/text.h"
#include "respand/config/places.h"
#include "respand/config/prices.h"

namespace respand::cli {
namespace {

// The configuration keys that matter for a record on its way to the journal. No API key is needed, nor anything else of
// the host.
constexpr std::array<std::string_view, 12> kKeys = {"socket.max_record",
                                                    "records.defaults",
                                                    "records.add",
                                                    "records.redact",
                                                    "records.redact_text",
                                                    "records.sample.rate",
                                                    "records.sample.keep_errors",
                                                    "records.sample.keep_slower_than",
                                                    "records.prices",
                                                    "records.route",
                                                    "socket.key",
                                                    "spool.key"};

struct TestArguments {
  std::string config;
  std::vector<std::string> files;
};

bool say(const std::vector<config::Problem>& problems) {
  for (const config::Problem& problem : problems) {
    std::cerr << "error: " << problem.to_string() << '\n';
  }
  return problems.empty();
}

std::string configuration_of(const TestArguments& given, const TestFile& tests, const std::string& file) {
  if (!given.config.empty() || tests.configuration.empty()) {
    return given.config.empty() ? kDefaultConfigFile : given.config;
  }
  return (std::filesystem::path(file).parent_path() / tests.configuration).string();
}

struct UsageTotals {
  std::size_t passed = 0;
  std::size_t failed = 0;
};

// False after printing why the file can't be run at all.
bool run_file(const TestArguments& given, const std::string& file, UsageTotals& totals) {
  const auto text = config::Environment::process().read_file(file);
  if (!text) {
    std::cerr << "error: " << text.error().message << '\n';
    return false;
  }
  config::Report report(file);
  const auto tests = read_tests(*text, report);
  if (!say(report.problems()) || !tests) {
    return false;
  }
  const config::Loaded loaded =
      config::load_keys(configuration_of(given, *tests, file), config::Environment::process(), kKeys);
  if (!say(loaded.problems) || !say(config::load_prices(loaded.config, config::Environment::process()).problems)) {
    return false;
  }
  run_tests(loaded.config, tests->tests, [&](const RecordTest& test, const Failures& failures) {
    (failures.empty() ? totals.passed : totals.failed) += 1;
    std::cout << (failures.empty() ? "ok     " : "FAILED ") << printable(test.name, 200) << '\n';
    for (const std::string& failure : failures) {
      std::cout << "       " << file << ':' << test.place.line << ": " << printable(failure, 600) << '\n';
    }
  });
  return true;
}

int run_tests(const TestArguments& given) {
  UsageTotals totals;
  bool good = true;
  for (const std::string& file : given.files) {
    good = run_file(given, file, totals) && good;
  }
  std::cout << totals.passed << " passed, " << totals.failed << " failed\n";
  return !good ? kBadConfiguration : totals.failed > 0 ? kFailed : kDone;
}

}  // namespace

void add_test_command(CLI::App& app, int& exit_status) {
  auto* const command =
      app.add_subcommand("test", "Unit tests of a configuration: a record in, what would be posted out");
  auto given = std::make_shared<TestArguments>();
  add_config_option(*command, given->config);
  command->add_option("file", given->files, "Tests in YAML")->required()->type_name("FILE");
  command->footer(
      "tests:\n"
      "  - name: an e-mail address is masked, and the cost known\n"
      "    in: {model: gpt-4o, prompt_tokens: 1000, completion_tokens: 0, metadata: {mail: a@example.org}}\n"
      "    out: {model: gpt-4o}              # members that are posted, as they are spelled; others may be there too\n"
      "    masked: [/metadata/mail]          # not posted as they came\n"
      "    absent: [/generation_time]\n"
      "    cost: 0.0025                      # or none; generation_time likewise\n"
      "    sampled: true                     # false: records.sample leaves it out\n"
      "    key: prod                         # of api.keys, by socket.key, spool.key, records.route; none: api_key\n"
      "    through: spool                    # where it comes in: socket (default), spool, http; uid: by which user\n"
      "  - in: '{\"model\":'                   # JSON as text\n"
      "    refused: not valid JSON           # a part of the reason\n"
      "`configuration: FILE` in it names the configuration, beside it; --config counts before that. No daemon and no "
      "key\n"
      "are needed.\n"
      "Exit status: 0 all pass; 1 some do not; 78 a file, or the configuration, has mistakes.");
  command->callback([given, &exit_status] { exit_status = run_tests(*given); });
}

}  // namespace respand::cli
