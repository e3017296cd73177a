// The clients of clients/ against the real daemon, by the interpreters and compilers that Debian has: each is held to
// clients/README.md (tests/clients/storm.py), and runs tests of its own. A language that is not installed is skipped,
// and says so.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "respand/base/text.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

namespace respand::test {
namespace {

// A compiler, five cases, an outage of five seconds: far more than they take together.
constexpr Duration kFar = std::chrono::minutes{3};
constexpr int kSkipped = 77;

class ClientFile : public testing::TestWithParam<const char*> {
 protected:
  static std::string in_tests(std::string_view name) { return cat(RESPAND_SOURCE, "/tests/clients/", name); }
  static std::string of_language(std::string_view script) { return in_tests(cat(GetParam(), "/", script)); }

  // What it compiles goes to a folder of this test's.
  void run(const std::string& program, const std::vector<std::string>& arguments) {
    Process process(program, arguments, {.environment = {cat("STORM_BUILD=", folder_.path())}});
    const auto exit = process.wait(kFar);
    ASSERT_TRUE(exit) << "it does not end\n" << process.out() << process.err();
    if (exit->status == kSkipped) {
      GTEST_SKIP() << process.out();
    }
    EXPECT_EQ(exit->status, 0) << process.out() << process.err();
    std::cout << process.out();
  }

  TempDir folder_;
};

TEST_P(ClientFile, HoldsToTheContract) {
  ASSERT_NO_FATAL_FAILURE(run(of_language("run.sh"), {"--probe"}));
  if (!IsSkipped()) {
    run(in_tests("storm.py"), {RESPAND_BINARY, "all", of_language("run.sh")});
  }
}

TEST_P(ClientFile, PassesItsOwnTests) { run(of_language("own_tests.sh"), {RESPAND_BINARY}); }

INSTANTIATE_TEST_SUITE_P(Languages, ClientFile,
                         testing::Values("bash", "c", "csharp", "go", "java", "node", "php", "python", "ruby", "rust"),
                         [](const auto& at) { return std::string(at.param); });

}  // namespace
}  // namespace respand::test
