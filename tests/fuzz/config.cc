// The configuration: any text is loaded or its mistakes are named with their place; what is accepted is printed as
// a text that loads to the same.

#include "respand/config/config.h"
#include "respand/base/text.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/strict_json.h"

namespace respand::fuzz {
namespace {

// A machine on which every file is there, and one variable more than the key.
config::Environment machine() {
  config::Environment out;
  out.variable = [](const std::string& name) -> std::optional<std::string> {
    if (name == "RESPAN_API_KEY") {
      return "the-key-of-fuzzing";
    }
    return name == "HOME" ? std::optional<std::string>("/root") : std::nullopt;
  };
  out.read_file = [](const std::string&) -> Result<std::string> { return std::string("another-key-of-fuzzing\n"); };
  out.readable_by_all = [](const std::string&) { return false; };
  return out;
}

void check_problems(const std::vector<config::Problem>& problems) {
  for (const config::Problem& problem : problems) {
    claim(!problem.message.empty() && problem.line >= 0 && problem.column >= 0, "a problem says what and where");
    claim(is_utf8(problem.to_string()), "a problem can be shown");
    claim(problem.message.find("key-of-fuzzing") == std::string::npos, "no secret is told: " + problem.to_string());
  }
}

}  // namespace
}  // namespace respand::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand;
  using namespace respand::fuzz;
  if (text_of(data, size).find("key-of-fuzzing") != std::string_view::npos) {
    return 0;  // who writes the secret may read it
  }
  const auto environment = machine();
  const config::Loaded loaded = config::load_text(text_of(data, size), "f", environment);
  check_problems(loaded.problems);
  check_problems(loaded.warnings);
  if (!loaded.problems.empty()) {
    return 0;
  }
  const std::string printed = config::print(loaded.config);
  claim(printed.find("key-of-fuzzing") == std::string::npos, "the key is masked");
  config::Loaded again = config::load_text(printed, "printed", environment);
  claim(again.problems.empty(), again.problems.empty() ? "" : again.problems[0].to_string() + "\n" + printed);
  again.config.api.key = loaded.config.api.key;
  again.config.api.key_origin = loaded.config.api.key_origin;
  claim(again.config == loaded.config, printed);
  return 0;
}
