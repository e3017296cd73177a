// conf.d: parts of a configuration beside the file, each over what came before.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "respand/config/places.h"
#include "tests/config/world.h"

namespace respand::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kFile = "/etc/respand/respand.yaml";

World with(std::map<std::string, std::string> files) {
  World world;
  for (auto& [name, text] : files) {
    world.files[name == "main" ? kFile : "/etc/respand/conf.d/" + name] = std::move(text);
  }
  return world;
}

Loaded load(const World& world) { return load_file(kFile, world.environment()); }

std::vector<std::string> lines(const std::vector<Problem>& problems) {
  std::vector<std::string> out;
  for (const Problem& problem : problems) {
    out.push_back(problem.to_string());
  }
  return out;
}

TEST(Parts, CountInTheOrderOfTheirNames) {
  const Loaded loaded = load(with({{"main", "log: {level: debug}\njournal: {max_size: 1GiB}\n"},
                                   {"20-b.yaml", "journal: {max_size: 3GiB}\n"},
                                   {"10-a.yaml", "journal: {max_size: 2GiB, sync: never}\n"}}));
  EXPECT_THAT(lines(loaded.problems), IsEmpty());
  EXPECT_EQ(loaded.config.journal.max_size, gibibytes(3));
  EXPECT_EQ(loaded.config.journal.sync, SyncMode::kNever) << "what the last one does not name stays";
  EXPECT_EQ(loaded.config.log.level, log::Level::kDebug);
  EXPECT_THAT(loaded.config.files,
              ElementsAre(kFile, "/etc/respand/conf.d/10-a.yaml", "/etc/respand/conf.d/20-b.yaml"));
}

TEST(Parts, ListsAreReplacedAndMapsMerge) {
  const Loaded loaded = load(
      with({{"main", "records: {redact: [/a, /b], defaults: {environment: prod, metadata: {host: web-1, team: x}}}\n"},
            {"a.yaml", "records:\n  redact: [/c]\n  defaults: {metadata: {team: y}, customer_identifier: acme}\n"}}));
  EXPECT_THAT(lines(loaded.problems), IsEmpty());
  EXPECT_THAT(loaded.config.records.redact, ElementsAre("/c"));
  EXPECT_EQ(loaded.config.records.defaults,
            R"({"environment":"prod","metadata":{"host":"web-1","team":"y"},"customer_identifier":"acme"})");
}

TEST(Parts, NothingIsTheDefaultAndAnEmptySectionIsNothing) {
  const Loaded loaded = load(with({{"main", "journal: {max_size: 1GiB, sync: never}\nlog: {level: debug}\n"},
                                   {"a.yaml", "journal: {max_size: }\nlog:\n"}}));
  EXPECT_THAT(lines(loaded.problems), IsEmpty());
  EXPECT_EQ(loaded.config.journal.max_size, Config{}.journal.max_size);
  EXPECT_EQ(loaded.config.journal.sync, SyncMode::kNever);
  EXPECT_EQ(loaded.config.log.level, log::Level::kDebug);
}

TEST(Parts, EachMistakeIsInItsFile) {
  const Loaded loaded = load(with({{"main", "journal:\n  max_size: 4GB\nrecords: {defaults: {a: [1}\n"},
                                   {"10.yaml", "log: {level: loud}\nlog: {}\n"},
                                   {"20.yaml", "jornal: {}\ndelivery:\n  workers: 0\n"},
                                   {"30.yaml", "a: b: c\n"}}));
  const auto found = lines(loaded.problems);
  ASSERT_EQ(found.size(), 6U) << testing::PrintToString(found);
  EXPECT_THAT(found[0], HasSubstr("/etc/respand/respand.yaml:3:"));
  EXPECT_THAT(found[1], HasSubstr("/etc/respand/conf.d/10.yaml:1:14: log.level"));
  EXPECT_THAT(found[2], HasSubstr("/etc/respand/conf.d/10.yaml:2:1: duplicate key 'log', first in line 1"));
  EXPECT_THAT(found[3], HasSubstr("/etc/respand/conf.d/20.yaml:1:1: unknown key 'jornal'"));
  EXPECT_THAT(found[4], HasSubstr("/etc/respand/conf.d/20.yaml:3:12: delivery.workers"));
  EXPECT_THAT(found[5], HasSubstr("/etc/respand/conf.d/30.yaml:1:"));
}

