// The documentation, compared with the source tree.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/house/tree.h"

namespace respand::house {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
namespace files = std::filesystem;

// Every page, by its path in the tree.
std::vector<std::string> pages() {
  std::vector<std::string> all = {"README.md", "CONTRIBUTING.md", "SECURITY.md"};
  for (const std::string folder : {"docs", "daemon", "tests", "bench", "config"}) {
    for (const auto& entry : files::recursive_directory_iterator(files::path(RESPAND_SOURCE_DIR) / folder)) {
      if (entry.path().extension() == ".md") {
        all.push_back(files::relative(entry.path(), RESPAND_SOURCE_DIR).string());
      }
    }
  }
  return all;
}

// The links of a page that lead to no file. Links with a scheme, which lead elsewhere, are not checked.
std::vector<std::string> broken_links(const std::string& page, const std::string& text) {
  static const std::regex kLink(R"(\]\(([^)\s]+)\))");
  std::vector<std::string> broken;
  for (std::sregex_iterator link(text.begin(), text.end(), kLink), end; link != end; ++link) {
    const std::string target = (*link)[1].str().substr(0, (*link)[1].str().find('#'));
    const bool elsewhere = target.find("://") != std::string::npos;
    if (!target.empty() && !elsewhere &&
        !files::exists(files::path(RESPAND_SOURCE_DIR) / files::path(page).parent_path() / target)) {
      broken.push_back(page + ": " + target);
    }
  }
  return broken;
}

TEST(Docs, EveryLinkLeadsSomewhere) {
  EXPECT_THAT(broken_links("docs/x.md", "[a](nothing.md) [b](https://example.com/x) [c](../README.md#d)"),
              ElementsAre("docs/x.md: nothing.md"));
  std::vector<std::string> broken;
  for (const std::string& page : pages()) {
    for (std::string& link : broken_links(page, file(page))) {
      broken.push_back(std::move(link));
    }
  }
  EXPECT_THAT(broken, IsEmpty());
}

TEST(Docs, TheReadmeIsReadInMinutes) {
  std::istringstream words(file("README.md"));
  EXPECT_LE(std::distance(std::istream_iterator<std::string>(words), {}), 900);
}

// "| 3 | `RecordEncoder::parse` | `daemon/encode/record_encoder.cc` |" of the walk: the file has to define the
// function.
std::vector<std::string> lost_steps(const std::string& text) {
  static const std::regex kStep(R"(\| \d+ \| `([A-Za-z]+)::([a-z_]+)` \| `([a-z_/]+\.cc)` \|)");
  std::vector<std::string> lost;
  int steps = 0;
  for (std::sregex_iterator step(text.begin(), text.end(), kStep), end; step != end; ++step, ++steps) {
    const std::string function = (*step)[1].str() + "::" + (*step)[2].str() + "(";
    if (file((*step)[3].str()).find(" " + function) == std::string::npos) {
      lost.push_back(function + ") is not defined in " + (*step)[3].str());
    }
  }
  EXPECT_GE(steps, 1);
  return lost;
}

TEST(Docs, ARecordsWayIsTheCodes) {
  EXPECT_THAT(lost_steps("| 1 | `Journal::vanish` | `daemon/journal/journal.cc` | x |"),
              ElementsAre("Journal::vanish() is not defined in daemon/journal/journal.cc"));
  EXPECT_THAT(lost_steps(file("docs/architecture.md")), IsEmpty());
}

TEST(Docs, NothingRefersToATextThatIsNotHere) {
  std::vector<std::string> wrong;
  for (const SourceFile& source : sources({"include", "daemon", "tests", "bench"})) {
    if (source.text.find("(contract"
                         ", section") != std::string::npos) {
      wrong.push_back(source.path);
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

}  // namespace
}  // namespace respand::house
