// The container files of package/, checked against the program: the variables of image, compose file and manifests are
// configuration keys, and a daemon runs with them alone.

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
        of_yaml("kubernetes/daemonset/daemonset.yaml"), of_yaml("helm/respand/templates/daemonset.yaml")}) {
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

// The section of a YAML file that begins with `heading`, up to the next that is not indented, without what it is
// indented by.
std::string section_of(const std::string& file, const std::string& heading) {
  std::string section;
  bool inside = false;
  for (const std::string& line : lines_of(read_file(file))) {
    if (!line.empty() && line.front() != ' ') {
      inside = line == heading;
    } else if (inside && line.starts_with("  ")) {
      section += cat(line.substr(2), "\n");
    }
  }
  return section;
}

// What stands between `begin` and `end`, each time.
std::vector<std::string> between(const std::string& text, std::string_view begin, std::string_view end) {
  std::vector<std::string> found;
  for (std::size_t at = 0; (at = text.find(begin, at)) != std::string::npos;) {
    at += begin.size();
    found.push_back(text.substr(at, text.find(end, at) - at));
  }
  return found;
}

std::string first_word(const std::string& text) {
  const std::size_t begin = text.find_first_not_of("- ");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_first_of(" (", begin) - begin);
}

constexpr const char* kChart = RESPAND_SOURCE "/package/helm/respand/";

// Helm is seldom installed, so the test looks itself for the mistakes that Helm would find, and runs Helm if it exists.
TEST(HelmChart, TemplatesUseValuesThatThereAreAndCloseWhatTheyOpen) {
  const std::string values = read_file(cat(kChart, "values.yaml"));
  for (const char* const name : {"_helpers.tpl", "configmap.yaml", "daemonset.yaml", "podmonitor.yaml", "NOTES.txt"}) {
    const std::string text = read_file(cat(kChart, "templates/", name));
    int open = 0;
    for (const std::string& action : between(text, "{{", "}}")) {
      const std::string word = first_word(action);
      open += word == "if" || word == "with" || word == "range" || word == "define" ? 1 : word == "end" ? -1 : 0;
      for (const std::string& value : between(action, ".Values.", " ")) {
        const std::string path = value.substr(0, value.find_first_of(")|"));
        const std::string top = path.substr(0, path.find('.'));
        const bool there = values.find(cat("\n", top, ":")) != std::string::npos;
        const bool below =
            path == top ||
            section_of(cat(kChart, "values.yaml"), cat(top, ":")).find(cat(path.substr(top.size() + 1), ":")) !=
                std::string::npos;
        EXPECT_TRUE(there && below) << name << ": .Values." << path;
      }
    }
    EXPECT_EQ(open, 0) << name;
  }
  const std::string schema = read_file(cat(kChart, "values.schema.json"));
  for (const std::string& line : lines_of(values)) {
    if (const std::string key = line.substr(0, line.find(':')); !line.empty() && key.find_first_of("# ") != 0) {
      EXPECT_THAT(schema, HasSubstr(cat('"', key, "\": {"))) << "values.schema.json does not know it";
    }
  }
}

TEST(HelmChart, IsAsTheManifestAndItsConfigurationIsGood) {
  const std::string ours = read_file(cat(kChart, "templates/daemonset.yaml"));
  for (const std::string& line : lines_of(read_file(cat(kPackage, "kubernetes/daemonset/daemonset.yaml")))) {
    if (line.find("path: /") != std::string::npos || line.find("securityContext") != std::string::npos ||
        line.find("runAs") != std::string::npos || line.find("capabilities") != std::string::npos) {
      const std::string words = line.substr(line.find_first_not_of(' '));
      EXPECT_TRUE(words.starts_with("hostPath") || ours.find(words) != std::string::npos) << words;
    }
  }
  const TempDir folder;
  write_file(folder / "respand.yaml", section_of(cat(kChart, "values.yaml"), "config:"));
  Process check(RESPAND_BINARY, {"check", "--config", folder / "respand.yaml"}, {.environment = {"RESPAN_API_KEY=k"}});
  EXPECT_TRUE(check.wait() == Exit{.status = 0}) << check.err();
}

TEST(HelmChart, IsRenderedByHelm) {
  Process helm("/bin/sh", {"-c", cat("command -v helm >/dev/null || exit 77; helm lint ", kChart,
                                     " && helm template r ", kChart, " --set podMonitor.enabled=true")});
  const auto exit = helm.wait();
  ASSERT_TRUE(exit);
  if (exit->status == 77) {
    GTEST_SKIP() << "no helm";
  }
  EXPECT_EQ(exit->status, 0) << helm.err() << helm.out();
  EXPECT_THAT(helm.out(), HasSubstr("path: /readyz/intake"));
}

TEST(AnsibleRole, UsesVariablesAndHandlersThatThereAreAndAConfigurationThatIsGood) {
  const std::string role = cat(kPackage, "ansible/roles/respand/");
  const std::string defaults = read_file(role + "defaults/main.yml");
  const std::string handlers = read_file(role + "handlers/main.yml");
  std::string tasks;
  for (const char* const name : {"main", "package", "configuration"}) {
    tasks += read_file(cat(role, "tasks/", name, ".yml"));
  }
  for (const char* const name : {"api_key", "deb", "apt_repository", "config", "writers"}) {
    EXPECT_THAT(defaults, HasSubstr(cat("respand_", name, ":")));
    EXPECT_THAT(tasks, HasSubstr(cat("respand_", name)));
    EXPECT_THAT(read_file(cat(kPackage, "ansible/README.md")), HasSubstr(cat("`respand_", name, "`")));
  }
  for (const std::string& handler : between(tasks, "notify: ", "\n")) {
    EXPECT_THAT(handlers, HasSubstr(cat("- name: ", handler, "\n")));
  }
  for (const std::string& file : between(tasks, "import_tasks: ", "\n")) {
    EXPECT_TRUE(std::filesystem::exists(cat(role, "tasks/", file))) << file;
  }
  const TempDir folder;
  const std::string example = read_file(cat(kPackage, "ansible/example.yml"));
  const auto config = between(example, "respand_config:\n", "        respand_");
  ASSERT_EQ(config.size(), 1U);
  write_file(folder / "respand.yaml", config.front());
  Process check(RESPAND_BINARY, {"check", "--config", folder / "respand.yaml"}, {.environment = {"RESPAN_API_KEY=k"}});
  EXPECT_TRUE(check.wait() == Exit{.status = 0}) << check.err();
}

TEST(AnsibleRole, IsReadByAnsible) {
  Process ansible("/bin/sh", {"-c", cat("command -v ansible-playbook >/dev/null || exit 77; ansible-playbook "
                                        "--syntax-check -i localhost, ",
                                        kPackage, "ansible/example.yml")});
  const auto exit = ansible.wait();
  ASSERT_TRUE(exit);
  if (exit->status == 77) {
    GTEST_SKIP() << "no ansible";
  }
  EXPECT_EQ(exit->status, 0) << ansible.err() << ansible.out();
}

}  // namespace
}  // namespace respand::test