// Found when the whole is looked at: it is where the value is that counts. Mistakes in a map are said once.
TEST(Parts, ContradictionsAndMapsNameTheFileOfTheValue) {
  const Loaded loaded = load(with({{"main", "delivery: {retry: {max: 1s}}\nrecords: {defaults: {\"\": 1}}\n"},
                                   {"a.yaml", "delivery: {retry: {initial: 2s}}\nrecords: {defaults: {b: 1}}\n"}}));
  const auto found = lines(loaded.problems);
  EXPECT_THAT(found, testing::Contains(HasSubstr("conf.d/a.yaml:1:29: delivery.retry.initial (2s) is longer")));
  EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), found.size());
}

TEST(Parts, ALaterWayToGiveTheKeyCounts) {
  World world = with({{"main", "api: {api_key: first}\n"}, {"a.yaml", "api: {api_key_file: /key}\n"}});
  world.files["/key"] = "second\n";
  Loaded loaded = load(world);
  EXPECT_THAT(lines(loaded.problems), IsEmpty());
  EXPECT_EQ(loaded.config.api.key.reveal(), "second");
  world.files["/etc/respand/conf.d/b.yaml"] = "api: {api_key: third}\n";
  loaded = load(world);
  EXPECT_EQ(loaded.config.api.key.reveal(), "third");
  EXPECT_EQ(loaded.config.api.key_origin.to_string(), "api_key in /etc/respand/conf.d/b.yaml");
  world.variables["RESPAND_API_API_KEY_FILE"] = "/key";
  loaded = load(world);
  EXPECT_THAT(lines(loaded.problems), IsEmpty());
  EXPECT_EQ(loaded.config.api.key.reveal(), "second") << "the environment counts before all files";
}

TEST(Parts, OtherNamesAreLeftOut) {
  const Loaded loaded =
      load(with({{"main", ""}, {".a.yaml", "x"}, {"b.yaml.dpkg-old", "x"}, {"README", "x"}, {"c.yml", "x"}}));
  EXPECT_THAT(lines(loaded.problems), IsEmpty());
  EXPECT_THAT(lines(loaded.warnings),
              ElementsAre("/etc/respand/conf.d/c.yml: not read: only names that end in .yaml are"));
  EXPECT_THAT(loaded.config.files, ElementsAre(kFile));
}

TEST(Parts, AreEnoughWithoutTheFileAndGiveClientsTheirPlaces) {
  const World world = with({{"a.yaml", "control: {path: /run/x.sock}\nlog: {level: loud}\n"}});
  const std::string_view control[] = {"control.path"};
  const Loaded places = load_keys(kFile, world.environment(), control);
  EXPECT_THAT(lines(places.problems), IsEmpty());
  EXPECT_EQ(places.config.control.path, "/run/x.sock");
  EXPECT_THAT(lines(load(world).problems), ElementsAre(HasSubstr("conf.d/a.yaml:2:14: log.level")));
}

TEST(Parts, APartThatCannotBeReadIsAMistakeOfTheDaemonAlone) {
  const World world = with({{"main", ""}, {"a.yaml", ""}});
  Environment environment = world.environment();
  environment.read_file = [read = environment.read_file](const std::string& path) -> Result<std::string> {
    return path.ends_with("a.yaml") ? Result<std::string>(error(ErrorCode::kPermission, "cannot read a.yaml: no"))
                                    : read(path);
  };
  EXPECT_THAT(lines(load_file(kFile, environment).problems),
              ElementsAre("/etc/respand/conf.d/a.yaml: cannot read a.yaml: no"));
  const std::string_view control[] = {"control.path"};
  EXPECT_THAT(lines(load_keys(kFile, environment, control).problems), IsEmpty());
}

}  // namespace
}  // namespace respand::config
