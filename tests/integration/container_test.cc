// What package/ says of containers, against the program: the variables of image, compose file and manifests are keys,
// and a daemon runs on them alone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <set>

#include "tests/integration/daemon.h"

namespace respand::test {
namespace {

using testing::HasSubstr;

constexpr const char* kPackage = RESPAND_SOURCE "/package/";

std::string unquoted(std::string value) {
  if (value.size() > 1 && value.front() == '"' && value.back() == '"') {
    return value.substr(1, value.size() - 2);
  }
  return value;
}

// NAME=VALUE of `ENV NAME=VALUE` and the lines that go on.
std::vector<std::string> of_image() {
  std::vector<std::string> found;
  for (const std::string& line : lines_of(read_file(cat(kPackage, "container/Dockerfile")))) {
    const std::size_t name = line.find("RESPAND_");
    const std::size_t equals = line.find('=');
    if (name == std::string::npos || equals == std::string::npos || line.starts_with('#') || line.starts_with("RUN")) {
      continue;
    }
    std::string value = line.substr(equals + 1);
    value.erase(value.find_last_not_of(" \\") + 1);
    found.push_back(cat(line.substr(name, equals - name), "=", unquoted(value)));
  }
  return found;
}

// NAME=VALUE of `NAME: VALUE`, and of `{name: NAME, value: VALUE}`.
std::vector<std::string> of_yaml(const std::string& file) {
  std::vector<std::string> found;
  for (const std::string& line : lines_of(read_file(cat(kPackage, file)))) {
    const std::size_t name = line.find("RESPAND_");
    if (name == std::string::npos || line.find('#') != std::string::npos) {
      continue;
    }
    const std::size_t end = line.find_first_of(":,", name);
    std::size_t value = line.find("value: ", end);
    value = value == std::string::npos ? end + 2 : value + 7;
    std::string text = line.substr(value);
    text.erase(text.find_last_not_of("} ") + 1);
    found.push_back(cat(line.substr(name, end - name), "=", unquoted(text)));
  }
  return found;
}

TEST(Container, VariablesAreKeysWithGoodValues) {
  for (const auto& variables :
       {of_image(), of_yaml("container/compose.yaml"), of_yaml("kubernetes/sidecar/deployment.yaml"),
        of_yaml("kubernetes/daemonset/daemonset.yaml")}) {
    ASSERT_FALSE(variables.empty());
    std::vector<std::string> environment = variables;
    environment.emplace_back("RESPAN_API_KEY=k");
    // Port 1 refuses: what is looked for is what doctor says of the variables.
    environment.emplace_back("RESPAND_API_BASE_URL=http://127.0.0.1:1");
    Process check(RESPAND_BINARY, {"check"}, {.environment = environment});
    EXPECT_TRUE(check.wait() == Exit{.status = 0}) << check.err();
    Process doctor(RESPAND_BINARY, {"doctor"}, {.environment = environment});
    ASSERT_TRUE(doctor.wait());
    EXPECT_EQ(doctor.out().find("is no key"), std::string::npos) << doctor.out();
  }
}

// As the image's user on a volume, with nothing but the variables: ready, healthy, and a clean end.
TEST(Container, TheImagesEnvironmentIsEnough) {
  SinkServer sink;
  const TempDir folder;
  std::vector<std::string> environment = of_image();
  for (const std::string& more :
       {std::string("RESPAN_API_KEY=k"), "RESPAN_BASE_URL=" + sink.url(),
        std::string("RESPAND_HTTP_LISTEN=127.0.0.1:0"), std::string("RESPAND_METRICS_LISTEN=127.0.0.1:0")}) {
    environment.push_back(more);
  }
  Process daemon(RESPAND_BINARY, {"run", "--state", folder / "state"}, {.environment = environment});
  ASSERT_TRUE(daemon.wait_for_line("\"ready\"")) << daemon.err();
  Process health(RESPAND_BINARY, {"health", "--intake", "--control", folder / "state/control.sock"});
  EXPECT_TRUE(health.wait() == Exit{.status = 0}) << health.err();
  daemon.terminate();
  EXPECT_TRUE(daemon.wait() == Exit{.status = 0}) << daemon.err();
}

TEST(Container, ManifestsAreBuiltByKustomize) {
  if (::access("/usr/bin/kubectl", X_OK) != 0) {
    GTEST_SKIP() << "no kubectl";
  }
  for (const char* const base : {"sidecar", "daemonset"}) {
    Process kustomize("/usr/bin/kubectl", {"kustomize", cat(kPackage, "kubernetes/", base)});
    EXPECT_TRUE(kustomize.wait() == Exit{.status = 0}) << kustomize.err();
    EXPECT_THAT(kustomize.out(), HasSubstr("path: /readyz/intake"));
    EXPECT_THAT(kustomize.out(), HasSubstr("path: /healthz"));
    EXPECT_THAT(kustomize.out(), HasSubstr("readOnlyRootFilesystem: true"));
  }
}

}  // namespace
}  // namespace respand::test
