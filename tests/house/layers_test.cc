// The source tree as it is, checked against the rules.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/house/layers.h"
#include "tests/house/text_rules.h"

namespace respand::house {
namespace {

using ::testing::IsEmpty;

std::string joined(const std::vector<std::string>& wrong) {
  std::string text;
  for (const std::string& line : wrong) {
    text.append(line).append("\n");
  }
  return text;
}

template <typename Check>
std::string wrong_in(const std::vector<SourceFile>& files, Check&& check) {
  EXPECT_FALSE(files.empty()) << "nothing was checked";
  std::string text;
  for (const SourceFile& source : files) {
    text.append(joined(check(source)));
  }
  return text;
}

// This header is no part of the daemon and is left out: applications copy it, so it must stand alone and call the
// system itself.
constexpr std::string_view kClientHeader = "include/respand/client.h";

std::vector<SourceFile> daemon_sources() {
  auto files = sources({"include", "daemon"});
  std::erase_if(files, [](const SourceFile& source) { return source.path == kClientHeader; });
  return files;
}

std::vector<SourceFile> headers(const std::vector<std::string>& folders) {
  auto files = sources(folders);
  std::erase_if(files, [](const SourceFile& source) { return !source.path.ends_with(".h"); });
  return files;
}

Layers layers() {
  auto parsed = parse_layers(file("daemon/README.md"));
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? *parsed : Layers{};
}

TEST(Tree, EveryIncludeIsAllowedByTheLayerTable) {
  const Layers table = layers();
  EXPECT_THAT(wrong_in(daemon_sources(), [&](const auto& source) { return check_includes(table, source); }), IsEmpty());
}

TEST(Tree, TheClientsHeaderStandsAlone) {
  const std::string text = file(std::string(kClientHeader));
  EXPECT_NE(text.find("#include <stddef.h>"), std::string::npos);
  EXPECT_EQ(text.find("\n#include \""), std::string::npos);
}

TEST(Tree, EveryModuleLinksOnlyWhatTheLayerTableAllows) {
  const Layers table = layers();
  std::string wrong;
  for (const std::string& module : source_folders("daemon")) {
    ASSERT_TRUE(table.contains(module)) << "daemon/" << module << " has no row in the layer table";
    wrong.append(joined(check_links(table, module, file("daemon/" + module + "/CMakeLists.txt"))));
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(Tree, EveryHeaderSaysWhatItIsFor) {
  EXPECT_THAT(wrong_in(headers({"include", "daemon"}), check_opening), IsEmpty());
}

TEST(Tree, HeadersSpeakTheGlossary) {
  EXPECT_THAT(wrong_in(headers({"include", "daemon"}), check_vocabulary), IsEmpty());
}

TEST(Tree, NoWorkIsLeftLyingAbout) {
  EXPECT_THAT(wrong_in(sources({"include", "daemon", "tests", "bench"}), check_marks), IsEmpty());
}

TEST(Tree, NothingSleeps) { EXPECT_THAT(wrong_in(sources({"include", "daemon", "tests"}), check_sleeps), IsEmpty()); }

TEST(Tree, TimeAndChanceComeThroughTheirSeams) { EXPECT_THAT(wrong_in(daemon_sources(), check_seams), IsEmpty()); }

}  // namespace
}  // namespace respand::house
